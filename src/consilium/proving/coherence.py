"""What is true of everybody whose earlier treatment was counted from one list.

A patient may be entered by verdicts that no list of therapies would give
together; a proof covers such patients too. An example is chosen among the
others where it can be, because it is to be read by a clinician.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consilium.knowledge.edition import Edition
from consilium.rules.proving import Formula, Prover


def coherent(edition: Edition, prover: Prover) -> Formula:
    """The formula that is true of patients as a list of therapies would give them."""
    return prover.logic.every(*_Coherence(edition, prover).formulas())


class _Coherence:
    def __init__(self, edition: Edition, prover: Prover) -> None:
        self.edition, self.prover, self.logic = edition, prover, prover.logic
        self.facts = edition.model.facts

    def formulas(self) -> Iterator[Formula]:
        yield from self._drugs()
        yield from self._counts()
        yield from self._lines()
        yield from self._person()

    def _implies(self, one: Formula, other: Formula) -> Formula:
        return self.logic.some(self.logic.no(one), other)

    def _known(self, *facts: str) -> bool:
        return all(fact in self.facts for fact in facts)

    def _is(self, fact: str, value: str) -> Formula:
        return self.prover.has(fact, value)

    def _includes(self, fact: str, members: Iterable[str]) -> Formula:
        return self.logic.some(*(self.prover.includes(fact, member) for member in members))

    def _drugs(self) -> Iterator[Formula]:
        """Classes, targets and payloads are those of the drugs given, and no others."""
        if not self._known("prior_drugs"):
            return
        profiles = self.edition.profiles
        for fact in ("progressed_on", "not_tolerated"):
            if self._known(fact):
                for drug in profiles:
                    given = self.prover.includes("prior_drugs", drug)
                    yield self._implies(self.prover.includes(fact, drug), given)
        for fact, members_of in (
            ("prior_classes", lambda p: p.classes),
            ("prior_adc_targets", lambda p: {p.target} - {""}),
            ("prior_payload_classes", lambda p: {p.payload_class} - {""}),
        ):
            if not self._known(fact):
                continue
            for member in getattr(self.facts[fact].kind, "values", ()):
                drugs = [d for d, profile in profiles.items() if member in members_of(profile)]
                yield self.prover.includes(fact, member) == self._includes("prior_drugs", drugs)
        for fact, name in (
            ("prior_chemotherapy", "chemotherapy"),
            ("prior_endocrine_therapy", "endocrine-therapy"),
        ):
            if self._known(fact, "prior_classes"):
                yield self._is(fact, "yes") == self.prover.includes("prior_classes", name)
        if self._known("prior_checkpoint_inhibitor", "prior_classes"):
            settings = getattr(self.facts["prior_checkpoint_inhibitor"].kind, "values", ())
            given = self.prover.includes("prior_classes", "checkpoint-inhibitor")
            yield given == self._includes("prior_checkpoint_inhibitor", settings)

    def _counts(self) -> Iterator[Formula]:
        if not self._known("prior_systemic_therapies", "prior_drugs", "prior_lines"):
            return
        every = self.prover.number("prior_systemic_therapies")
        lines = self.prover.number("prior_lines")
        drugs = [self.prover.includes("prior_drugs", d) for d in self.edition.profiles]
        yield every >= lines
        yield (every >= 1) == self.logic.some(*drugs)
        if self._known("presentation"):
            yield self._implies(self._is("presentation", "de-novo"), every == lines)
        if self._known("prior_checkpoint_inhibitor"):
            curative = self.prover.includes("prior_checkpoint_inhibitor", "curative")
            yield self._implies(curative, every > lines)

    def _lines(self) -> Iterator[Formula]:
        if not self._known("prior_lines"):
            return
        lines = self.prover.number("prior_lines")
        if self._known("line"):
            yield self.prover.number("line") == lines + 1
        for fact in ("prior_chemotherapy_lines", "prior_endocrine_lines"):
            if self._known(fact):
                yield self.prover.number(fact) <= lines
        if self._known("prior_endocrine_lines", "prior_nonendocrine_lines"):
            endocrine = self.prover.number("prior_endocrine_lines")
            others = self.prover.number("prior_nonendocrine_lines")
            yield endocrine + others == lines
        if self._known("prior_chemotherapy_lines", "prior_nonendocrine_lines"):
            chemotherapy = self.prover.number("prior_chemotherapy_lines")
            yield chemotherapy <= self.prover.number("prior_nonendocrine_lines")
        if self._known("setting"):
            yield self._implies(self._is("setting", "early"), lines == 0)

    def _person(self) -> Iterator[Formula]:
        no = self.logic.no
        if self._known("sex", "pregnancy", "breastfeeding"):
            male = self._is("sex", "male")
            yield self._implies(male, no(self._is("pregnancy", "pregnant")))
            yield self._implies(male, no(self._is("breastfeeding", "yes")))
        if self._known("menopausal_status", "pregnancy"):
            after = self._is("menopausal_status", "postmenopausal")
            yield self._implies(after, no(self._is("pregnancy", "pregnant")))
        if self._known("ild_grade_on_deruxtecan", "prior_drugs"):
            given = [d for d in self.edition.profiles if d.endswith("-deruxtecan")]
            grade = self.prover.number("ild_grade_on_deruxtecan")
            yield self._implies(grade >= 1, self._includes("prior_drugs", given))
        if self._known("primary_cancer"):
            yield self._is("primary_cancer", "breast")
        if self._known("age"):
            yield self.prover.number("age") >= 18
