"""Plain questions made from every statement of the store, and whether it comes back.

A question asks for a facet of a thing by name, as somebody would who had not
seen the statement. It is met when the answer shows the statement, or all the
figures of it. Run `python -m tests.ask.sweep [kind]` for what is not met.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator

from tests.ask.scoring import DAY, said

from consilium.asking import Asker
from consilium.asking.statements import Statement
from consilium.asking.words import numbers
from consilium.knowledge.edition import Edition

_OF_TRIALS = {
    "population": ("Who was enrolled in {trial}?", "{trial} patient population"),
    "eligibility": ("eligibility criteria of {trial}",),
    "arms": ("What was compared in {trial}?", "{trial} treatment arms", "control arm of {trial}"),
    "n": ("How many patients were in {trial}?", "{trial} number of patients per arm"),
    "crossover": ("Could patients cross over in {trial}?", "{trial} crossover rule"),
    "status": ("What is the status of {trial}?",),
    "identity": ("Which phase is {trial}?", "What kind of study is {trial}?"),
    "design": ("How was {trial} designed?", "Was {trial} open label?"),
}
_ENDPOINTS = {
    "pfs": ("PFS", "progression-free survival"),
    "os": ("OS", "overall survival"),
    "orr": ("ORR", "response rate"),
    "dor": ("DoR", "duration of response"),
    "pfs2": ("PFS2",),
    "tfst": ("time to first subsequent therapy",),
    "tsst": ("time to second subsequent therapy",),
    "treatment-duration": ("duration of treatment",),
}
_HARMS = {
    "discontinuation-for-adverse-event": ("discontinuations for adverse events",),
    "dose-reduction-for-adverse-event": ("dose reductions",),
    "dose-interruption-for-adverse-event": ("dose interruptions",),
    "serious-adverse-event": ("serious adverse events", "SAE rate"),
    "any-adverse-event": ("adverse events",),
    "treatment-related-death": ("treatment-related deaths",),
    "interstitial-lung-disease": ("ILD", "pneumonitis"),
    "febrile-neutropenia": ("febrile neutropenia",),
    "ocular-surface-event": ("ocular surface events",),
}
_OF_DRUGS = {
    "payload": ("What is the payload of {drug}?", "{drug} warhead"),
    "linker": ("{drug} linker",),
    "target": ("What does {drug} target?",),
    "dar": ("DAR of {drug}", "drug-to-antibody ratio {drug}"),
    "maker": ("Who makes {drug}?",),
    "route": ("How is {drug} given?",),
    "names": ("What is the brand name of {drug}?",),
    "bystander": ("Does {drug} have a bystander effect?",),
}


def asked(asker: Asker, s: Statement) -> Iterator[str]:
    """Questions that a statement answers."""
    edition = asker.edition
    trials = [a.partition(":")[2] for a in s.about if a.startswith("trial:")]
    named = asker.names.table
    key = s.id.rpartition("/")[2]
    if s.kind == "drug" and s.page.startswith("drug/"):
        drug = edition.drugs[s.id.partition("/")[0]]
        name = drug.short or drug.name
        for form in _OF_DRUGS.get(key, ()):
            yield form.format(drug=name)
        return
    if s.kind == "care" and not s.activity:
        drug_id = next((a for a in s.about if a.startswith("drug:")), "")
        if not drug_id:
            return
        drug = edition.drugs[drug_id.partition(":")[2]]
        name = drug.short or drug.name
        head, _, says = s.text.partition("): ")
        label = head.rpartition("(")[2]
        where = f" by the {label}" if "label" in label else ""
        condition, colon, _ = says.partition(":")
        if s.facets[1] in ("organ-impairment", "event", "caution") and colon:
            yield f"{name} {condition}{where}: what to do?"
        elif s.facets[1] == "dose":
            yield f"recommended dose of {name}{where}"
        elif s.facets[1] == "infusion":
            yield f"how long is {name} infused{where}?"
        elif s.facets[1] == "reproduction":
            yield f"contraception after {name}{where}"
        return
    if s.kind == "approval" and s.head:
        drugs = [a for a in s.about if a.startswith("drug:")]
        name = " plus ".join(
            edition.drugs[d.partition(":")[2]].short or edition.drugs[d.partition(":")[2]].name
            for d in drugs
        )
        what = (
            "triple-negative" if "tnbc" in s.facets
            else "hormone-receptor-positive" if "hr-positive" in s.facets
            else s.text.rpartition(": ")[2].split(",")[0]
        )  # fmt: skip
        line = " first line" if "first line" in s.text else ""
        yield f"When was {name} approved in the {s.regions[0]} for {what}{line} disease?"
        return
    if not trials or edition.trials[trials[0]].kind in ("cohort", "benchmark-set"):
        return
    trial = edition.trials[trials[0]].names[0]
    assert any(e == f"trial:{trials[0]}" for e in named.values())
    if s.kind == "trial" and s.id.startswith(f"{trials[0]}/"):
        for form in _OF_TRIALS.get(key, ()):
            yield form.format(trial=trial)
        if "stratified by" in s.text:
            yield f"stratification factors in {trial}"
        if key.startswith("mix-"):
            yield f"Which chemotherapy was used in the control arm of {trial}, and how often?"
        if key.startswith(("fact-", "conflict-")) and "says" not in key:
            about = s.text.split(", ", 1)[1].split(":", 1)[0].replace("sources differ on ", "")
            yield f"{trial}: {about}?"
    elif s.kind == "gap":
        yield f"{s.text.rsplit(': ', 1)[-1].rstrip('.')} in {trial}?"
    elif s.kind == "result" and not s.activity:
        for name in _ENDPOINTS.get(s.facets[0], ()) or _ENDPOINTS.get(
            next((f for f in s.facets if f in _ENDPOINTS), ""), ()
        ):
            if s.head and not s.group:
                yield f"What was the {name} in {trial}?"
                if "hr" in s.facets:
                    yield f"{trial} {name} hazard ratio with CI"
            elif s.group:
                group = re.sub(r"\(.*?\)|subgroup ", "", s.group)
                yield f"{name} in {trial} in the {group} subgroup"
            elif "investigator" in s.text:
                yield f"investigator-assessed {name} in {trial}"
    elif s.kind == "harm":
        term = s.facets[1]
        for name in _HARMS.get(term, (term.replace("-", " "),)):
            grade = (
                "grade 3 or worse " if "grade 3 or worse" in s.text
                else "grade 3-4 " if "grade 3-4" in s.text
                else "any grade " if "any grade" in s.text else ""
            )  # fmt: skip
            group = f" in {s.group.split(', ')[-1]}" if s.group else ""
            rate = "exposure-adjusted " if "exposure" in s.text else ""
            yield f"{rate}{grade}{name} rate in {trial}{group}"


def met(s: Statement, answer: object) -> bool:
    """Whether an answer holds what a statement says."""
    if s.kind == "gap":
        return answer.kind == "not-in-sources"  # type: ignore[attr-defined]
    if any(shown.id == s.id for shown in answer.statements):  # type: ignore[attr-defined]
        return True
    figures = set(numbers(s.text.partition(": ")[2]))
    return bool(figures) and figures <= set(numbers(said(answer)))  # type: ignore[arg-type]


def swept(asker: Asker, every: int = 1) -> Iterator[tuple[Statement, str, bool, object]]:
    """Statements with each of their questions, whether it was met, and the answer.

    With ``every`` only one statement in so many is asked for.
    """
    for s in list(asker.index.by_id.values())[::every]:
        if s.until and s.until <= DAY.isoformat():
            continue
        for question in dict.fromkeys(asked(asker, s)):
            answer = asker.ask(question, as_of=DAY)
            yield s, question, met(s, answer), answer


if __name__ == "__main__":
    total: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for statement, question, fine, answer in swept(Asker(Edition.bundled())):
        total[statement.kind] += 1
        good[statement.kind] += fine
        if not fine and statement.kind in sys.argv[1:]:
            print(f"{statement.id} | {question}\n    wants {statement.text[:140]}")
            print(f"    {answer.kind} {answer.reason} {said(answer)[:240]!r}")  # type: ignore
    for kind in total:
        print(kind, good[kind], "of", total[kind], round(good[kind] / total[kind], 3))
    print("all", sum(good.values()), "of", sum(total.values()))
