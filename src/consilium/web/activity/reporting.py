"""Reports for those who accredit: an activity as XML or CSV, and learners who allow it as CSV.

The fields are those that programmes report (activity, provider, support, credit,
participants; for a board: board, number, names, birthday, date and credit).
Nothing is sent anywhere.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from xml.etree import ElementTree

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity
from consilium.web.activity.models import Attempt, Certificate, DoneStep, Permission
from consilium.web.activity.permissions import standing
from consilium.web.activity.views import the_activity
from consilium.web.editions import asking
from consilium.web.people import audit
from consilium.web.people.encrypted import opened
from consilium.web.people.roles import ADMINISTRATOR, learner, only
from consilium.web.refusals import Refused

REPORT = "consilium-activity-report/1"
_TO_A_BOARD_WITHIN = timedelta(days=30)
LEARNER_FIELDS = (
    "activity",
    "completed",
    "report_by",
    "board",
    "board_number",
    "given_name",
    "family_name",
    "birth_day",
    "profession",
    "credit",
    "code",
    "allowed_at",
)


class Participants(msgspec.Struct, frozen=True):
    """How many learners began, tried the test, passed it, and completed."""

    began: int
    tested: int
    passed: int
    completed: int


def participants(activity: str) -> Participants:
    """The participants of an activity, each counted once."""
    began = set(DoneStep.objects.filter(activity=activity).values_list("learner_id", flat=True))
    tried = Attempt.objects.filter(activity=activity, number__gt=0)
    tested = set(tried.values_list("learner_id", flat=True))
    return Participants(
        began=len(began | tested),
        tested=len(tested),
        passed=len(set(tried.filter(passed=True).values_list("learner_id", flat=True))),
        completed=Certificate.objects.filter(activity=activity).count(),
    )


def activity_rows(activity: Activity, edition: Edition) -> Iterator[tuple[str, str]]:
    """A report on an activity as pairs of field and value; a field may stand several times."""
    names = edition.organisations
    yield "identifier", activity.id
    yield "title", activity.title
    yield "type", activity.type
    yield "provider", names[activity.provider.organisation].name
    yield "released", str(activity.released)
    yield "expires", str(activity.expires)
    for support in activity.supporters:
        yield "commercial_support", f"{names[support.organisation].name} ({support.kind})"
    scheme = activity.credit
    for credit in scheme.credits if scheme else ():
        yield "credit", f"{credit.amount} {credit.unit} {credit.type}"
        yield "credit_given_by", names[credit.given_by].name
    if scheme is None or not scheme.credits:
        yield "credit", "none"
    if scheme and scheme.pass_percent is not None:
        yield "pass_percent", str(scheme.pass_percent)
        yield "attempts", str(scheme.attempts)
    yield "edition", edition.info.edition
    for name, count in msgspec.structs.asdict(participants(activity.id)).items():
        yield name, str(count)


@require_safe
@only(ADMINISTRATOR)
def activity_report(request: HttpRequest, activity: str, form: str) -> HttpResponse:
    """The report on an activity: counts, never a learner."""
    edition = asking(request).edition
    found = the_activity(activity, edition)
    rows = list(activity_rows(found, edition))
    if form == "csv":
        return HttpResponse(
            as_csv(("field", "value"), rows), content_type="text/csv; charset=utf-8"
        )
    if form == "xml":
        root = ElementTree.Element("activityReport", {"schema": REPORT})
        for name, value in rows:
            ElementTree.SubElement(root, name).text = value
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return HttpResponse(text + b"\n", content_type="application/xml")
    raise Refused(404, _("A report on an activity is given as csv or xml."))


def learner_rows() -> Iterator[tuple[object, ...]]:
    """Completions of learners whose permission to report to a board stands, oldest first."""
    allowed = standing(Permission.What.BOARD)
    made = Certificate.objects.filter(learner_id__in=list(allowed))
    for each in made.select_related("learner__profile").order_by("on", "pk"):
        profile = getattr(each.learner, "profile", None)
        kept = [
            opened(getattr(profile, name)) if profile else ""
            for name in ("board_number", "given_name", "family_name", "birth_day")
        ]
        yield (
            each.activity,
            each.on,
            each.on + _TO_A_BOARD_WITHIN,
            profile.board if profile else "",
            *kept,
            profile.profession if profile else "",
            each.credit or "none",
            each.code,
            allowed[each.learner_id].at.isoformat(timespec="seconds"),
        )


@require_safe
@only(ADMINISTRATOR)
def learners(request: HttpRequest) -> HttpResponse:
    """Who completed what and allows that it be reported, as CSV; the export is in the audit."""
    rows = list(learner_rows())
    audit.note(learner(request).username, "learners exported", rows=len(rows))
    return HttpResponse(as_csv(LEARNER_FIELDS, rows), content_type="text/csv; charset=utf-8")


def as_csv(head: tuple[str, ...], rows: list[tuple[object, ...]] | list[tuple[str, str]]) -> str:
    """Rows as CSV; a cell that begins like a formula would be one in a spreadsheet."""
    text = StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(head)
    for row in rows:
        write([f"'{cell}" if str(cell)[:1] in ("=", "+", "-", "@", "\t") else cell for cell in row])
    return text.getvalue()
