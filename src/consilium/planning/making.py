"""``plan``: one patient, one edition, one region, one day, and what each source would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from consilium.clinical.patient import PatientCase, Status
from consilium.evidence.sources import Citation
from consilium.guidance.labels import LabelStatus
from consilium.guidance.standing import Answers, Knowledge, Standing
from consilium.guidance.voices import FAVOURABLE, Voice, agreement, conflicts, voices
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Stance
from consilium.planning.gaps import gaps
from consilium.planning.known import Understood, understand
from consilium.planning.options import Options, all_labels
from consilium.planning.plan import (
    PLAN_SCHEMA,
    Cover,
    FactShown,
    LaterChange,
    Option,
    Plan,
    Refusal,
    SourceShown,
    TrialFit,
)
from consilium.rules.answers import NO, YES
from consilium.rules.conditions import ALWAYS
from consilium.rules.facts import is_settled
from consilium.rules.say import say_known
from consilium.rules.trace import deciding, trace

if TYPE_CHECKING:
    from consilium.care.sheet import Sheet

OPEN_TRIALS = ("recruiting", "active-not-recruiting", "ongoing")
"""The states of a trial in which it may still take, or still follows, patients."""

NOT_CONSIDERED = (
    "price, reimbursement and local availability",
    "the patient's own wishes, frailty beyond what was entered, and fertility",
    "surgery, radiotherapy and local treatment of metastases",
    "bone-protecting agents and palliative care",
)
"""What no plan weighs, said on each of them."""


def plan(
    case: PatientCase,
    edition: Edition,
    *,
    as_of: date,
    region: str | Region = Region.US,
    care_for: Sequence[str] = (),
) -> Plan:
    """What each source would do for one patient, with reasons, gaps and next lines.

    ``as_of`` is the day whose knowledge is used; ``care_for`` names regimens
    whose sheet on giving them safely the plan is to hold. Raises
    ``PatientError`` for a patient who cannot be.
    """
    knowledge = knowledge_of(edition, as_of, Region(region))
    understood = understand(case, edition)
    answers = Answers(knowledge, understood.patient)
    refusal = _refusal(answers)
    if refusal is not None:
        return _plan(understood, knowledge, refusal=refusal)
    labels = all_labels(answers)
    heard = voices(answers, {name: label.status for name, label in labels.items()})
    options = Options(answers, heard, labels)
    held = options.named(Standing.APPLIES, Standing.EXTENDS)
    open_ = tuple(n for n in options.named(Standing.CANNOT_TELL) if n not in held)
    silent = tuple(
        name
        for name, label in labels.items()
        if name not in (*held, *open_)
        and label.status in (LabelStatus.APPROVED, LabelStatus.CANNOT_TELL)
    )
    agreed, speaking = agreement(heard)
    return _plan(
        understood,
        knowledge,
        cover=_cover(answers),
        options=tuple(_sorted(options.option(name) for name in held)),
        possible=tuple(options.option(name, follow=False) for name in open_),
        labels_only=tuple(options.option(name, follow=False) for name in sorted(silent)),
        against=tuple(v for v in heard if v.holds and v.stance is Stance.ADVISES_AGAINST),
        depends=tuple(
            v for v in heard if v.holds and v.stance in (Stance.DEPENDS_ON, Stance.ONLY_IN_TRIAL)
        ),
        overridden=tuple(v for v in heard if v.standing is Standing.OVERRIDDEN),
        agreement=agreed,
        speaking=speaking,
        conflicts=conflicts(heard),
        trials=_trials(answers),
        gaps=gaps(answers, case),
        later=_later(answers),
        care=_care(care_for, knowledge, understood),
    )


def _care(
    regimens: Sequence[str], knowledge: Knowledge, understood: Understood
) -> tuple[Sheet, ...]:
    if not regimens:
        return ()
    # most plans ask for none, and the sheets take a while to import
    from consilium.care.sheet import care_sheet  # noqa: PLC0415
    from consilium.care.statements import Care  # noqa: PLC0415

    care = Care(knowledge.edition, knowledge.as_of, knowledge.region)
    return tuple(care_sheet(care, regimen, understood.patient) for regimen in regimens)


@lru_cache(maxsize=256)
def knowledge_of(edition: Edition, as_of: date, region: Region) -> Knowledge:
    """What an edition holds for a region on a day; kept, since it is asked again and again."""
    return Knowledge(edition, as_of, region)


def _plan(understood: Understood, knowledge: Knowledge, **parts: object) -> Plan:
    edition = knowledge.edition
    shown = facts_shown(understood, edition)
    nothing: dict[str, object] = {
        "refusal": None,
        "cover": (),
        "options": (),
        "possible": (),
        "labels_only": (),
        "against": (),
        "depends": (),
        "overridden": (),
        "agreement": agreement(())[0],
        "speaking": (),
        "conflicts": (),
        "trials": (),
        "gaps": (),
        "later": (),
        "care": (),
    }
    made = Plan(
        schema=PLAN_SCHEMA,
        edition=edition.info.edition,
        edition_hash=edition.hash,
        as_of=knowledge.as_of.isoformat(),
        region=knowledge.region.value,
        case=shown,
        summary="; ".join(
            f.text for f in shown if f.status == "known" and not f.how.startswith("counted")
        ),
        discordant=understood.case.discordant,
        not_understood=understood.case.not_understood,
        not_considered=NOT_CONSIDERED,
        sources=(),
        **(nothing | parts),  # type: ignore[arg-type]
    )
    return msgspec.structs.replace(made, sources=sources_of(made, edition))


def _refusal(answers: Answers) -> Refusal | None:
    knowledge = answers.knowledge
    for exclusion in knowledge.edition.contents.scopes.exclusions:
        if answers.settle(f"exclusion:{exclusion.id}") is YES:
            traced = trace(exclusion.when, answers.patient.facts, knowledge.edition.model)
            return Refusal(
                exclusion.id, exclusion.says, tuple(test.fact for test, _ in deciding(traced))
            )
    return None


def _cover(answers: Answers) -> tuple[Cover, ...]:
    """What is said before any option; a scope that may apply is said as such."""
    found = []
    for scope in answers.knowledge.edition.contents.scopes.scopes:
        held = answers.settle(f"scope:{scope.id}")
        if held is not NO and scope.covers != "full":
            missing = answers.patient.missing(scope.when)
            found.append(Cover(scope.id, scope.covers, scope.says, missing))
    certain = [cover for cover in found if not cover.missing]
    unspoken = (
        Cover(one.id, "unspoken", one.says)
        for one in answers.knowledge.edition.contents.scopes.unspoken
        if answers.settle(f"unspoken:{one.id}") is YES
    )
    return (*(certain or [c for c in found if c.covers == "none"]), *unspoken)


def _sorted(options: Iterable[Option]) -> list[Option]:
    certain = ("certain", "extension", "waiting", "possible", "label-only")
    stances = [stance.value for stance in FAVOURABLE]
    return sorted(
        options,
        key=lambda o: (
            o.contraindicated,
            certain.index(o.certainty),
            bool(o.older_than),
            stances.index(o.stance),
            o.label.status is not LabelStatus.APPROVED,
            o.name,
        ),
    )


def _trials(answers: Answers) -> tuple[TrialFit, ...]:
    found = []
    for trial in answers.knowledge.trials:
        fit = answers.settle(f"trial:{trial.id}")
        if fit is NO or trial.status.value not in OPEN_TRIALS:
            continue
        found.append(
            TrialFit(
                trial=trial.id,
                name=trial.names[0],
                nct=trial.nct,
                fit="yes" if fit is YES else "possible",
                status=trial.status.value,
                checked=str(trial.status.checked),
                says=trial.status.says,
                because=trial.status.because,
                missing=answers.patient.missing(trial.eligibility or ALWAYS),
                interpretation=trial.interpretation,
            )
        )
    return tuple(sorted(found, key=lambda t: (t.fit != "yes", t.name)))


def _later(answers: Answers) -> tuple[LaterChange, ...]:
    found = []
    for approval in answers.knowledge.later_approvals:
        fit = answers.patient.settle(approval.when or ALWAYS)
        if fit is not NO:
            found.append(
                LaterChange(
                    approval.id,
                    approval.regimens,
                    str(approval.since),
                    approval.says,
                    "yes" if fit is YES else "possible",
                )
            )
    return tuple(found)


def facts_shown(understood: Understood, edition: Edition) -> tuple[FactShown, ...]:
    """The facts of a case as understood, each with where it came from."""
    case, patient = understood.case, understood.patient
    shown = []
    for fact in edition.contents.facts:
        entered = case.entered.get(fact.id)
        known = patient.facts.get(fact.id)
        declaration = edition.model.facts[fact.id]
        if entered is not None and entered.status is not Status.KNOWN:
            shown.append(
                FactShown(
                    fact.id,
                    fact.group,
                    f"{fact.phrase}: {entered.status.value.replace('-', ' ')}",
                    entered.status.value,
                    entered.origin.where,
                    entered.origin.rule,
                    str(entered.origin.on or ""),
                )
            )
        elif known is None or (
            not is_settled(known) and fact.origin == "defined" and entered is None
        ):
            continue
        else:
            how = ""
            if entered is not None:
                how = entered.origin.rule
            elif fact.id in understood.derived:
                how = (
                    f"counted: {fact.counts}"
                    if fact.counts
                    else "counted from the earlier therapies"
                )
            elif fact.origin == "defined":
                how = "follows by definition"
            if (
                entered is None
                and fact.id in understood.derived
                and not is_settled(known)
                and not _bounded(known)
            ):
                continue
            shown.append(
                FactShown(
                    fact.id,
                    fact.group,
                    say_known(declaration, known),
                    "known" if is_settled(known) else "partly-known",
                    entered.origin.where if entered else "",
                    how,
                    str(entered.origin.on or "") if entered else "",
                )
            )
    return tuple(shown)


def _bounded(known: object) -> bool:
    return bool(getattr(known, "has", None)) or getattr(known, "low", 0) > 1


def sources_of(made: Plan, edition: Edition) -> tuple[SourceShown, ...]:
    """The sources that a plan cites, numbered in the order in which they first stand in it."""
    found: dict[tuple[str, str], None] = {}
    for citation in _citations(made, edition):
        found.setdefault((citation.source, citation.read), None)
    return tuple(
        _source_shown(edition, number, name, read)
        for number, (name, read) in enumerate(found, start=1)
    )


@lru_cache(maxsize=8192)
def _source_shown(edition: Edition, number: int, name: str, read_name: str) -> SourceShown:
    source = edition.sources[name]
    read = source.reading(read_name)
    pmid = source.pmid and f"PMID {source.pmid}"
    return SourceShown(
        number,
        name,
        source.reference,
        (source.doi and f"doi:{source.doi}") or pmid or source.nct or source.url,
        read.depth.value if read else "",
        str(read.on) if read else "",
        str(source.published),
        lowest_tier=bool(read and read.tier and read.tier.value == "C"),
    )


def _citations(made: Plan, edition: Edition) -> Iterator[Citation]:
    options = (*made.options, *made.possible, *made.labels_only)
    for option in options:
        for voice in option.voices:
            yield from voice.because
        for name in option.label.approvals:
            yield from edition.approvals[name].because
        for key in option.results:
            yield from edition.results[key.result].because
        for caution in option.cautions:
            yield from caution.because
    for voice in (*made.against, *made.depends, *made.overridden):
        yield from voice.because
    for trial in made.trials:
        yield from trial.because
    for change in made.later:
        yield from edition.approvals[change.approval].because
    for sheet in made.care:
        for gate in sheet.gates:
            yield from gate.because
        for part in sheet.parts:
            for line in part.lines:
                yield from line.because


def heard_by(made: Plan) -> dict[str, tuple[Voice, ...]]:
    """The voices that hold, by person, for experts side by side."""
    found: dict[str, dict[str, Voice]] = {}
    every = (
        *(v for o in (*made.options, *made.possible) for v in o.voices),
        *made.against,
        *made.depends,
    )
    for voice in every:
        if voice.holds and voice.kind != "guideline":
            found.setdefault(voice.name, {})[voice.position] = voice
    return {name: tuple(heard.values()) for name, heard in found.items()}
