"""Medicines of a record as earlier therapies, grouped into regimens by a stated rule."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal, NamedTuple

from consilium.clinical.dates import Day
from consilium.clinical.patient import Discordance, Origin, Therapy
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import Concept, concept, items, mappings, short, words
from consilium.intake.fhir.conditions import Extent
from consilium.intake.fhir.findings import Harvest, places
from consilium.intake.fhir.moments import Moment, first_moment, moment
from consilium.intake.fhir.observations import moment_of, withdrawn
from consilium.intake.fhir.values import Body, value_of
from consilium.intake.vocabulary import Vocabulary

Setting = Literal["neoadjuvant", "adjuvant", "advanced", "unknown"]
StoppedFor = Literal["", "progression", "toxicity", "completed", "preference", "other", "unknown"]
Outcome = Literal["", "response", "stable", "progression", "unknown"]

TOGETHER = timedelta(days=30)
GAP = timedelta(days=90)
METHOD = (
    "grouped by rule: drugs begun within 30 days are one regimen; a new one begins with a gap of "
    "more than 90 days, or with a new drug after progression or a reason for stopping"
)

KINDS = (
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationStatement",
    "MedicationDispense",
)
_NOT_GIVEN = {
    "entered-in-error": "entered in error",
    "cancelled": "cancelled",
    "draft": "a draft, not an order",
    "not-done": "not given",
    "not-taken": "not taken",
    "intended": "intended, not given",
    "declined": "declined",
    "preparation": "prepared, not given",
}
_NO_ORDER = frozenset({"proposal", "plan", "option"})
_INTENTS: dict[str, tuple[Setting, str]] = {
    "363676003": ("advanced", "palliative intent"),
    "373846009": ("adjuvant", "adjuvant intent"),
    "373847000": ("neoadjuvant", "neoadjuvant intent"),
}
_CURATIVE = "373808002"
_REASONS: dict[str, StoppedFor] = {
    "266721009": "progression",
    "407563006": "toxicity",
    "443729008": "completed",
    "105480006": "preference",
    "160932005": "other",
    "184081006": "other",
    "309846006": "other",
    "399307001": "other",
    "419620001": "other",
    "7058009": "other",
    "77386006": "other",
}
_REASON_WORDS: dict[StoppedFor, re.Pattern[str]] = {
    "progression": re.compile(r"\bprogress(?:ion|ive disease|ed)\b", re.IGNORECASE),
    "toxicity": re.compile(
        r"\btoxicit(?:y|ies)\b|\bintoleran(?:t|ce)\b|\bnot tolerated\b|\b(?:adverse|side)[- ]"
        r"(?:events?|effects?|reactions?)\b",
        re.IGNORECASE,
    ),
    "completed": re.compile(r"\bcomplet(?:ed|ion)\b", re.IGNORECASE),
    "preference": re.compile(
        r"\bpatient(?:'s)? (?:choice|preference|wish|refus\w+|declin\w+)\b", re.IGNORECASE
    ),
}
_DENIED = re.compile(r"\b(?:no|not|without|before|prior to|risk|free)\b(?! tolerated)", re.I)
LINE_SYSTEM = "http://hl7.org/fhir/us/codex-ocpa/CodeSystem/ocpa-codes"
LINE_CODE = "line-of-therapy"
_LINE_VALUE = re.compile(r"(\d)L")
_DISEASE_STATUS = ("97509-4", "88040-1")
_OUTCOMES: dict[str, Outcome] = {
    "271299001": "progression",
    "268910001": "response",
    "359746009": "stable",
}

# Endings of generic names by which a cancer drug that the edition does not know gives itself away.
_LOOKS_LIKE_CANCER_DRUG = re.compile(
    r"\b\w+(?:mab|nib|tinib|ciclib|parib|platin|taxel|rubicin|tecan|trexed|trexate|bine|citabine"
    r"|fosfamide|phosphamide|mustine|poside|domide|lisib|sertib|rolimus|relin|relix|strant"
    r"|trozole|lutamide|tansine|vedotin|deruxtecan|govitecan|zomib|degib|rafenib|staurin|bulin"
    r"|pilone|amine oxidase)\b|\btamoxifen\b|\bfluorouracil\b|\bmitomycin\b|\bmegestrol\b"
    r"|\bchemotherapy\b|\bendocrine therapy\b|\bantineoplastic\b"
    r"|\b(?:tukysa|nerlynx|tykerb|avastin|phesgo)\b",
    re.IGNORECASE,
)
# Regimens by their letters alone.
_LETTERS = re.compile(
    r"(?:dd)?(?:AC(?:-?TH?P?)?|TCb?(?:HP?)?|TAC|CMF|F[AE]C(?:-[DT])?|EC(?:-[PT])?|FOLFOX|FOLFIRI)"
)
# Antineoplastic agents, and endocrine therapy.
_ATC_OF_CANCER = ("L01", "L02")
_OTHER_MEDICINE = re.compile(
    r"\b(?:denosumab|romosozumab|adalimumab|infliximab|omalizumab|evolocumab|alirocumab"
    r"|tacrolimus|sirolimus|tofacitinib|baricitinib|upadacitinib|lamivudine|terbinafine"
    r"|stavudine|clofarabine|colchicine|methotrexate 2\.5)\b",
    re.IGNORECASE,
)


class Exposure(NamedTuple):
    """One record of a drug ordered, given or taken."""

    drugs: tuple[str, ...]
    unread: tuple[str, ...]
    start: Day | None
    end: Day | None
    active: bool
    stopped_for: StoppedFor
    setting: Setting
    curative: bool
    where: str
    line: int | None = None
    """The line of therapy that the record counts it to."""

    @property
    def names(self) -> frozenset[str]:
        """The drugs, known and unknown alike."""
        return frozenset((*self.drugs, *self.unread))


class StatedLine(NamedTuple):
    """A line of therapy as the record counts it, with its medicines or else its time."""

    number: int
    start: Day | None
    end: Day | None
    medicines: frozenset[str]

    def holds(self, exposure: Exposure) -> bool:
        """Whether an exposure belongs to this line, so far as the line says."""
        if self.medicines:
            return exposure.where in self.medicines
        if self.start is None or exposure.start is None:
            return False
        begun = exposure.start.first - self.start.first
        if self.end is None:
            return abs(begun) <= TOGETHER
        return begun >= timedelta(0) and exposure.start.last <= self.end.last


class MedicationReader:
    """Reads medicines into therapies; the list is never known to be complete."""

    def __init__(
        self, vocabulary: Vocabulary, resources: Resources, harvest: Harvest, extent: Extent
    ) -> None:
        self.vocabulary, self.resources, self.harvest = vocabulary, resources, harvest
        self.extent = extent
        self.told_of: dict[str, Outcome] = {}  # medicines, by the observation that is part of them
        self.course_of_disease = self._disease_status()

    def read(self) -> tuple[Therapy, ...]:
        """The therapies, in the order in which they began."""
        exposures = [
            exposure
            for resource in self.resources.of(*KINDS)
            if (exposure := self.exposure(resource)) is not None
        ]
        return self.grouped(self._in_lines(exposures))

    def grouped(self, exposures: list[Exposure]) -> tuple[Therapy, ...]:
        """What was given as therapies."""
        dated = [one for one in exposures if one.start is not None]
        undated = [one for one in exposures if one.start is None]
        regimens = _regimens(dated)
        therapies: list[Therapy] = []
        for index in range(len(regimens)):
            therapy = self._therapy(regimens, index)
            before = therapies[-1] if therapies else None
            if before is not None and therapy.same_line and therapy.setting != "advanced":
                therapies[-1] = _joined(before, therapy)
            else:
                therapies.append(therapy)
        if undated:
            therapies.append(self._undated(undated))
        return tuple(therapies)

    # --- one medicine ---------------------------------------------------------------------------

    def exposure(self, resource: Resource) -> Exposure | None:
        """What one resource says was given; nothing when it counts as no treatment of a cancer."""
        body = resource.body
        named = self._medicine(resource)
        label = named.label
        why = self._not_given(body)
        if why:
            self.harvest.drop(resource, label, why)
            return None
        drugs, unread = self._drugs(named)
        by_class = any(
            c.code.startswith(_ATC_OF_CANCER) for c in named.codings if c.system == "ATC"
        )
        cancer_like = tuple(name for name in unread if by_class or self._is_like_one(name))
        systemic = tuple(drug for drug in drugs if not self.vocabulary.is_supportive([drug]))
        if not systemic and not cancer_like:
            if drugs:
                why = "supports treatment and makes no line of it"
            elif named == Concept():
                why = "no medicine is named"
            else:
                why = "none of the drugs of this edition, and not taken for a cancer drug"
            self.harvest.drop(resource, label, why)
            return None
        for name in cancer_like:
            self.harvest.drop(
                resource,
                short(name),
                "looks like a cancer drug and is none of this edition; it stays in the list of "
                "therapies under its own name",
            )
        self.harvest.seen.add(resource.where)
        return Exposure(
            drugs=systemic,
            unread=tuple(short(name) for name in cancer_like),
            start=_start(resource),
            end=_end(resource),
            active=body.get("status") in ("active", "in-progress"),
            stopped_for=_stopped_for(body),
            setting=_setting(body),
            curative=any(one.has("SNOMED", (_CURATIVE,)) for one in _intents(body)),
            where=resource.where,
        )

    def _is_like_one(self, name: str) -> bool:
        """Whether a name that was not read in full may be that of a cancer drug."""
        mentioned = self.vocabulary.mentioned_in(name)
        if mentioned:
            return not self.vocabulary.is_supportive(mentioned)
        if _LETTERS.fullmatch(name.strip()):
            return True
        return bool(_LOOKS_LIKE_CANCER_DRUG.search(name)) and not _OTHER_MEDICINE.search(name)

    def _not_given(self, body: Body) -> str:
        if body.get("doNotPerform") is True:
            return "an order not to give it"
        if words(body.get("intent")) in _NO_ORDER:
            return "proposed, not ordered"
        return _NOT_GIVEN.get(words(body.get("status")), "")

    def _medicine(self, resource: Resource) -> Concept:
        body = resource.body
        if "medicationCodeableConcept" in body:
            return concept(body["medicationCodeableConcept"])
        reference = body.get("medicationReference")
        newer = body.get("medication")
        if isinstance(newer, dict):
            if "concept" in newer:
                return concept(newer["concept"])
            reference = newer.get("reference")
        medicine = self.resources.resolve(reference, resource)
        if medicine is not None:
            self.harvest.seen.add(medicine.where)
            return self._named(medicine)
        if isinstance(reference, dict):
            return Concept((), words(reference.get("display")))
        return Concept()

    def _named(self, medicine: Resource) -> Concept:
        """A Medication by its code, or else by what it is made of."""
        if medicine.code != Concept():
            return medicine.code
        made_of = []
        for part in mappings(medicine.body.get("ingredient")):
            if part.get("isActive") is False:
                continue
            inside = self.resources.resolve(part.get("itemReference"), medicine)
            made_of.append(inside.code if inside else concept(part.get("itemCodeableConcept")))
        if len(made_of) == 1:
            return made_of[0]
        return Concept((), " + ".join(one.label for one in made_of))

    def _drugs(self, named: Concept) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The drugs of a medicine by its codes and by its words, and the names that are none.

        Where code and words name different drugs, neither is taken.
        """
        coded = {
            drug
            for c in named.codings
            if (drug := self.vocabulary.drug_by_code(c.system, c.code)) is not None
        }
        worded: set[str] = set()
        unread: list[str] = []
        for text in named.texts:
            found = self.vocabulary.drugs_in(text)
            worded |= set(found.drugs)
            unread += found.rest
        if coded and worded and not (coded <= worded or worded <= coded):
            return (), (named.label,)
        drugs = coded | worded
        if coded or (worded and not unread):
            return tuple(sorted(drugs)), ()
        # Another wording of a medicine that one wording named in full adds nothing.
        read_in_full = any(
            found.drugs and not found.rest for found in map(self.vocabulary.drugs_in, named.texts)
        )
        if not named.texts and named.codings:
            unread.append(named.label)
        return tuple(sorted(drugs)), () if read_in_full else tuple(dict.fromkeys(unread))

    # --- regimens -------------------------------------------------------------------------------

    def _therapy(self, regimens: list[list[Exposure]], index: int) -> Therapy:
        regimen = regimens[index]
        later = regimens[index + 1] if index + 1 < len(regimens) else None
        started = _first(regimen)
        setting, why = self._setting_of(regimen, started)
        stopped = _stated({one.stopped_for for one in regimen})
        active = [one for one in regimen if one.active]
        going_on = bool(active) and later is None and not stopped
        if active and later is not None:
            self._still_active(regimen, active, later)
        outcome = self._outcome(regimen, later)
        goes_on = self._goes_on(regimens, index)
        line = _line_of(regimen)
        counted = f"the record counts it as line {line}" if line else METHOD
        rule = "; ".join(filter(None, (counted, why, goes_on)))
        return Therapy(
            drugs=tuple(sorted({drug for one in regimen for drug in one.drugs})),
            setting=setting,
            started=started,
            ended=None if going_on else _ended(regimen),
            ongoing=going_on,
            outcome=outcome,
            stopped_for=stopped,
            unread=tuple(sorted({name for one in regimen for name in one.unread})),
            origin=Origin(places(one.where for one in regimen), started, rule),
            same_line=bool(goes_on),
        )

    def _undated(self, exposures: list[Exposure]) -> Therapy:
        settings = {one.setting for one in exposures}
        setting: Setting = settings.pop() if len(settings) == 1 else "unknown"
        return Therapy(
            drugs=tuple(sorted({drug for one in exposures for drug in one.drugs})),
            setting=setting,
            stopped_for=_stated({one.stopped_for for one in exposures}),
            unread=tuple(sorted({name for one in exposures for name in one.unread})),
            origin=Origin(
                places(one.where for one in exposures),
                rule="no dates are recorded, so these drugs are kept together, not counted apart",
            ),
        )

    def _setting_of(self, regimen: list[Exposure], started: Day | None) -> tuple[Setting, str]:
        stated = {one.setting for one in regimen} - {"unknown"}
        if len(stated) == 1:
            return stated.pop(), "setting by the stated intent"
        since = self.extent.since
        curative = any(one.curative for one in regimen)
        if curative and not stated:
            return "unknown", "curative intent is stated; before or after surgery is not"
        if stated or since is None or started is None:
            return "unknown", ""
        if started.first >= since.day.last:
            return "advanced", f"begun on or after the first evidence of metastasis ({since.day})"
        return "unknown", ""

    def _goes_on(self, regimens: list[list[Exposure]], index: int) -> str:
        """Why a regimen belongs to the line of the one before it; empty when it does not."""
        if index == 0:
            return ""
        before, now = regimens[index - 1], regimens[index]
        if _line_of(before) and _line_of(now):
            return ""
        ended, started = _last(before), _first(now)
        if ended is None or started is None or started.first - ended.last > GAP:
            return ""
        settings = {self._setting_of(one, _first(one))[0] for one in (before, now)}
        if len(settings) > 1 or self._outcome(before, now) == "progression":
            return ""
        match _stated({one.stopped_for for one in before}):
            case "toxicity":
                return "the drugs before were not tolerated, so the line goes on"
            case "":
                return (
                    "neither progression nor a reason for stopping is recorded, so the line goes on"
                )
            case _:
                return ""

    def _still_active(
        self, regimen: list[Exposure], active: list[Exposure], later: list[Exposure]
    ) -> None:
        carried_on = {name for one in later for name in one.names}
        names = sorted({name for one in active for name in one.names} - carried_on)
        if names:
            self.harvest.discordant.append(
                Discordance(
                    "prior_drugs",
                    f"{', '.join(names)} recorded as active although "
                    f"{', '.join(sorted(carried_on))} began on {_first(later)}; read as ended",
                    tuple(one.where for one in active if one.names & set(names)),
                )
            )

    # --- lines that the record counts -------------------------------------------------------------

    def _in_lines(self, exposures: list[Exposure]) -> list[Exposure]:
        """Each exposure with the line that the record counts it to, where it says one."""
        lines = [
            (line, resource)
            for resource in self.resources.observations(tells_of_a_line)
            if (line := self._line(resource)) is not None
        ]
        found = []
        for one in exposures:
            numbers = {line.number for line, _ in lines if line.holds(one)}
            found.append(one._replace(line=numbers.pop()) if len(numbers) == 1 else one)
        for line, resource in lines:
            if not any(line.holds(one) for one in exposures):
                why = "no medicine of the record belongs to it; answer `line`"
                self.harvest.not_read(resource, f"line of therapy {line.number}", why)
        return found

    def _line(self, resource: Resource) -> StatedLine | None:
        body, value = resource.body, value_of(resource.body)
        label = f"line of therapy: {value}"
        why = withdrawn(body)
        if why:
            self.harvest.drop(resource, label, why)
            return None
        numbers = {int(m[1]) for c in value.concept.codings if (m := _LINE_VALUE.fullmatch(c.code))}
        if (
            value.amount is not None
            and value.amount.value == value.amount.value.to_integral_value()
        ):
            numbers.add(int(value.amount.value))
        if len(numbers) != 1:
            self.harvest.not_read(resource, label, "it says no number of a line; answer `line`")
            return None
        self.harvest.seen.add(resource.where)
        period = body.get("effectivePeriod")
        on = moment_of(body)
        ended = moment(period.get("end")) if isinstance(period, dict) else None
        medicines = frozenset(one.where for one in self._medicines_of(resource))
        start, end = on.day if on else None, ended.day if ended else None
        return StatedLine(numbers.pop(), start, end, medicines)

    # --- how the disease went -------------------------------------------------------------------

    def _disease_status(self) -> list[tuple[Moment, Outcome, str]]:
        found: list[tuple[Moment, Outcome, str]] = []
        for resource in self.resources.observations(tells_of_the_disease):
            code = resource.code
            when, value = moment_of(resource.body), value_of(resource.body).concept
            told = {_OUTCOMES[c] for c in value.codes("SNOMED") if c in _OUTCOMES}
            if resource.body.get("status") in ("entered-in-error", "cancelled"):
                self.harvest.drop(resource, code.label, "withdrawn")
            elif len(told) == 1 and (medicines := self._medicines_of(resource)):
                outcome = told.pop()
                self.told_of |= {one.where: outcome for one in medicines}
                self.harvest.seen.add(resource.where)
            elif when is None or len(told) != 1:
                self.harvest.not_read(
                    resource, f"{code.label}: {value.label}", "no date or no verdict"
                )
            else:
                found.append((when, told.pop(), resource.where))
                self.harvest.seen.add(resource.where)
        return sorted(found, key=lambda one: one[0].day.first)

    def _medicines_of(self, resource: Resource) -> list[Resource]:
        """The medicines whose course an observation on the disease calls itself a part of."""
        parts = [
            self.resources.resolve(one, resource) for one in items(resource.body.get("partOf"))
        ]
        return [one for one in parts if one is not None and one.kind in KINDS]

    def _outcome(self, regimen: list[Exposure], later: list[Exposure] | None) -> Outcome:
        """The last verdict on the disease from the start of a regimen to the start of the next."""
        told = {self.told_of[one.where] for one in regimen if one.where in self.told_of}
        if len(told) == 1:
            return told.pop()
        start, end = _first(regimen), _last(regimen)
        if start is None or end is None:
            return ""
        following = _first(later) if later else None
        active = any(one.active for one in regimen)
        last: Outcome = ""
        for when, outcome, _ in self.course_of_disease:
            in_time = when.day.first > start.last
            if following is not None:
                in_time = in_time and when.day.first <= following.first
            if not active:
                in_time = in_time and when.day.first - end.last <= GAP
            if in_time:
                last = outcome
        return last


