"""What `cohort` writes of one patient: options with stances and labels, cautions, trials, cover.

Made from the answers to all statements alone; patients with the same answers share
one sheet. The words, the links and the figures of a plan are left to `plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilium.evidence.trials import Trial
from consilium.guidance.labels import LabelStatus, label_status
from consilium.guidance.standing import Answers, Knowledge, Standing
from consilium.guidance.voices import FAVOURABLE, Voice
from consilium.knowledge.records import CareRule
from consilium.planning.making import OPEN_TRIALS
from consilium.planning.options import certainty_of, ruled_out
from consilium.rules.answering import AnswerTable
from consilium.rules.answers import NO, UNKNOWN, YES, Answer

_WORDS: tuple[Answer, Answer, Answer] = (UNKNOWN, YES, NO)
_CERTAINTIES = ("certain", "extension", "waiting", "possible", "label-only")
_CARE = "care:"
_KINDS = ("contraindication", "caution", "check-first", "note")


class SheetOption(NamedTuple):
    """One regimen as `plan` has it: ``cautions`` are ``kind:rule``, with ``?`` when open."""

    regimen: str
    certainty: str
    stance: str
    label: str
    positions: tuple[str, ...]
    contraindicated: bool
    cautions: tuple[str, ...]


class Sheet(NamedTuple):
    """All that is written of patients with the same answers."""

    refused: str
    cover: tuple[str, ...]
    options: tuple[SheetOption, ...]
    against: tuple[str, ...]
    trials: tuple[str, ...]
    trials_possible: tuple[str, ...]


class _Told(Answers):
    """Answers that are known already."""

    def __init__(self, knowledge: Knowledge, told: Mapping[str, Answer]) -> None:
        self.knowledge = knowledge
        self._told = told

    def settle(self, key: str) -> Answer:
        return self._told[key]


def statements_shown(knowledge: Knowledge) -> tuple[str, ...]:
    """The statements that a sheet rests on: all but those that choose figures to show."""
    return tuple(key for key in knowledge.conditions if not key.startswith("result:"))


class Sheets:
    """Makes sheets from answers, each distinct one once."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, self.edition = knowledge, knowledge.edition
        self.ids = statements_shown(knowledge)
        self._choosing = len(knowledge.choosing)
        self._kept: dict[bytes, tuple[tuple[str, str, str, str, tuple[str, ...]], ...]] = {}
        self._care_kept: dict[tuple[str, bytes], tuple[bool, tuple[str, ...]]] = {}
        self._options: dict[SheetOption, SheetOption] = {}

    @cached_property
    def regimens(self) -> tuple[str, ...]:
        """Every regimen that a position or an approval names."""
        named: dict[str, None] = {}
        for position in self.knowledge.positions:
            named |= dict.fromkeys(position.regimens)
        for approval in self.knowledge.approvals:
            named |= dict.fromkeys(approval.regimens)
        return tuple(named)

    @cached_property
    def _care(self) -> dict[str, tuple[tuple[int, CareRule], ...]]:
        """The rules of each regimen's drugs with their places among the answers."""
        places = {key: place for place, key in enumerate(self.ids)}
        return {
            regimen: tuple(
                (places[f"care:{rule.id}"], rule)
                for rule in self.knowledge.care
                if rule.drug in self.edition.drugs_of(regimen)
            )
            for regimen in self.regimens
        }

    def sheet(self, codes: bytes) -> Sheet:
        """The sheet of patients with these answers, one code for each statement."""
        told = {key: _WORDS[code] for key, code in zip(self.ids, codes, strict=True)}
        for exclusion in self.edition.contents.scopes.exclusions:
            if told[f"exclusion:{exclusion.id}"] is YES:
                return Sheet(exclusion.id, (), (), (), (), ())
        chosen = codes[: self._choosing]
        if chosen not in self._kept:
            self._kept[chosen] = self._choices(_Told(self.knowledge, told))
        options = []
        for regimen, certainty, stance, label, positions in self._kept[chosen]:
            forbidden, cautions = self._cautions(regimen, codes)
            option = SheetOption(regimen, certainty, stance, label, positions, forbidden, cautions)
            # sheets differ far more often than options do, and a registry has many sheets
            options.append(self._options.setdefault(option, option))
        options.sort(key=lambda option: option.contraindicated)
        fits = {t.id: told[f"trial:{t.id}"] for t in self.knowledge.trials if _is_open(t)}
        return Sheet(
            "",
            tuple(
                scope.id
                for scope in self.edition.contents.scopes.scopes
                if told[f"scope:{scope.id}"] is YES
            ),
            tuple(options),
            tuple(
                p.id
                for p in self.knowledge.positions
                if p.stance.value == "advises_against" and told[f"position:{p.id}"] is YES
            ),
            tuple(name for name, fit in fits.items() if fit is YES),
            tuple(name for name, fit in fits.items() if fit is UNKNOWN),
        )

    def forget_what_no_sheet_shows(self, codes: NDArray[np.int8]) -> None:
        """Set the answers to care rules of regimens that are no option to one and the same."""
        if not len(codes):
            return
        care = [place for place, key in enumerate(self.ids) if key.startswith(_CARE)]
        chosen = np.ascontiguousarray(codes[:, : self._choosing])
        keys = chosen.view(f"S{self._choosing}").reshape(-1)
        _, firsts, inverse = np.unique(keys, return_index=True, return_inverse=True)
        shown = np.zeros((len(firsts), len(self.ids)), np.bool_)
        for row, first in enumerate(firsts):
            for option in self.sheet(codes[first].tobytes()).options:
                shown[row, [place for place, _ in self._care[option.regimen]]] = True
        codes[:, care] *= shown[:, care][inverse.reshape(-1)]

    def _choices(self, answers: _Told) -> tuple[tuple[str, str, str, str, tuple[str, ...]], ...]:
        labels = {name: label_status(name, answers) for name in self.regimens}
        speaking = self._voices(answers, labels)
        found = []
        for name, label in labels.items():
            own = tuple(v for v in speaking if name in v.regimens and v.stance in FAVOURABLE)
            if not own and label not in (LabelStatus.APPROVED, LabelStatus.CANNOT_TELL):
                continue
            held = [voice for voice in own if voice.holds]
            heard = [v for v in own if v.holds or v.standing is Standing.CANNOT_TELL]
            if not heard and label not in (LabelStatus.APPROVED, LabelStatus.CANNOT_TELL):
                continue
            strongest = min(held or own, key=lambda v: FAVOURABLE.index(v.stance), default=None)
            found.append(
                (
                    name,
                    certainty_of(name, own),
                    strongest.stance.value if strongest else "",
                    label.value,
                    tuple(voice.position for voice in held),
                )
            )
        stances = ["", *(stance.value for stance in reversed(FAVOURABLE))]
        found.sort(
            key=lambda o: (
                _CERTAINTIES.index(o[1]),
                -stances.index(o[2]),
                o[3] != "approved",
                o[0],
            )
        )
        return tuple(found)

    def _voices(self, answers: _Told, labels: Mapping[str, LabelStatus]) -> list[Voice]:
        """The positions that matter to one patient, without their words."""
        found = []
        for position in self.knowledge.positions:
            standing = answers.standing(position)
            if standing is not Standing.DOES_NOT_APPLY:
                waiting = position.premise == "approved"
                found.append(
                    Voice(
                        position=position.id,
                        who=position.who,
                        name="",
                        kind="",
                        stance=position.stance,
                        standing=standing,
                        regimens=position.regimens,
                        over=(),
                        reasons=(),
                        because=(),
                        since="",
                        waiting=tuple(
                            name
                            for name in position.regimens
                            if waiting and labels[name] is not LabelStatus.APPROVED
                        ),
                    )
                )
        return found

    def _cautions(self, regimen: str, codes: bytes) -> tuple[bool, tuple[str, ...]]:
        rules = self._care[regimen]
        key = (regimen, bytes(codes[place] for place, _ in rules))
        kept = self._care_kept.get(key)
        if kept is None:
            kept = self._care_kept[key] = self._cautions_of(regimen, codes)
        return kept

    def _cautions_of(self, regimen: str, codes: bytes) -> tuple[bool, tuple[str, ...]]:
        alternatives = bool(self.edition.regimens[regimen].any_of)
        found = []
        forbidden: set[str] = set()
        for place, rule in self._care[regimen]:
            code = codes[place]
            open_ = code == AnswerTable.UNKNOWN
            stands = rule.kind == "contraindication" and not open_
            if code == AnswerTable.NO or (open_ and rule.kind == "note"):
                continue
            if stands:
                forbidden.add(rule.drug)
            if stands or not alternatives:
                found.append((_KINDS.index(rule.kind), open_, f"{rule.kind}:{rule.id}"))
        found.sort(key=lambda part: part[:2])
        words = tuple(f"{name}?" if open_ else name for _, open_, name in found)
        drugs = self.edition.drugs_of(regimen)
        return ruled_out(drugs, forbidden, alternatives=alternatives), words


def _is_open(trial: Trial) -> bool:
    return trial.status.value in OPEN_TRIALS
