"""The decision of one scope as a diagram, from the conditions themselves.

Each question parts the patients of the scope; each end says who takes what
stance on what. Ends that say the same are one, and a question that changes
nothing is left out, so that a scope fits on one page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import count
from textwrap import wrap

import msgspec

from consilium.guidance.standing import extensions
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Position, Scope, Stance
from consilium.proving.calendar import Moment
from consilium.proving.cells import known_of, told_apart
from consilium.proving.subject import Subject
from consilium.rules.answering import answer
from consilium.rules.answers import NO, YES
from consilium.rules.conditions import AnyOf, Condition, Test, facts_in, tests_in
from consilium.rules.facts import Known, NumberKind, OneOf
from consilium.rules.proving import Formula, settled
from consilium.rules.say import say_known, say_test

_VERBS = {
    Stance.RECOMMENDS: "recommends",
    Stance.MAY_BE_PREFERRED: "may prefer",
    Stance.WOULD_CONSIDER: "would consider",
    Stance.ACCEPTABLE: "accepts",
    Stance.DEPENDS_ON: "leaves open",
    Stance.ONLY_IN_TRIAL: "only in a trial",
    Stance.ADVISES_AGAINST: "advises against",
}


class End(msgspec.Struct, frozen=True):
    """What is said of the patients who get here."""

    lines: tuple[str, ...]


class Question(msgspec.Struct, frozen=True):
    """A fact that parts the patients, with what follows from each answer."""

    asks: str
    branches: tuple[tuple[str, End | Question], ...]


Node = End | Question


class Drawing(msgspec.Struct, frozen=True):
    """The decision of a scope, with its title: one tree, or one for each source and regimen."""

    title: str
    roots: tuple[tuple[str, Node], ...]


def draw(edition: Edition, scope: Scope, moment: Moment) -> Drawing:
    """The decision of a scope in one region on one day.

    Where what the sources say together has more ends than fit on a page, what
    each of them says of a regimen is drawn on its own.
    """
    return _Drawing(edition, scope, moment).drawing()


class _Drawing:
    def __init__(self, edition: Edition, scope: Scope, moment: Moment) -> None:
        self.edition, self.scope, self.moment = edition, scope, moment
        self.model = edition.model
        self.subject = Subject(edition)
        self.prover, self.logic = self.subject.prover, self.subject.prover.logic
        named = self.subject.calendar.in_force("position", moment)
        every = [edition.positions[key.split(":", 1)[1]] for key in named]
        self.conditions: dict[str, Condition] = {
            p.id: AnyOf((p.when, *extensions(p))) for p in every
        }
        self.inside = known_of(scope.when, self.model)
        self.start = self.logic.every(self.subject.holds(f"scope:{scope.id}"), self.subject.planned)
        self.positions = [p for p in every if self._may(self.start, p.id)]
        self.drawn = {p.id for p in self.positions}
        self.kept: dict[Node, Node] = {}

    def _may(self, path: Formula, name: str, *, fail: bool = False) -> bool:
        held = self.prover.holds(self.conditions[name])
        return self.prover.possible(path, self.logic.no(held) if fail else held)

    def drawing(self) -> Drawing:
        """The whole decision."""
        where = f"{self.moment.region.value}, {self.moment.day}"
        title = f"{self.scope.id.replace('-', ' ')} ({where})"
        names = [p.id for p in self.positions]
        whole = self._node(self.start, names, set(), tuple(self._order()))
        if sum(isinstance(node, End) for node in _nodes([whole])) <= MOST_ENDS:
            return Drawing(title, (("", whole),))
        groups: dict[tuple[str, tuple[str, ...]], list[Position]] = {}
        for position in self.positions:
            groups.setdefault((position.who, position.regimens), []).append(position)
        roots = []
        for (who, regimens), group in groups.items():
            self.drawn = {p.id for p in group}
            overriding = [p.id for p in self.positions if self.drawn & set(p.overrides)]
            asked = list(dict.fromkeys([*(p.id for p in group), *overriding]))
            speaker = self.edition.speakers[who]
            title_of = f"{speaker.short or speaker.name}: {self._regimens(regimens)}"
            roots.append((title_of, self._node(self.start, asked, set(), tuple(self._order()))))
        return Drawing(title, tuple(roots))

    def _regimens(self, regimens: Iterable[str]) -> str:
        named = (self.edition.regimens[name] for name in regimens)
        return " or ".join(regimen.short or regimen.name for regimen in named)

    def _order(self) -> list[str]:
        """The facts in the order in which they are asked: those the scope needs first."""
        asked: dict[str, int] = {}
        for position in self.positions:
            for fact in facts_in(self.conditions[position.id]):
                asked[fact] = asked.get(fact, 0) + 1
        first = [fact for fact in self.scope.needs if fact in asked]
        rest = sorted((f for f in asked if f not in first), key=lambda f: (-asked[f], f))
        return [*first, *rest]

    def _node(self, path: Formula, open_: list[str], met: set[str], left: tuple[str, ...]) -> Node:
        """What follows for the patients of a path, of whom some positions are told already."""
        told = [n for n in open_ if not self._may(path, n, fail=True)]
        met = met | set(told)
        open_ = [n for n in open_ if n not in told and self._may(path, n)]
        for index, fact in enumerate(left):
            tests = [
                test
                for name in open_
                for test in tests_in(self.conditions[name])
                if test.fact == fact
            ]
            if not tests:
                continue
            branches: dict[Node, list[Known]] = {}
            for value in told_apart(self.inside, self.model, fact, list(dict.fromkeys(tests))):
                further = self.logic.every(path, *self._answered(fact, value, tests))
                if self.prover.possible(further):
                    node = self._node(further, open_, met, left[index + 1 :])
                    branches.setdefault(node, []).append(value)
            if len(branches) == 1:
                return next(iter(branches))
            answers = tuple(
                (self._says(fact, values, tests), node) for node, values in branches.items()
            )
            return self._keep(Question(self.model.facts[fact].phrase, answers))
        return self._end(met)

    def _answered(self, fact: str, value: Known, tests: list[Test]) -> list[Formula]:
        """That every test of a fact is answered as it is by one value."""
        return [
            self.prover.holds(test)
            if answer(test, {fact: value}, self.model) is YES
            else self.logic.no(self.prover.holds(test))
            for test in dict.fromkeys(tests)
        ]

    def _keep(self, node: Node) -> Node:
        return self.kept.setdefault(node, node)

    def _says(self, fact: str, values: list[Known], tests: list[Test]) -> str:
        """An answer in words: the test that it meets, or the values themselves."""
        declared = self.model.facts[fact]
        if isinstance(declared.kind, NumberKind):
            for test in dict.fromkeys(tests):
                met = [answer(test, {fact: value}, self.model) is YES for value in values]
                others = [v for v in self._cells(fact, tests) if v not in values]
                missed = [answer(test, {fact: v}, self.model) is NO for v in others]
                if all(met) and all(missed):
                    return say_test(test, self.model).removeprefix(f"{declared.phrase} ")
            return "otherwise"
        if isinstance(values[0], OneOf):
            words = []
            for value in values:
                assert isinstance(value, OneOf)
                words += self._alike(fact, value, tests)
            return " or ".join(say_known(declared, settled(word)) for word in dict.fromkeys(words))
        for test in dict.fromkeys(tests):
            if all(answer(test, {fact: value}, self.model) is YES for value in values):
                return say_test(test, self.model).removeprefix(f"{declared.phrase} ")
        return "otherwise"

    def _cells(self, fact: str, tests: list[Test]) -> list[Known]:
        return told_apart(self.inside, self.model, fact, list(tests))

    def _alike(self, fact: str, value: OneOf, tests: list[Test]) -> list[str]:
        """The values that no test tells from one."""
        every: tuple[str, ...] = getattr(self.model.facts[fact].kind, "values", ())
        allowed = self.inside.get(fact)
        told = [answer(t, {fact: value}, self.model) for t in tests]
        return [
            v
            for v in every
            if [answer(t, {fact: OneOf(frozenset({v}))}, self.model) for t in tests] == told
            and (not isinstance(allowed, OneOf) or v in allowed.values)
        ]

    def _end(self, met: set[str]) -> Node:
        held = [p for p in self.positions if p.id in met]
        names = {p.id for p in held}

        def overridden(position: Position) -> bool:
            return any(
                position.id in q.overrides and not overridden(q) for q in held if q.id in names
            )

        said: dict[tuple[str, Stance], dict[str, None]] = {}
        for position in held:
            if not overridden(position) and position.id in self.drawn:
                speaker = self.edition.speakers[position.who]
                regimens = said.setdefault((speaker.short or speaker.name, position.stance), {})
                regimens |= dict.fromkeys(position.regimens)
        lines = [
            f"{who} {_VERBS[stance]} {self._regimens(regimens)}"
            for (who, stance), regimens in said.items()
        ]
        nothing = "no position; labels alone" if len(self.drawn) == len(self.positions) else "-"
        return self._keep(End(tuple(sorted(lines)) or (nothing,)))


MOST_ENDS = 16
"""Ends of one tree that a page still holds."""


# --- Mermaid ----------------------------------------------------------------------------------


def mermaid(drawing: Drawing) -> str:
    """A drawing as a Mermaid flowchart."""
    names: dict[Node, str] = {}
    numbers = count(1)
    lines = ["---", f"title: {drawing.title}", "---", "flowchart LR"]

    def place(node: Node) -> str:
        if node in names:
            return names[node]
        name = names[node] = f"n{next(numbers)}"
        if isinstance(node, End):
            lines.append(f'  {name}["{"<br>".join(_quoted(line) for line in node.lines)}"]')
            return name
        lines.append(f'  {name}{{"{_quoted(node.asks)}"}}')
        for answered, following in node.branches:
            lines.append(f'  {name} -- "{_quoted(answered)}" --> {place(following)}')
        return name

    for number, (title, root) in enumerate(drawing.roots, start=1):
        if title:
            lines.append(f'  subgraph g{number} ["{_quoted(title)}"]')
        names.clear()
        place(root)
        if title:
            lines.append("  end")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")


# --- SVG ----------------------------------------------------------------------------------------

_WIDE, _GAP, _LINE, _PAD = 230, 120, 15, 8


class _Box(msgspec.Struct):
    node: Node
    column: int
    lines: list[str]
    y: float = 0

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + 2 * _PAD

    @property
    def x(self) -> float:
        return 20 + self.column * (_WIDE + _GAP)


def svg(drawing: Drawing) -> str:
    """A drawing as an SVG image on one page, with its text as text."""
    parts: list[str] = []
    top, width = 50.0, 0.0
    for title, root in drawing.roots:
        if title:
            parts.append(f'<text x="20" y="{top:.0f}" font-weight="bold">{escape(title)}</text>')
            top += 14
        boxes = {node: _Box(node, 0, _lines(node)) for node in _nodes([root])}
        _set_columns(root, boxes)
        top = _set_rows(boxes, top) + 24
        width = max(width, *(box.x + _WIDE + 20 for box in boxes.values()))
        for box in boxes.values():
            if isinstance(box.node, Question):
                for index, (answered, following) in enumerate(box.node.branches):
                    of = len(box.node.branches)
                    parts += _arrow(box, boxes[following], answered, index, of)
        for box in boxes.values():
            parts += _drawn(box)
    size = f"{width:.0f} {top:.0f}"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
        'font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(drawing.title)}</title>",
        f'<rect width="{width:.0f}" height="{top:.0f}" fill="#ffffff"/>',
        f'<text x="20" y="24" font-size="15" font-weight="bold">{escape(drawing.title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _nodes(roots: Iterable[Node]) -> Iterator[Node]:
    seen: dict[Node, None] = {}

    def walk(node: Node) -> None:
        if node not in seen:
            seen[node] = None
            for _, following in node.branches if isinstance(node, Question) else ():
                walk(following)

    for root in roots:
        walk(root)
    yield from seen


def _lines(node: Node) -> list[str]:
    texts: Iterable[str] = node.lines if isinstance(node, End) else [f"{node.asks}?"]
    return [line for text in texts for line in wrap(text, 36, subsequent_indent="  ")]


def _set_columns(root: Node, boxes: dict[Node, _Box]) -> None:
    def push(node: Node, column: int) -> None:
        box = boxes[node]
        box.column = max(box.column, column)
        for _, following in node.branches if isinstance(node, Question) else ():
            push(following, box.column + 1)

    push(root, 0)
    last = max(box.column for box in boxes.values())
    for box in boxes.values():
        if isinstance(box.node, End):
            box.column = last


def _set_rows(boxes: dict[Node, _Box], top: float) -> float:
    """Ends below one another; each question beside the middle of what follows it."""
    y = top
    for box in boxes.values():
        if isinstance(box.node, End):
            box.y = y
            y += box.height + 14
    for column in sorted({box.column for box in boxes.values()}, reverse=True):
        asked = [b for b in boxes.values() if b.column == column and isinstance(b.node, Question)]
        for box in asked:
            assert isinstance(box.node, Question)
            middles = [boxes[n].y + boxes[n].height / 2 for _, n in box.node.branches]
            box.y = sum(middles) / len(middles) - box.height / 2
        lowest = top
        for box in sorted(asked, key=lambda b: b.y):
            box.y = max(box.y, lowest)
            lowest = box.y + box.height + 30
    return max(y, *(box.y + box.height for box in boxes.values()))


def _arrow(box: _Box, following: _Box, answered: str, index: int, of: int) -> list[str]:
    x1, y1 = box.x + _WIDE, box.y + box.height * (index + 1) / (of + 1)
    x2, y2 = following.x, following.y + following.height / 2
    middle = x1 + _GAP / 2
    rows = wrap(answered, 20)
    start = y1 + (y2 - y1) * 0.35 - (len(rows) - 1) * 6
    text = "".join(
        f'<tspan x="{x1 + 6:.0f}" dy="{0 if n == 0 else 12}">{escape(row)}</tspan>'
        for n, row in enumerate(rows)
    )
    return [
        f'<path d="M{x1:.0f},{y1:.0f} C{middle:.0f},{y1:.0f} {middle:.0f},{y2:.0f} '
        f'{x2:.0f},{y2:.0f}" fill="none" stroke="#4A5763"/>',
        f'<text y="{start:.0f}" font-size="11" fill="#0B5C6B" stroke="#ffffff" '
        f'stroke-width="3" paint-order="stroke">{text}</text>',
    ]


def _drawn(box: _Box) -> list[str]:
    asks = isinstance(box.node, Question)
    fill, edge = ("#E7F1F4", "#0B5C6B") if asks else ("#F7F7F2", "#4A5763")
    parts = [
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{_WIDE}" height="{box.height:.0f}" '
        f'rx="{14 if asks else 3}" fill="{fill}" stroke="{edge}"/>'
    ]
    for number, line in enumerate(box.lines, start=1):
        y = box.y + _PAD + number * _LINE - 4
        parts.append(
            f'<text x="{box.x + 8:.0f}" y="{y:.0f}" xml:space="preserve">{escape(line)}</text>'
        )
    return parts
