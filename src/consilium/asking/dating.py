"""Dates worked out from a date in the question: cycles of a drug, and how long something took."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from consilium.asking.answer import Answer, Computed, Link, Said
from consilium.asking.words import plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d{{1,2}})-(?P<d1>\d{{1,2}})\b|"
    rf"\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -](?P<m2>{_MONTH})[a-z]*\.?(?:,?[ -](?P<y2>\d{{4}}))?|"
    rf"\b(?P<m3>{_MONTH})[a-z]*\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y3>\d{{4}}))?|"
    rf"\b(?P<d4>\d{{1,2}})[./](?P<m4>\d{{1,2}})[./](?P<y4>\d{{4}}|\d{{2}})\b"
)
_CYCLES = re.compile(
    r"\b(?:cycles?|c) ?(\d{1,2}\b(?:(?:,| and| or| to|-|/|&| )+ ?(?:c(?:ycle)? ?)?\d{1,2}\b)*)"
)
_ORDINALS = {
    word: n
    for n, words in enumerate(
        "first/1st second/2nd third/3rd fourth/4th fifth/5th sixth/6th seventh/7th eighth/8th".split(),
        1,
    )
    for word in words.split("/")
}
_NTH = re.compile(rf"\b({'|'.join(_ORDINALS)})(?: (?:cycle|course|infusion|dose|one)\b|\?|$)")
_MOST_CYCLES = 12
_WANTS_DATES = re.compile(
    r"\bwhen\b|\bdates?\b|next (?:cycle|dose|infusion|course)|\bday ?(?:8|15|21|22)\b|\bd(?:8|15|22)\b|cycle ?[2-9]|\bc[2-9](?:d\d{1,2})?\b|\b(?:second|third|fourth|fifth|sixth|\dth) (?:cycle|dose|infusion)|\bnext\b|calendar|schedule"
)


def dates(text: str, as_of: date) -> list[date]:
    """The dates of a text in its order; one without a year lies in the year of ``as_of``.

    Of `03/04/2027` the day comes first, unless it can only be the month.
    """
    found = []
    for match in _DATE.finditer(plain(text)):
        part = match.groupdict()
        day = next(part[f"d{n}"] for n in "1234" if part[f"d{n}"])
        month = next(part[f"m{n}"] for n in "1234" if part[f"m{n}"])
        year = int(next((part[f"y{n}"] for n in "1234" if part[f"y{n}"]), as_of.year))
        year += 2000 if year < 100 else 0
        numbers = (int(day), _MONTHS.index(month) + 1 if month.isalpha() else int(month))
        for d, m in (numbers, numbers[::-1]):
            try:
                found.append(date(year, m, d))
                break
            except ValueError:
                continue
    return found


def say_day(day: date) -> str:
    """A day as it is written here."""
    return f"{day.day} {day:%B %Y}"


def first_day(text: str, day: date) -> date:
    """Day 1 of the cycle of which a day is told: the day itself, or a week before it as day 8."""
    told = re.search(
        rf"(?:\bday|(?<![a-z])d) ?8\b(?: dose| infusion)?[^,;.?]{{0,24}}?(?:{_DATE.pattern})",
        plain(text),
    )
    before = plain(text)[: told.start()] if told else ""
    return day - timedelta(days=7) if told and not _DATE.search(before) else day


def calendar(asker: Asker, asked: Asked) -> Answer | None:
    """The days of a cycle and the next cycle of one drug, from the day of a dose."""
    from consilium.knowledge.giving import DoseSchedule  # noqa: PLC0415  only dates need it

    drugs = [d.partition(":")[2] for d in asked.named.of("drug")]
    found = dates(asked.question, asked.as_of)
    late = re.search(r"\b(?:late|delayed|postponed|instead|actually)\b", plain(asked.question))
    if len(found) == 2 and late:
        found = [max(found)]  # from the day on which it was given
    if len(drugs) != 1 or len(found) != 1 or not _WANTS_DATES.search(plain(asked.question)):
        return None
    if set(asked.facets) & {"approval", "pfs", "os", "status", "pregnancy"}:
        return None
    held = [
        g
        for g in asker.edition.giving.values()
        if isinstance(g, DoseSchedule)
        and g.drug == drugs[0]
        and g.every_days
        and g.id in asker.index.by_id
    ]
    if not held:
        return None
    told_weeks = re.search(r"\bq(\d)w\b|every (\d) weeks", plain(asked.question))
    if told_weeks:  # of several schedules the one that is named
        weeks = int(told_weeks[1] or told_weeks[2])
        held = [g for g in held if g.every_days == 7 * weeks] or held
    dose = held[0]
    day_1 = first_day(asked.question, found[0])
    parts = [f"day {n} on {say_day(day_1 + timedelta(days=n - 1))}" for n in dose.days if n > 1]
    every = timedelta(days=dose.every_days or 0)
    text = plain(asked.question)
    told = re.search(
        rf"(?:\b(?:cycle|c) ?(?P<n>\d{{1,2}})(?:d(?:ay)? ?\d{{1,2}})?|\b(?P<nth>{'|'.join(_ORDINALS)}) "
        rf"(?:cycle|course|dose|infusion))\b[^;?]{{0,40}}?(?:{_DATE.pattern})",
        text,
    )
    given = (int(told["n"]) if told["n"] else _ORDINALS[told["nth"]]) if told else 1
    bare = re.sub(r"(?<=c\d)(?=d\d)", " ", _DATE.sub(" ", text))
    days = {int(n) for n in re.findall(r"(?:\bday|(?<![a-z])d) ?(\d{1,2})\b", bare)}
    bare = re.sub(r"(?<![a-z])d(?:ay)? ?\d{1,2}\b", " ", bare)  # cycles alone
    others = {int(n) for list_ in _CYCLES.findall(bare) for n in re.findall(r"\d+", list_)}
    others |= {_ORDINALS[word] for word in _NTH.findall(bare)}
    later = sorted(n for n in others if given < n <= given + _MOST_CYCLES)
    wanted = sorted(n for n in dose.days if n > 1 and n in days)
    if later and (told or later != [2]):
        for n in later:
            start = day_1 + (n - given) * every
            parts.append(f"cycle {n} on {say_day(start)}")
            parts += [f"day {d} of it on {say_day(start + timedelta(days=d - 1))}" for d in wanted]
    else:
        parts.append(f"the next cycle on {say_day(day_1 + every)}")
    lead = f"With day 1 on {say_day(day_1)}: {', '.join(parts)}."
    return asker.make(
        asked,
        "computed",
        lead="Worked out from the schedule of the source; holding rules may move a dose.",
        computed=(Computed(lead, (dose.id,)),),
        statements=(Said.of(asker.index.by_id[dose.id]),),
        links=(Link("care", f"The whole calendar: consilium care {drugs[0]}"),),
        may_log=False,
    )


def interval(asker: Asker, asked: Asked) -> Answer | None:
    """Grade 1 interstitial lung disease: how long it took, held against the rule of the label."""
    text = plain(asked.question)
    if not {"interstitial-lung-disease"} & set(asked.facets) or "grade 1" not in text:
        return None
    drugs = [d.partition(":")[2] for d in asked.named.of("drug")]
    rules = [
        s
        for d in drugs
        for s in (asker.index.by_id.get(f"{d}-{who}-ild-grade-1") for who in ("us", "eu", "ch"))
        if s is not None
    ]
    found = dates(asked.question, asked.as_of)
    told = re.search(r"(?:in|after|within|took|for|lasted) (\d{1,3}) days", text)
    if not rules or (len(found) < 2 and not told):
        return None
    days = (found[1] - found[0]).days if len(found) > 1 else int(told[1]) if told else 0
    if days < 0:
        return None
    span = (
        f"From {say_day(found[0])} to {say_day(found[1])} are {days} days"
        if len(found) > 1
        else f"{days} days"
    )
    rule = rules[0]
    verdict = (
        "up to the 28 days of the rule: the same dose"
        if days <= 28
        else "more than the 28 days of the rule: reduce by one dose level"
    )
    dose = next(
        (asker.index.by_id[f"{d}-us-dose"] for d in drugs if f"{d}-us-dose" in asker.index.by_id),
        None,
    )
    uses = [rule, *([dose] if dose is not None else [])]
    return asker.make(
        asked,
        "computed",
        lead="A rule of the label applied to dates; no order for a patient.",
        computed=(Computed(f"{span}, {verdict}.", tuple(s.id for s in uses)),),
        statements=tuple(Said.of(s) for s in uses),
        links=(Link("care", f"Events and doses: consilium care {drugs[0]}"),),
        may_log=False,
    )


_WITHIN = re.compile(r"within (?:the )?(\d{1,2}|six|twelve|three) months")
_RELAPSE = "us-trastuzumab-deruxtecan-her2-low"


def relapse(asker: Asker, asked: Asked) -> Answer | None:
    """How long a relapse came after curative chemotherapy, held against the months asked for."""
    text = plain(asked.question)
    found = dates(asked.question, asked.as_of)
    limit = _WITHIN.search(text)
    rule = asker.index.by_id.get(_RELAPSE)
    if len(found) != 2 or limit is None or rule is None:
        return None
    if not re.search(r"adjuvant|curative|relaps|recur", text):
        return None
    months = {"three": 3, "six": 6, "twelve": 12}.get(limit[1]) or int(limit[1])
    begun, ended = found
    bound = _months_after(begun, months)
    said = "within" if ended <= bound else "not within"
    line = (
        f"From {say_day(begun)} to {say_day(ended)} are {(ended - begun).days} days: {said} "
        f"{months} months, which end on {say_day(bound)}."
    )
    return asker.make(
        asked,
        "computed",
        lead="Worked out from the dates given.",
        computed=(Computed(line, (rule.id,)),),
        statements=(Said.of(rule),),
        may_log=False,
    )


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + year, month + 1, min(day.day, last))
        except ValueError:
            continue
    return day