def tells_of_a_line(code: Concept) -> bool:
    """Whether an observation with this code counts lines of therapy, as the draft profile does."""
    return any(
        c.code == LINE_CODE and ("ocpa" in c.system or "mopa" in c.system) for c in code.codings
    )


def tells_of_the_disease(code: Concept) -> bool:
    """Whether an observation with this code says how the disease goes."""
    return code.has("LOINC", _DISEASE_STATUS)


def _regimens(exposures: list[Exposure]) -> list[list[Exposure]]:
    """Dated exposures as regimens.

    A drug that goes on beside a new one (ovarian suppression, for example)
    belongs to the regimen then given.
    """
    regimens: list[list[Exposure]] = []
    last_given: dict[str, Day] = {}
    by_day: dict[tuple[str, int], list[Exposure]] = {}
    for one in sorted(exposures, key=lambda e: (e.start.first if e.start else None, e.where)):
        if one.start is not None:
            by_day.setdefault((one.start.text, one.line or 0), []).append(one)
    for (text, line), together in sorted(
        by_day.items(), key=lambda item: (Day(item[0][0]).first, item[0])
    ):
        day = Day(text)
        of_line = next((r for r in regimens if line and _line_of(r) == line), None)
        if of_line is not None:
            of_line += together
            last_given |= _given_last(together, day)
            continue
        names = {name for one in together for name in one.names}
        going_on = {
            name
            for name in names
            if name in last_given and day.first - last_given[name].last <= GAP
        }
        current = regimens[-1] if regimens else None
        began = _first(current) if current else None
        ended = _last(current) if current else None
        stopped = current is not None and any(one.stopped_for == "progression" for one in current)
        soon = began is not None and day.first - began.last <= TOGETHER
        near = ended is not None and day.first - ended.last <= GAP
        new = names - going_on
        counted_apart = current is not None and line and _line_of(current)
        if (
            current is not None
            and not counted_apart
            and ((not new and near) or (soon and not (stopped and new)))
        ):
            current += together
        else:
            regimens.append(list(together))
        last_given |= _given_last(together, day)
    return regimens


