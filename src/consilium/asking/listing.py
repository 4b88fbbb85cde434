"""Trials that a question asks to be listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from consilium.asking.answer import Answer, Computed, Said
from consilium.asking.statements import Statement
from consilium.asking.words import plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker


def _gained(statement: Statement) -> bool:
    """Whether a result says that the experimental arm did better, and with certainty."""
    if re.search(r"immature|not reached|subgroup|superseded", statement.text):
        return False
    if re.search(r"significantly improved|improved .* with statistical", statement.text):
        return True
    found = re.search(r"\(HR\) (\d\.\d+) \(95 % CI \d\.\d+ to (\d\.\d+)\)", statement.text)
    return found is not None and float(found[2]) < 1


_PHASES = {"i": "1", "ii": "2", "iii": "3"}


def listed(asker: Asker, asked: Asked) -> Answer | None:
    text = plain(asked.question)
    if re.match(r"(?:given|since|because|as|considering|now that|knowing)\b", text):
        return None
    lists = re.search(
        r"\b(?:which|what|list|name|all|how many|enumerate|give me|are there(?: any)?|any)\b.{0,50}\b(?:trials|studies|trial (?:ids?|numbers|identifiers)|ncts)\b|^(?:ongoing |all |the )?(?:phase \w+ )?(?:trials|studies) (?:are|were|is|of|with|on|in|that|testing|investigating|mentioned|named|discussed)",
        text,
    )
    one = re.search(r"\b(?:which|what) (?:trial|study)\b.*\b(?:improv|beat|prolong|won\b)", text)
    if not (lists or one) or len(asked.named.of("trial")) > 0:
        return None
    phase = re.search(r"phase[ -]?(iii|ii|i|[123])\b", text)
    rows = []
    asks = set(asked.facets)
    wanted = {e for e in asked.named.entities if e.startswith(("drug:", "class:"))} - {
        "class:chemotherapy"
    }
    for trial in asker.edition.contents.trials:
        own = [
            asker.index.by_id[i]
            for i in asker.index.by_entity.get(f"trial:{trial.id}", ())
            if asker.holds(asker.index.by_id[i], asked)
        ]
        identity = next(
            (s for s in own if s.kind == "trial" and {"phase", "nct"} & set(s.facets)), None
        )
        if identity is None or trial.kind in ("cohort", "benchmark-set"):
            continue
        if "sequence" in asks and not any("sequence" in s.facets for s in own if s.kind == "trial"):
            continue
        if phase and trial.phase != _PHASES.get(phase[1], phase[1]):
            continue
        about = {e for s in own if s.kind != "position" for e in s.about}
        if wanted and not wanted & about:
            continue
        if not wanted <= about and len(wanted) > 1 and " or " not in text:
            continue
        ongoing = re.search(
            r"\bongoing|recruit|running|under ?way|in progress|active|no results|not (?:yet )?report",
            text,
        )
        if (
            ongoing
            and not re.search(r"completed|finished|reported ones|\ball\b", text)
            and trial.kind != "trial-in-progress"
            and not ("ongoing" in identity.text and asked.scope == "activity")
        ):
            continue
        said = plain(trial.population.says + " " + identity.text)
        if re.search(r"triple|tnbc", text) and not re.search(r"triple|tnbc", said):
            continue
        if re.search(r"hormone|\bhr\b ?\+?|hr-pos|luminal|er[ -]?pos|er\+", text) and not re.search(
            r"hormone|hr\+|luminal|oestrogen", said
        ):
            continue
        if re.search(r"first[- ]line|untreated|frontline|1l\b", text) and not re.search(
            r"first-line|untreated|no systemic|not? .{0,20}(?:earlier )?(?:systemic )?treat",
            said,
        ):
            continue
        if "crossover" in asked.facets:
            crossing = [s for s in own if "crossover" in s.facets and s.kind == "trial"]
            refuses = re.search(r"\bnot\b|n't|without|no crossover|forb", text) is not None
            crossing = [
                s
                for s in crossing
                if ("did not allow" in s.text) == refuses and s.facets[:1] == ("crossover",)
            ]
            if not crossing:
                continue
            identity = crossing[0]
        if "maturity" in asked.facets:
            unripe = [
                s for s in own if "os" in s.facets and re.search("immature|not reached", s.text)
            ]
            if not unripe:
                continue
            identity = unripe[0]
        better = re.search(
            r"\bimprov|\bbenefit|\bprolong|\blonger|\bbetter|\bbeat|\bwon\b|positive for|\bmet\b",
            text,
        )
        if better and asks & {"pfs", "os"}:
            gained = [
                s
                for s in own
                if s.kind == "result" and asks & {"pfs", "os"} <= set(s.facets) and _gained(s)
            ]
            if not gained:
                continue
            identity = next((s for s in gained if s.head), gained[0])
        if "presenter" in asked.facets or re.search(r"presented at", text):
            shown = [s for s in own if "presenter" in s.facets]
            if not shown:
                continue
            identity = shown[0]
        rows.append((trial.names[0], identity))
    if not rows:
        return None
    names = [name for name, _ in rows]
    count = f"{len(names)} in the stored sources" + (
        " of this page" if asked.scope == "activity" else ""
    )
    return asker.make(
        asked,
        "answer",
        statements=tuple(Said.of(s) for _, s in rows[:5]),
        computed=(Computed(f"{count}: {', '.join(names)}.", tuple(s.id for _, s in rows)),),
        related=tuple(Said.of(s) for _, s in rows[5:]),
    )
