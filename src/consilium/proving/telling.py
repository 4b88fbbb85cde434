"""A proof in words: for a terminal, for a review, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from consilium.proving.differences import Difference, PlanChange
from consilium.proving.findings import Finding, Patient, draft, plain
from consilium.proving.giving import CareJudged
from consilium.proving.proof import Proof
from consilium.rules.proving import Verdict

PROOF_SCHEMA = "consilium-proof/1"
DIFF_SCHEMA = "consilium-diff/1"


def completeness(proof: Proof) -> str:
    """What a proof is a proof of, said with every result."""
    waived = f"{proof.waivers} waiver{'' if proof.waivers == 1 else 's'} with reasons"
    return (
        f"Completeness is completeness of the {len(proof.scopes)} declared scopes "
        f"({', '.join(proof.scopes)}), minus {waived}; it is not completeness of medicine."
    )


def proof_text(proof: Proof, *, full: bool = False) -> Iterator[str]:
    """A proof as lines of text; ``full`` lists splits and what was explained too."""
    yield (
        f"Edition {proof.edition}: {proof.statements} conditions, {proof.questions} questions asked"
    )
    yield ""
    for finding in proof.open:
        yield from _finding(finding)
    counted = Counter(one.verdict for one in proof.claims)
    yield (
        f"{len(proof.claims)} claims about every patient: {counted[Verdict.PROVED]} proved, "
        f"{counted[Verdict.REFUTED]} refuted, {counted[Verdict.NOT_DECIDED]} not decided"
    )
    yield from _giving(proof.giving)
    for question in proof.undecided:
        yield f"not decided: {question}"
    yield (
        f"{len(proof.splits)} splits between sources, which are shown side by side and are no "
        f"contradictions; {proof.exceptions} contraindications that are exceptions to an indication"
    )
    for split in proof.splits if full else ():
        yield f"  {' against '.join(split.positions)}: {split.says}"
        if split.example is not None:
            yield f"    for example: {split.example.says}"
    agreeing = [one for one in proof.twin if one.agrees and not one.too_large]
    too_large = [one for one in proof.twin if one.too_large]
    cells = sum(one.cells for one in agreeing)
    yield (
        f"Enumeration of {cells} cells in {len(agreeing)} scopes agrees with the solver"
        + (f"; {len(too_large)} scopes are too large for it" if too_large else "")
    )
    for one in proof.twin:
        if not one.agrees:
            yield f"  NOT in `{one.scope}`: they differ on {one.says}"
    explained = proof.explained
    yield f"{len(explained)} findings are explained by {proof.waivers} lines in the edition"
    for finding in explained:
        yield f"  {finding.waiver}: {finding.says}"
        if full:
            yield f"    {finding.waived}"
            yield from (f"    {line}" for line in _example(finding.example))
    yield ""
    yield completeness(proof)
    yield (
        "Proved: nothing was found that the edition does not explain."
        if proof.holds
        else f"Not proved: {len(proof.open)} findings are open."
    )


def _giving(judged: tuple[CareJudged, ...]) -> Iterator[str]:
    refuted = [one for one in judged if one.verdict is not Verdict.PROVED]
    yield (
        f"{len(judged)} claims about giving drugs: {len(judged) - len(refuted)} proved, "
        f"{len(refuted)} refuted, over {sum(one.reports for one in judged)} reports, which are "
        "all that the statements tell apart"
    )
    for one in refuted:
        yield f"CLAIM  `{one.claim.id}` does not hold: {one.claim.says}"
        yield f"  {one.why}"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{finding.kind.value.upper()}  {finding.says}"
    yield from (f"  {line}" for line in _example(finding.example))
    for place in finding.where:
        yield f"  {place}"
    text = draft(finding)
    if text:
        yield "  as a case that fails today:"
        yield from (f"    {line}" for line in text.splitlines())
    yield ""


def _example(patient: Patient | None) -> Iterator[str]:
    if patient is not None:
        yield f"patient: {patient.says} ({patient.region.value}, {patient.day})"


def proof_json(proof: Proof) -> bytes:
    """A proof as JSON."""
    found = {
        "schema": PROOF_SCHEMA,
        "edition": proof.edition,
        "holds": proof.holds,
        "completeness": completeness(proof),
        "statements": proof.statements,
        "waivers": proof.waivers,
        "scopes": proof.scopes,
        "findings": [_as_data(finding) for finding in proof.findings],
        "claims": [
            {"id": one.claim.id, "says": one.claim.says, "verdict": one.verdict.value}
            for one in proof.claims
        ],
        "giving": [
            {
                "id": one.claim.id,
                "says": one.claim.says,
                "verdict": one.verdict.value,
                "reports": one.reports,
                "why": one.why,
            }
            for one in proof.giving
        ],
        "splits": [
            {
                "positions": split.positions,
                "says": split.says,
                "example": _patient(split.example),
            }
            for split in proof.splits
        ],
        "exceptions": proof.exceptions,
        "enumeration": proof.twin,
        "undecided": proof.undecided,
        "questions": proof.questions,
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2)


def _as_data(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "statements": finding.statements,
        "says": finding.says,
        "where": finding.where,
        "example": _patient(finding.example),
        "plan_shows": [plain(one) for one in finding.seen],
        "plan_does_not_show": [plain(one) for one in finding.unseen],
        "draft": draft(finding),
        "waiver": finding.waiver,
        "waived": finding.waived,
    }


def _patient(patient: Patient | None) -> dict[str, object] | None:
    if patient is None:
        return None
    return {
        "says": patient.says,
        "patient": patient.facts,
        "region": patient.region.value,
        "as_of": patient.day.isoformat(),
    }


# --- differences ------------------------------------------------------------------------------


def _complete(found: Difference) -> str:
    if found.complete:
        return (
            "Complete: it is proved that every patient who meets none of these changes has the "
            "same positions, options, labels and approvals, care rules, scopes, trials and results "
            "on both sides, in the same words."
        )
    left = "; ".join(found.undecided) or "patients were found whose change is not listed"
    return f"NOT complete: {left}."


def _regions(change: PlanChange) -> str:
    return ", ".join(region.value for region in change.regions)


def difference_text(found: Difference) -> Iterator[str]:
    """A difference as lines of text."""
    yield f"{found.old} -> {found.new}"
    yield ""
    yield f"{len(found.statements)} statements differ"
    for one in found.statements:
        where = f" ({', '.join(one.regions)})" if one.regions else ""
        says = f": {one.says}" if one.says else ""
        yield f"  {one.kind} {one.statement}{where} {one.how}{says}"
    yield ""
    yield f"{len(found.changes)} kinds of change in the plans"
    for change in found.changes:
        yield f"  {change.kind}  {change.says} ({_regions(change)})"
        if change.example is not None:
            yield f"      smallest patient: {change.example.says}"
    yield ""
    yield _complete(found)


def difference_markdown(found: Difference) -> Iterator[str]:
    """A difference for a review."""
    yield f"# {found.old} to {found.new}"
    yield ""
    yield f"## Statements ({len(found.statements)})"
    yield ""
    for one in found.statements:
        where = f" ({', '.join(one.regions)})" if one.regions else ""
        says = f": {one.says}" if one.says else ""
        yield f"- {one.kind} `{one.statement}`{where} {one.how}{says}"
    yield ""
    yield f"## Patients whose plan differs ({len(found.changes)} kinds of change)"
    yield ""
    yield "| what | from | to | regions | smallest patient |"
    yield "|---|---|---|---|---|"
    for change in found.changes:
        says = change.example.says if change.example else ""
        yield (
            f"| {change.kind}: {change.about} | {change.before} | {change.after} "
            f"| {_regions(change)} | {says.replace('|', '/')} |"
        )
    yield ""
    yield _complete(found)


def difference_json(found: Difference) -> bytes:
    """A difference as JSON."""
    data = {
        "schema": DIFF_SCHEMA,
        "old": found.old,
        "new": found.new,
        "complete": found.complete,
        "statements": found.statements,
        "changes": [
            {
                "kind": change.kind,
                "about": change.about,
                "before": change.before,
                "after": change.after,
                "regions": change.regions,
                "example": _patient(change.example),
            }
            for change in found.changes
        ],
        "undecided": found.undecided,
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2)
