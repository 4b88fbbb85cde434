"""`consilium plan` and `consilium examples`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import msgspec

from consilium.clinical.patient import PatientCase, PatientError
from consilium.errors import nearest
from consilium.guidance.standing import Answers
from consilium.intake import patient_from_mapping, read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import Plan, plan
from consilium.planning.known import understand
from consilium.planning.making import knowledge_of
from consilium.planning.naming import named


class Planned(msgspec.Struct):
    """A patient with the plan made for them."""

    case: PatientCase
    plan: Plan
    edition: Edition

    def show(self, format: str, *, why: str = "", full: bool = False) -> None:
        """Print the plan, or the trace of one option."""
        if why:
            _show_trace(self, why)
        elif format == "json":
            from consilium.report import to_json  # noqa: PLC0415

            sys.stdout.write(to_json(self.plan).decode())
        elif format == "markdown":
            from consilium.report import to_markdown  # noqa: PLC0415

            sys.stdout.write(to_markdown(self.plan, self.edition))
        elif format == "html":
            from consilium.report import to_html  # noqa: PLC0415

            sys.stdout.write(to_html(self.plan, self.edition))
        else:
            from consilium.cli.console import console  # noqa: PLC0415
            from consilium.report import document  # noqa: PLC0415
            from consilium.report.terminal import print_document  # noqa: PLC0415

            print_document(document(self.plan, self.edition, brief=not full), console())

    def draw(self, following: str, earlier: str) -> None:
        """Write what may follow, and what was given before, as pictures."""
        from consilium.report.figures import FigureError  # noqa: PLC0415  rarely asked
        from consilium.report.figures.choosing import sequence_of  # noqa: PLC0415
        from consilium.report.figures.lanes import patient_lanes  # noqa: PLC0415

        if earlier:
            patient_lanes(self.case, self.edition, self.plan.as_of).save(Path(earlier))
        if following:
            found = sequence_of(self.plan, self.edition)
            if found is None:
                raise FigureError("no option of this plan has a next line in the stored sources")
            found.save(Path(following))


def planned(
    data: bytes,
    edition: Edition,
    as_of: date,
    region: Region,
    changes: list[str],
    *,
    where: str,
    care_for: list[str],
) -> Planned:
    """Read a patient, apply `--set`, and plan."""
    case = read_patient(data, edition, where="standard input" if where == "-" else where)
    case = with_changes(case, changes, edition)
    care_for = [named(name, edition) for name in care_for]
    for name in care_for:
        if name not in edition.regimens:
            raise PatientError(f"no regimen is called `{name}`.{nearest(name, edition.regimens)}")
    made = plan(case, edition, as_of=as_of, region=region, care_for=care_for)
    return Planned(case, made, edition)


def with_changes(case: PatientCase, changes: list[str], edition: Edition) -> PatientCase:
    """The case with facts added or changed by ``fact=value``."""
    if not changes:
        return case
    said: dict[str, object] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise PatientError(
                f"`--set {change}` has no `=`; write `--set germline_brca=pathogenic`"
            )
        if name == "pd_l1_cps":
            said["pd_l1"] = {"score": "cps", "assay": "22c3", "value": _scalar(value)}
        else:
            said[name] = _scalar(value)
    changed = patient_from_mapping(said, edition, "--set")
    return msgspec.structs.replace(case, entered={**case.entered, **changed.entered})


def _scalar(text: str) -> object:
    if text.startswith("[") and text.endswith("]"):
        return [part.strip() for part in text[1:-1].split(",") if part.strip()]
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def show_examples(edition: Edition, as_of: str, region: Region | None) -> None:
    """Plan each bundled example patient."""
    from consilium.cli.console import console  # noqa: PLC0415
    from consilium.report import document  # noqa: PLC0415
    from consilium.report.terminal import print_document  # noqa: PLC0415

    out = console()
    for example in edition.cases():
        if example.example != "yes":
            continue
        day = date.fromisoformat(as_of) if as_of else example.as_of.last
        case = patient_from_mapping(example.patient, edition, example.id)
        made = plan(case, edition, as_of=day, region=region or example.region)
        out.print()
        out.rule(example.title or example.id, style="bold")
        print_document(document(made, edition, brief=True), out)


def _show_trace(made: Planned, name: str) -> None:
    from consilium.cli.console import console  # noqa: PLC0415
    from consilium.cli.tracing import print_traces  # noqa: PLC0415

    edition = made.edition
    known = list(edition.regimens)
    if name not in known:
        raise PatientError(f"no option is called `{name}`.{nearest(name, known)}")
    knowledge = knowledge_of(edition, date.fromisoformat(made.plan.as_of), Region(made.plan.region))
    answers = Answers(knowledge, understand(made.case, edition).patient)
    print_traces(name, answers, console())
