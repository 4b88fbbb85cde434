"""The planner's pages. A patient comes in a POST, is shown, and is kept nowhere."""

from __future__ import annotations

from functools import cache

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consilium.clinical.patient import PatientCase, PatientError
from consilium.errors import ConsiliumError, nearest
from consilium.intake import patient_from_mapping, read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import WorkedCase
from consilium.planning import Plan, plan
from consilium.planning.giving import CareOptions, care_of, recorded
from consilium.planning.known import understand
from consilium.planning.making import facts_shown
from consilium.web.activity.keeping import IMPACT_QUESTION, NONE_OF_THESE, PLANNER, keep
from consilium.web.activity.shown import with_supporters
from consilium.web.editions import COOKIES, Asking, asking, remember, the_edition
from consilium.web.evidence.listing import KINDS
from consilium.web.evidence.page import Picture
from consilium.web.limits import SIMULATION, costs
from consilium.web.people.once import FIELD
from consilium.web.planner.chart import chart_text
from consilium.web.planner.entering import Read, Said, read, said_of, said_of_case
from consilium.web.planner.fields import PRESET, answer_texts, form
from consilium.web.planner.showing import show, sources, whole
from consilium.web.refusals import Refused

_OF_THE_CASE = ("impact", "afterwards", "reasons", "why", FIELD)
"""Posted with the form, and no fact of the patient."""


