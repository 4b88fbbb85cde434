"""The report of a run: who gets what, who lacks which test, who would change, who fits a trial.

Counts below five are not printed, and where only one is left out of a list the next smallest
goes with it, so that no small group can be told from the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from consilium.knowledge.edition import Edition
from consilium.population.running import Settings, Summary

SMALLEST = 5
_SHOWN = 15


def hidden(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Counts with small ones hidden; one that alone is hidden takes the next smallest along."""
    small = [key for key, number in counts.items() if 0 < number < SMALLEST]
    if len(small) == 1:
        others = {k: n for k, n in counts.items() if n >= SMALLEST}
        if others:
            small.append(min(others, key=lambda key: others[key]))
    return {key: None if key in small else number for key, number in counts.items()}


def _said(number: int | None) -> str:
    return "< 5 or hidden" if number is None else f"{number:,}".replace(",", " ")


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def heading(self, text: str) -> None:
        self.lines += ["", f"## {text}", ""]

    def counts(self, head: str, counts: Mapping[str, int], names: Mapping[str, str] = {}) -> None:
        if not counts:
            self.lines.append("None.")
            return
        shown = hidden(counts)
        ordered = sorted(counts, key=lambda key: (-counts[key], key))
        self.lines += [f"| {head} | patients |", "|---|---:|"]
        self.lines += [f"| {names.get(key, key)} | {_said(shown[key])} |" for key in ordered]


def report(summary: Summary, settings: Settings, edition: Edition) -> str:
    """The report as Markdown."""
    out = _Writer()
    names = {name: regimen.name for name, regimen in edition.regimens.items()}
    facts = {name: record.phrase for name, record in edition.facts.items()}
    trials = {name: trial.names[0] for name, trial in edition.trials.items()}
    share = 1 - summary.computed / summary.planned if summary.planned else 0.0
    out.lines += [
        f"# Who would be given what: {settings.input}",
        "",
        f"As known on {settings.as_of}, region {settings.region}, edition {settings.edition} "
        f"({settings.edition_hash[:12]}). Educational, for health professionals; counts of what "
        "sources say of patients as recorded, not of what was or should be done.",
        "",
        f"{_said(summary.patients)} patients; {_said(summary.planned)} read and planned; "
        f"{100 * share:.1f} % of them shared the computation of another patient who is alike in "
        "every fact that a condition reads.",
    ]
    if settings.unread:
        out.lines += ["", f"Columns that were not read: {', '.join(settings.unread)}."]
    out.heading("No plan")
    out.counts("outside what the edition covers", summary.refused)
    out.lines.append("")
    out.counts("set aside, with the reason in the `set-aside` files", summary.aside)
    out.heading("Who gets what")
    out.lines += [
        f"Patients for whom no source takes a stance that holds for certain: "
        f"{_said(hidden({'n': summary.none_certain})['n'])}.",
        "",
        "Several regimens may be options for one patient.",
        "",
    ]
    _options(out, summary, names)
    out.heading("Who lacks which fact")
    out.lines += ["Only facts whose answer would change something for that patient.", ""]
    out.counts("missing", summary.gaps, facts)
    out.lines += ["", "The one to ask first:", ""]
    out.counts("first question", summary.first_gaps, facts)
    out.heading("Trials that may take or still follow patients")
    out.lines += ["Meets the entry criteria as recorded in the edition:", ""]
    out.counts("trial", summary.trials, trials)
    out.lines += ["", "Cannot be told, a fact is missing:", ""]
    out.counts("trial", summary.trials_possible, trials)
    if settings.compare_as_of or settings.compare_edition:
        then = settings.compare_as_of or settings.as_of
        out.heading(f"Who would change, from {then} to {settings.as_of}")
        if settings.compare_edition:
            out.lines += [f"Compared with edition {settings.compare_edition}.", ""]
        changed = hidden({"n": summary.changed})["n"]
        out.lines += [
            f"{_said(changed)} of {_said(summary.compared)} patients have other options, stances "
            "or labels.",
            "",
        ]
        for head, counts in (
            ("becomes an option", summary.gained),
            ("is no option any more", summary.lost),
            ("has another label status", summary.label_changed),
        ):
            out.counts(head, counts, names)
            out.lines.append("")
    return "\n".join(out.lines) + "\n"