def _given_last(together: list[Exposure], day: Day) -> dict[str, Day]:
    return {
        name: one.end if one.end and one.end.last >= day.last else day
        for one in together
        for name in one.names
    }


def _line_of(regimen: list[Exposure]) -> int | None:
    return next((one.line for one in regimen if one.line is not None), None)


def _joined(before: Therapy, after: Therapy) -> Therapy:
    """Two regimens of one course as one therapy; what was said of one is not said of both."""
    origins = [one.origin.where for one in (before, after) if one.origin]
    rule = after.origin.rule if after.origin else METHOD
    return Therapy(
        drugs=tuple(sorted({*before.drugs, *after.drugs})),
        setting=after.setting,
        started=before.started,
        ended=after.ended,
        ongoing=after.ongoing,
        outcome=after.outcome if after.outcome == before.outcome else "",
        stopped_for=after.stopped_for if after.stopped_for == before.stopped_for else "",
        unread=tuple(sorted({*before.unread, *after.unread})),
        origin=Origin(", ".join(origins), before.started, rule),
        same_line=before.same_line,
    )


def _first(regimen: list[Exposure]) -> Day | None:
    return min((one.start for one in regimen if one.start), key=lambda d: d.first, default=None)


def _last(regimen: list[Exposure]) -> Day | None:
    """The last day on which a drug of the regimen is recorded."""
    days = [day for one in regimen for day in (one.start, one.end) if day is not None]
    return max(days, key=lambda d: d.last, default=None)