class Asked(msgspec.Struct, frozen=True):
    """A posted form, read and planned as far as that was possible."""

    asking: Asking
    said: Said
    intended: str
    read: Read
    plan: Plan | None
    problems: dict[str, str]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: what there is to do."""
    edition = the_edition()
    page = {
        "examples": _examples(edition),
        "kinds": [(kind, title) for kind, (title, _drawn, _filters) in KINDS.items()],
        "activities": with_supporters(edition),
    }
    return render(request, "planner/home.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@costs(1)
def plan_page(request: HttpRequest) -> HttpResponse:
    """The form, and the plan beside it."""
    if request.method != "POST":
        about = asking(request)
        said: Said = {name: [value] for name, value in PRESET.items()}
        return render(request, "planner/plan.html", _page(about, said))
    asked = _asked(request)
    status = 422 if asked.problems else 200
    page = _page(asked.asking, asked.said, asked)
    return _shown_as_chosen(request, "planner/plan.html", page, status)


def _shown_as_chosen(
    request: HttpRequest, template: str, page: dict[str, object], status: int = 200
) -> HttpResponse:
    """The page; region, day and density of its form hold on the next page too."""
    response = render(request, template, page, status=status)
    remember(request, response, {name: request.POST.get(name, "") for name in COOKIES})
    return response


@require_POST
@costs(1)
def live(request: HttpRequest) -> HttpResponse:
    """The plan part alone, for the script of the page."""
    asked = _asked(request)
    status = 422 if asked.problems else 200
    return render(request, "planner/_plan.html", _shown(asked), status=status)


@require_POST
@costs(1)
def everything(request: HttpRequest) -> HttpResponse:
    """All that is said for this patient, with all sources."""
    asked = _planned(request)
    page = {
        "subject": "plan",
        "document": whole(asked.plan, asked.asking.edition),
        "sources": sources(asked.plan),
        "figures": _figures(asked),
        "kept": _kept(asked),
        "asking": asked.asking,
    }
    return _shown_as_chosen(request, "planner/everything.html", page)


def _figures(asked: _Planned) -> list[Picture]:
    from consilium.report.figures.choosing import figures_of_plan  # noqa: PLC0415  draws

    if asked.read.case is None:
        return []
    found = figures_of_plan(asked.plan, asked.read.case, asked.asking.edition)
    return [Picture(figure) for figure in found]


@require_POST
@costs(1)
def sheet(request: HttpRequest) -> HttpResponse:
    """One A4 to be put in front of a colleague."""
    asked = _planned(request)
    return render(request, "planner/sheet.html", _sheet(request, asked) | {"kept": _kept(asked)})


@require_POST
@costs(30)
def pdf(request: HttpRequest) -> HttpResponse:
    """The same sheet as a PDF file, where the extra `pdf` and Pango are there."""
    asked = _planned(request)
    from consilium.web.planner.pdf import PdfError, to_pdf  # noqa: PLC0415  loads a library

    try:
        made = to_pdf(_sheet(request, asked))
    except PdfError as problem:
        raise Refused(501, str(problem)) from None
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="plan.pdf"'},
    )


@require_POST
@costs(1)
def chart(request: HttpRequest) -> HttpResponse:
    """The plan as a few plain lines for the chart, without anything that names a person."""
    asked = _planned(request)
    text = chart_text(asked.plan, asked.asking.edition)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_POST
@costs(5)
def keep_case(request: HttpRequest) -> HttpResponse:
    """Keep what the plan did to the intended treatment: neither the patient nor who asks."""
    if not request.user.is_authenticated:
        raise Refused(403, _("Nothing is stored of visitors. Sign in first to save a case."))
    asked = _planned(request)
    if not asked.intended:
        raise Refused(422, _("Say first what you would give; then what the plan did to it."))
    edition = asked.asking.edition
    new = keep(
        request,
        activity=PLANNER,
        scenario=_cell(asked.plan),
        made=asked.plan,
        intended=asked.intended if asked.intended in edition.regimens else NONE_OF_THESE,
        edition=edition,
    )
    page = _page(asked.asking, asked.said, asked) | {"kept": True, "new": new}
    return render(request, "planner/plan.html", page)


def _cell(made: Plan) -> str:
    """The kind of patient, by subtype and line alone."""
    said = {fact.fact: fact.text for fact in made.case}
    return slugify(" ".join(said.get(name, f"{name} unknown") for name in ("subtype", "line")))[:80]


@require_POST
@costs(SIMULATION)
def sequences(request: HttpRequest) -> HttpResponse:
    """What sources advise this patient line after line, followed in a model."""
    from consilium.web.planner.following import PREFIX, following  # noqa: PLC0415  numpy

    asked = _planned(request)
    posted = {
        name: request.POST[name].strip()[:80] for name in request.POST if name.startswith(PREFIX)
    }
    about = asked.asking
    assert asked.read.case is not None  # a plan was made of it
    page = following(asked.read.case, about.edition, about.as_of, about.region, posted)
    page |= {
        "subject": "plan",
        "asking": about,
        "kept": [(name, text) for name, text in _kept(asked) if not name.startswith(PREFIX)],
    }
    status = 422 if posted and "problem" in page else 200
    return _shown_as_chosen(request, "planner/sequences.html", page, status)


_ASKS = (
    # field, label, how it is written
    ("anc", "Neutrophils", "1400 /mm3"),
    ("platelets", "Platelets", "90 x10^9/L"),
    ("for_day", "These values are for day", "8"),
    ("event", "What happened", "neutropenia grade 3, day 8"),
    ("dose", "Present dose", "7.5 mg/kg day 1 and 8 of 21"),
    ("weight", "Body weight", "70 kg"),
    ("surface", "Body surface", "1.7 m2"),
    ("start", "Day 1 of cycle 1", "2026-12-01"),
    ("cycles", "Cycles to draw", "3"),
    ("g_csf", "G-CSF on the calendar", "yes"),
)


@require_POST
@costs(1)
def care(request: HttpRequest) -> HttpResponse:
    """How to give one regimen to this patient: gates, doses, events, the calendar."""
    from consilium.web.planner.giving import giving  # noqa: PLC0415  only for this page

    asked = _asked(request)
    edition = asked.asking.edition
    regimen = request.POST.get("regimen", "")
    if regimen not in edition.regimens:
        raise Refused(
            422, _("No regimen of this edition was named.") + nearest(regimen, edition.regimens)
        )
    case = asked.read.case
    if case is None:
        raise Refused(422, _("The patient of the form could not be read; go back and look again."))
    told = {name: request.POST.get(f"give.{name}", "").strip()[:80] for name, _l, _e in _ASKS}
    problem = ""
    about = (case, edition, asked.asking.as_of, asked.asking.region)
    try:
        sheet = care_of(regimen, *about, _care_options(told))
    except ConsiliumError as found:
        problem = str(found)
        sheet = care_of(regimen, *about, CareOptions())
    page = {
        "subject": "plan",
        "asking": asked.asking,
        "giving": giving(sheet, edition, recorded(case, edition)),
        "regimen": regimen,
        "asks": [(name, label, example, told[name]) for name, label, example in _ASKS],
        "told": any(told.values()),
        "problem": problem,
        "kept": _kept(asked),
    }
    return _shown_as_chosen(request, "planner/care.html", page, 422 if problem else 200)


def _care_options(told: dict[str, str]) -> CareOptions:
    whole = {}
    for name in ("for_day", "cycles"):
        if told[name] and not (told[name].isascii() and told[name].isdigit()):
            raise Refused(422, _("A day and a number of cycles are whole numbers."))
        whole[name] = int(told[name][:4]) if told[name] else None
    return CareOptions(
        values={name: told[name] for name in ("anc", "platelets") if told[name]},
        for_day=whole["for_day"],
        event=told["event"],
        dose=told["dose"],
        weight=told["weight"],
        surface=told["surface"],
        start=told["start"],
        cycles=whole["cycles"] or 1,
        g_csf=told["g_csf"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@costs(3)
def import_page(request: HttpRequest) -> HttpResponse:
    """A patient from a file: what was understood and what was not, before any plan."""
    about = _asking_posted(request)
    page: dict[str, object] = {"subject": "plan", "asking": about}
    if request.method != "POST":
        return render(request, "planner/import.html", page)
    try:
        case = _uploaded(request, about.edition)
        page |= {
            "case": case,
            "facts": facts_shown(understand(case, about.edition), about.edition),
            "kept": [
                (name, text)
                for name, texts in said_of_case(case, about.edition).items()
                for text in texts
            ],
        }
    except PatientError as problem:
        page["problem"] = str(problem)
    return render(request, "planner/import.html", page, status=422 if "problem" in page else 200)


def _uploaded(request: HttpRequest, edition: Edition) -> PatientCase:
    file = request.FILES.get("file")
    data = file.read() if file else request.POST.get("text", "").encode()
    return read_patient(data, edition, where=_("what was sent"))


def _asking_posted(request: HttpRequest) -> Asking:
    """Region and day stand in the form of this page, or where they stand on every page."""
    return asking(request, posted=True)


def _asked(request: HttpRequest) -> Asked:
    about = _asking_posted(request)
    example = request.POST.get("example", "")
    if example:
        said = _example(example, about.edition)
    else:
        said = said_of(dict(request.POST.lists()), about.edition)
    intended = "".join(said.pop("intended", [""]))
    for name in _OF_THE_CASE:
        said.pop(name, None)
    found = read(said, about.edition)
    made, problems = None, found.problems
    if found.case is not None:
        try:
            made = plan(found.case, about.edition, as_of=about.as_of, region=about.region)
        except PatientError as problem:
            problems = {"": str(problem)}
    return Asked(about, said, intended, found, made, problems)


class _Planned(Asked, frozen=True):
    plan: Plan


def _planned(request: HttpRequest) -> _Planned:
    """A posted form that can be planned. Raises ``Refused`` (422) where it cannot."""
    asked = _asked(request)
    if asked.plan is None:
        labels = answer_texts(asked.asking.edition)
        said = "; ".join(
            f"{labels.get(name, name)}: {problem}" if name else problem
            for name, problem in asked.problems.items()
        )
        raise Refused(422, said or _("Nothing was entered, so there is nothing to plan."))
    return _Planned(
        asked.asking, asked.said, asked.intended, asked.read, asked.plan, asked.problems
    )


def _shown(asked: Asked) -> dict[str, object]:
    labels = answer_texts(asked.asking.edition)
    return {
        "asking": asked.asking,
        "shown": show(asked.plan, asked.asking.edition, asked.said, asked.intended)
        if asked.plan
        else None,
        "problems": [(name, labels.get(name, name), text) for name, text in asked.problems.items()],
        "empty": asked.read.empty,
        "choices": _afterwards(asked),
    } | IMPACT_QUESTION


def _afterwards(asked: Asked) -> list[tuple[str, str]]:
    """What the plan may be afterwards: anything the plan speaks of, or none of it."""
    if asked.plan is None:
        return []
    spoken = (*asked.plan.options, *asked.plan.possible, *asked.plan.labels_only)
    return [*((o.regimen, o.name) for o in spoken), (NONE_OF_THESE, _("none of these"))]


def _page(about: Asking, said: Said, asked: Asked | None = None) -> dict[str, object]:
    edition = about.edition
    page: dict[str, object] = {
        "subject": "plan",
        "asking": about,
        "form": form(edition, said, asked.problems if asked else {}),
        "drugs": _drug_names(edition),
        "classes": tuple(edition.classes),
        "regimens": _regimens(edition),
        "intended": asked.intended if asked else "",
        "examples": () if asked else _examples(edition),
        "empty": True,
    }
    return page | (_shown(asked) if asked else {})


def _sheet(request: HttpRequest, asked: _Planned) -> dict[str, object]:
    from consilium.web.planner.sheet import sheet_of  # noqa: PLC0415  only for paper

    address = request.build_absolute_uri("/")
    return {
        "sheet": sheet_of(asked.plan, asked.asking.edition, asked.said, asked.intended, address),
        "printed_on": timezone.localdate(),
    }


def _kept(asked: Asked) -> list[tuple[str, str]]:
    """The form as hidden fields, to go back to it."""
    about = asked.asking
    fields = [(name, text) for name, texts in asked.said.items() for text in texts]
    fields += [("region", about.region.value), ("as_of", about.as_of.isoformat())]
    return [*fields, ("intended", asked.intended)]


@cache
def _drug_names(edition: Edition) -> tuple[str, ...]:
    return tuple(sorted(drug.name for drug in edition.contents.drugs))


@cache
def _regimens(edition: Edition) -> tuple[tuple[str, str], ...]:
    named = ((regimen.id, regimen.name) for regimen in edition.contents.regimens)
    return tuple(sorted(named, key=lambda one: one[1].casefold()))


@cache
def _example_cases(edition: Edition) -> tuple[WorkedCase, ...]:
    return tuple(case for case in edition.cases() if case.example == "yes")


def _examples(edition: Edition) -> tuple[tuple[str, str], ...]:
    return tuple((case.id, case.title or case.id) for case in _example_cases(edition))


@cache
def _example_patients(edition: Edition) -> dict[str, Said]:
    """The forms of the examples, and of the patients on whom answers of an activity are tried."""
    tried: set[str] = set()
    for activity in edition.contents.activities:
        tried.update(name for question in activity.questions for name in question.try_on)
        tried.update(name for takeaway in activity.takeaways for name in takeaway.try_on)
    return {
        case.id: said_of_case(patient_from_mapping(case.patient, edition, case.id), edition)
        for case in edition.cases()
        if case.example == "yes" or case.id in tried
    }


def _example(name: str, edition: Edition) -> Said:
    found = _example_patients(edition).get(name)
    if found is None:
        raise Refused(404, _("There is no example of that name."))
    return dict(found)