def _options(out: _Writer, summary: Summary, names: Mapping[str, str]) -> None:
    totals = {name: sum(counts.values()) for name, counts in summary.options.items()}
    words = [w for w in _WORDS if any(w in counts for counts in summary.options.values())]
    out.lines += [
        f"| regimen | {' | '.join(_WORDS[w] for w in words)} | contraindicated |",
        f"|---|{'---:|' * (len(words) + 1)}",
    ]
    for name in sorted(totals, key=lambda key: (-totals[key], key)):
        shown = hidden({word: summary.options[name].get(word, 0) for word in words})
        forbidden = hidden({"n": summary.contraindicated.get(name, 0)})["n"]
        cells = [_said(shown[word]) for word in words]
        out.lines.append(f"| {names[name]} | {' | '.join(cells)} | {_said(forbidden)} |")


_WORDS = {
    "recommends": "recommended",
    "may_be_preferred": "may be preferred",
    "would_consider": "would be considered",
    "acceptable": "one can choose",
    "waiting": "once approved",
    "possible": "cannot be told",
    "label-only": "label alone",
}


def write_report(folder: Path, summary: Summary, settings: Settings, edition: Edition) -> None:
    """The report, its numbers with small cells hidden, and its figures."""
    (folder / "report.md").write_text(report(summary, settings, edition), encoding="utf-8")
    safe = {name: _hidden_in(getattr(summary, name)) for name in summary.__struct_fields__}
    encoded = msgspec.json.format(msgspec.json.encode(safe), indent=2)
    (folder / "report.json").write_bytes(encoded + b"\n")
    names = {name: regimen.name for name, regimen in edition.regimens.items()}
    facts = {name: record.phrase for name, record in edition.facts.items()}
    held = {
        names[name]: sum(n for word, n in counts.items() if word in _STANCES)
        for name, counts in summary.options.items()
    }
    _bars(folder / "figure-options.svg", held, "Patients for whom a source speaks for a regimen")
    lacks = {facts[name]: number for name, number in summary.gaps.items()}
    _bars(folder / "figure-gaps.svg", lacks, "Patients for whom a missing fact matters")


_STANCES = ("recommends", "may_be_preferred", "would_consider", "acceptable")


def _hidden_in(value: object) -> object:
    if isinstance(value, int):
        return None if 0 < value < SMALLEST else value
    if isinstance(value, dict) and all(isinstance(n, int) for n in value.values()):
        return hidden(value)
    return {k: _hidden_in(v) for k, v in value.items()} if isinstance(value, dict) else value


def _bars(path: Path, counts: Mapping[str, int], title: str) -> None:
    shown = {k: n for k, n in hidden(counts).items() if n}
    if not shown:
        return
    from matplotlib import rc_context  # noqa: PLC0415  only a report draws
    from matplotlib.figure import Figure  # noqa: PLC0415

    names = sorted(shown, key=lambda key: shown[key] or 0)[-_SHOWN:]
    with rc_context({"svg.fonttype": "none", "font.size": 10, "svg.hashsalt": "consilium"}):
        figure = Figure(figsize=(8, 0.8 + 0.34 * len(names)), layout="constrained")
        axes = figure.add_subplot()
        bars = axes.barh(names, [shown[name] or 0 for name in names], color="#0072B2", height=0.66)
        axes.bar_label(bars, [_said(shown[name]) for name in names], padding=4)
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xlim(0, max(shown[name] or 0 for name in names) * 1.15)
        axes.xaxis.set_visible(False)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        figure.savefig(path, metadata={"Date": None})