def _ended(regimen: list[Exposure]) -> Day | None:
    """When a regimen ended, where the record says so; a last cycle is no end."""
    ends = [one.end for one in regimen if one.end is not None]
    last = _last(regimen)
    end = max(ends, key=lambda d: d.last, default=None)
    return end if end is not None and last is not None and end.last >= last.last else None


def _stated(reasons: set[StoppedFor]) -> StoppedFor:
    """The reason for which a regimen stopped; progression counts above the others."""
    named = reasons - {""}
    if "progression" in named:
        return "progression"
    if len(named) == 1:
        return named.pop()
    return "unknown" if named else ""


def _start(resource: Resource) -> Day | None:
    found = first_moment(
        resource.body,
        "effectiveDateTime",
        "effectivePeriod",
        "occurenceDateTime",
        "occurencePeriod",
        "authoredOn",
        "whenHandedOver",
        "whenPrepared",
        "dateAsserted",
    )
    return found.day if found else None


def _end(resource: Resource) -> Day | None:
    for key in ("effectivePeriod", "occurencePeriod"):
        period = resource.body.get(key)
        found = moment(period.get("end")) if isinstance(period, dict) else None
        if found is not None:
            return found.day
    return None


def _stopped_for(body: Body) -> StoppedFor:
    reasons = [concept(one) for one in items(body.get("statusReason"))]
    coded = {_REASONS[c] for one in reasons for c in one.codes("SNOMED") if c in _REASONS}
    if coded:
        return _stated(set(coded))
    worded = {_reason_in_words(text) for one in reasons for text in one.texts}
    if any(worded):
        return _stated(worded)
    return "unknown" if reasons and body.get("status") == "stopped" else ""


def _reason_in_words(text: str) -> StoppedFor:
    if _DENIED.search(text):
        return ""
    return next((reason for reason, words in _REASON_WORDS.items() if words.search(text)), "")


def _intents(body: Body) -> list[Concept]:
    return [
        concept(extension.get("valueCodeableConcept"))
        for extension in mappings(body.get("extension"))
        if "intent" in words(extension.get("url")).casefold()
    ]


def _setting(body: Body) -> Setting:
    stated = {
        _INTENTS[code][0]
        for one in _intents(body)
        for code in one.codes("SNOMED")
        if code in _INTENTS
    }
    return stated.pop() if len(stated) == 1 else "unknown"
