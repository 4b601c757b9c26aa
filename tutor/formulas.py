"""Formulas as text: what `repr`, errors and pictures write of an expression.

A `Walk` decides what is written: the part of the graph nearest to the result (`…` for the rest),
and which parts get a name. A `Script` says how: plain text here, mathematics in `pictures/`.

>>> import tutor.tensor as T; (T.dscalar("x") + 1) ** 2
(x + 1) ** 2
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from string import Formatter
from typing import Any, NamedTuple

import numpy as np

from tutor.core.errors import shortened
from tutor.core.graph import Variable
from tutor.core.seams import seams
from tutor.core.types import PREFIXES, TensorType
from tutor.notation import Notation

ENDLESS = 10**9
LIMIT, STEP = 40, 8  # operations in a formula of one line, and in that of a step of a loop
FEWER = (12, 8, 5, 3, 1)  # and where it is too long for a sentence
SHORT = 72  # characters: up to here, what occurs twice is written twice
LONGEST_NAME = 40
DERIVATIVE = re.compile(r"\(d(.+)/d(.+)\)")  # how derivatives are called: `(dz/dx)`
VALUES = frozenset(("nan", "inf", "True", "False"))  # words that are values
CALL = re.compile(r"[\w.]+\([^()]*\)|\[[^\[\]]*\]")
CLOSED = re.compile(  # arguments of a template between brackets, commas or braces
    r"(?:[(\[,]|cases\}\}|if \}\}|\\\\)\s?\{(\d+)\}(?=[)\],]|\\right| [&\\])"
    r"|(?<=\{\{)\{(\d+)\}(?=\}\})")
_PREFIX = {dtype: prefix for prefix, dtype in PREFIXES.items()}


@lru_cache(maxsize=1000)
def is_plain(name: str) -> bool:
    """Whether a name can be read as nothing but a name: a word, or as derivatives and what stands
    in loops are called.

    >>> [is_plain(name) for name in ("x_1", "(dz/dx)", "h[t-1]", "x[1]", "a + b", "nan", "1e5")]
    [True, True, True, False, False, False, False]
    """
    if quotient := DERIVATIVE.fullmatch(name):
        return all(map(is_plain, quotient.groups()))
    word = re.fullmatch(r"(\w+)(\[t([+-]\d+)?\])?", name)
    return (word is not None and len(name) <= LONGEST_NAME and name.isprintable()
            and not name[0].isdigit() and name not in VALUES)


def cut(text: str, most: int = LONGEST_NAME) -> str:
    """The beginning of a text, where it is longer than so many characters."""
    return text if len(text) <= most else text[:most - 1] + "…"


def value_text(value: Any, most: int = 6) -> str:
    """A value in a few characters: numbers as they are, long arrays by their ends or their shape.

    >>> value_text(np.arange(10.0)), value_text(np.zeros((100, 3))), value_text(np.float32(0.1))
    ('[0, 1, 2, …, 9]', 'array(100×3)', '0.1')
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        text = str(value).strip("()")  # whole numbers without .0
        return text[:-2] if text.endswith(".0") else text.replace(".0e", "e")
    if not isinstance(value, np.ndarray):
        return shortened(str(value), LONGEST_NAME)
    if value.size > most and (value.ndim > 1 or value.dtype.kind == "c"):
        return f"array({'×'.join(map(str, value.shape))})"
    if value.size > most:
        return f"[{', '.join(map(value_text, value[:3]))}, …, {value_text(value[-1])}]"
    return f"[{', '.join([value_text(row, most) for row in value])}]"


def level_of(value: Any, text: str) -> float:
    """How strongly a value binds that is written so: a complex number with two parts as a sum."""
    is_sum = np.iscomplexobj(value) and not np.ndim(value) and str(value).startswith("(")
    return 6 if is_sum else 8 if text.startswith("-") else 10


def shape_words(type_: TensorType) -> str:
    """`matrix`, `tensor3`, or the pattern as `(1, ?)`."""
    name = type_.shape_name
    if name.startswith("("):
        return "(" + ", ".join("1" if one else "?" for one in type_.broadcastable) + ")"
    return f"tensor{name[0]}" if name.endswith("D") else name


def short_type(type_: Any) -> str:
    """A type as its constructor is called: `dmatrix`; in words where there is none.

    >>> short_type(TensorType("float64", (False, False))), short_type(TensorType("bool", ()))
    ('dmatrix', 'bool scalar')
    """
    if isinstance(type_, TensorType):
        return f"{_PREFIX.get(type_.dtype) or type_.dtype + ' '}{shape_words(type_)}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(type_).strip("<>").removesuffix("Type"))
    return words.lower() if words.isidentifier() or " " in words else words  # `RandomStateType`


def unnamed_words(variables: Iterable[Variable]) -> dict[Variable, str]:
    """What stands for each input without a name: its type, numbered where several share it."""
    words = {v: "shared " * hasattr(v, "get_value") + short_type(v.type) for v in variables
             if v.owner is None and v.name is None and not hasattr(v, "data")}
    many, used = Counter(words.values()), Counter[str]()
    for v, word in words.items():
        used[word] += 1
        words[v] = f"{word} {used[word]}" if many[word] > 1 else word
    return words


class Piece(NamedTuple):
    """A part of a formula, how strongly it binds (10: it never needs parentheses), and how strongly
    must bind what it takes in where nothing ends it."""

    text: str
    level: float = 10
    open: float = 11


class Made(NamedTuple):
    """How something is written: the notation, what of it is seen in that, and what it gives."""

    notation: Notation
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    op: Any


class Script:
    """Plain text: as Python reads it, so far as the names allow.

    An application is a template over its arguments, from the notation of its op, and each stands
    in parentheses where it binds less strongly than its place needs.
    """

    left, right, rest = "(", ")", Piece("…")
    longest = highest = ENDLESS  # how long and how high a line may become
    unnamed = "⟨{}⟩"  # a variable without a name, by its type
    numbered = "{}⟨{}⟩"  # one of several things that would be written alike
    output = "{}[{}]"  # one of several outputs of an application
    part = "t{}"  # the name of a part that occurs more than once

    def made(self, v: Variable) -> Made:
        """How a variable that is computed is written: as papers do, where they have a way."""
        if v.paper is not None:
            notation, inputs = v.paper
            return Made(notation, tuple(inputs), (v,), None)
        node: Any = v.owner
        return Made(node.op.notation(node), tuple(node.inputs), tuple(node.outputs), node.op)

    def tall(self, made: Made) -> int:
        """By how much an application is higher than its arguments."""
        return 0

    def escaped(self, words: str) -> str:
        """Words within a formula."""
        return words

    def name(self, name: str) -> Piece:
        """A name the learner gave; in quotes where it might be read as a formula."""
        return Piece(name if is_plain(name) else repr(cut(name)))

    def label(self, words: str) -> Piece:
        """A name given here; `#3` is a thing by its number."""
        return Piece(words)

    def constant(self, value: Any) -> Piece:
        """A value: a number as it is, an array abbreviated."""
        text = value_text(value)
        return Piece(text, level_of(value, text))

    def template(self, notation: Notation) -> tuple[str, float]:
        """The template of an application and its level: 10 for a call or a list."""
        return notation.text, 10 if CALL.fullmatch(notation.text) else notation.level

    def argument(self, template: str, level: float, place: int, piece: Piece, need: float) -> str:
        """An argument, in parentheses where it binds less strongly than it must."""
        return self.tight(piece, need)

    def tight(self, piece: Piece, need: float = 10) -> str:
        """A piece in parentheses, unless it binds so strongly."""
        return piece.text if piece.level >= need else f"{self.left}{piece.text}{self.right}"

    def leaf(self, v: Variable, words: Mapping[Variable, str]) -> Piece:
        """A variable that stands by itself: by its name, its value, or its type."""
        if v.name is not None:
            return self.name(v.name)
        return self.constant(v.data) if hasattr(v, "data") else \
            Piece(self.unnamed.format(self.escaped(words[v])))

    def apply(self, made: Made, pieces: Mapping[Variable, Piece], step: str = "") -> Piece:
        """An application to arguments that are written already."""
        template, level = self.template(made.notation)
        arguments = [""] * len(made.inputs)
        for i, free in holes(template).items():
            need = 0 if free or i >= len(made.notation.needs) else made.notation.needs[i]
            arguments[i] = self.argument(template, level, i, pieces[made.inputs[i]], need)
        return Piece(template.format(*arguments, step=step), level)


TEXT = Script()


@lru_cache(maxsize=1000)
def holes(template: str) -> dict[int, bool]:
    """The arguments that a template shows, and whether each stands between brackets or commas
    already.

    >>> holes("f({0}, {1})^{{2}} + {3}")
    {0: True, 1: True, 3: False}
    """
    closed = CLOSED.findall(template)
    names = [name for _, name, _, _ in Formatter().parse(template) if name and name.isdigit()]
    return {int(name): any(name in pair for pair in closed) for name in names}


class Walk:
    """What of the graph below a target is written: `leaves` stand for themselves, `rest` as `…`,
    `order` are the applications between these and the target, each after what it is made of, and
    `parts` are what gets a name."""

    def __init__(self, target: Variable, script: Script, limit: int = ENDLESS, short: int = ENDLESS,
                 names: Container[Variable] = (), way: Container[Variable] = ()) -> None:
        self.target, self.script = target, script
        self.made: dict[Variable, Made] = {}  # how each result of these applications is written
        self.leaves: dict[Variable, None] = {}
        self.rest: list[Variable] = []
        self._go(limit, names, way)
        self.order = self._order()
        self.parts = self._parts(short)

    def _go(self, limit: int, names: Container[Variable], way: Container[Variable]) -> None:
        """Go from the target outwards, nearest first: so many applications, and all on the way."""
        visible, far, queue = 0, dict[Variable, None](), deque([self.target])
        while queue:
            v = queue.popleft()
            named = v in names or (v.name is not None and v not in way)
            if v.owner is None or (named and v is not self.target):
                self.leaves[v] = None
            elif v not in self.made and visible >= limit and v not in way:
                far[v] = None
            elif v not in self.made:
                visible += 1
                made = self.script.made(v)
                self.made.update(dict.fromkeys(made.outputs, made))
                queue.extend(self.operands(made))
        self.rest = [v for v in far if v not in self.made]
        for v in self.leaves:
            self.made.pop(v, None)

    def operands(self, made: Made) -> list[Variable]:
        """What is seen of what something is made of."""
        return [made.inputs[i] for i in holes(self.script.template(made.notation)[0])]

    def _order(self) -> list[Made]:
        """What is written, each after what it is made of."""
        done: dict[int, Made] = {}
        stack = [(self.target, False)]
        while stack:
            v, ready = stack.pop()
            made = self.made.get(v)
            if made is None or id(made) in done:
                continue
            if ready:
                done[id(made)] = made
            else:
                stack.append((v, True))
                stack.extend((u, False) for u in reversed(self.operands(made)))
        return list(done.values())

    def _parts(self, short: int) -> list[Variable]:
        """What to give a name where the formula is long: what is long itself and used more than
        once, and what would make a line longer or higher than the script allows."""
        uses = Counter(v for made in self.order for v in self.operands(made))
        whole: dict[Variable, int] = {}  # the length of all, and with names for parts
        length: dict[Variable, int] = {}
        height: dict[Variable, int] = {}
        parts: list[Variable] = []
        for made in self.order:
            operands = self.operands(made)
            full, total = (3 + sum(known.get(v, 2) for v in operands) for known in (whole, length))
            high = self.script.tall(made) + max((height.get(v, 0) for v in operands), default=0)
            long = total > self.script.longest or high > self.script.highest
            for v in made.outputs:
                inside = v in uses and v not in self.leaves and v is not self.target
                named = inside and (long or (uses[v] > 1 and full > 8))
                parts += [v] * named
                whole[v] = full
                length[v], height[v] = (2, 0) if named else (total, high)
        self.length = whole.get(self.target, 0)
        return parts if self.length > short else []

    def write(self, leaves: Mapping[Variable, Piece], named: Mapping[Variable, Piece] = {}
              ) -> tuple[Piece, list[tuple[Variable, str]]]:  # fmt: skip
        """The formula, and that of each part that has a name, the last first."""
        script = self.script
        pieces = {**dict.fromkeys(self.rest, script.rest), **{v: leaves[v] for v in self.leaves}}
        parts, found = set(self.parts), []
        for made in self.order:
            whole = script.apply(made, pieces, self._step(made))
            for v in made.outputs:
                if v in pieces and v is not self.target:
                    continue
                pieces[v] = whole if len(made.outputs) == 1 else \
                    Piece(script.output.format(script.tight(whole), v.index or 0))
                if v in parts and v in named:
                    found.append((v, pieces[v].text))
                    pieces[v] = named[v]
        return pieces[self.target], found[::-1]

    def _step(self, made: Made) -> str:
        """The results of a graph inside an op, in a few words."""
        if "{step}" not in made.notation.text:
            return ""
        inner = {v: f"#{i}" for i, v in enumerate(made.op.inputs, 1) if v.name is None}
        return ", ".join(written(made.op.outputs, self.script, STEP, ENDLESS, inner).texts)


def pieces_of(walks: Sequence[Walk], names: Mapping[Variable, str | Piece] = {}
              ) -> dict[Variable, Piece]:  # fmt: skip
    """What stands for each leaf; things that would be written alike get numbers."""
    script = walks[0].script
    leaves: list[Any] = list(dict.fromkeys(v for walk in walks for v in walk.leaves))
    words = unnamed_words(leaves)
    pieces: dict[Variable, Piece] = {}
    alike: dict[str, dict[Any, list[Variable]]] = {}
    for v in leaves:
        name = names.get(v)
        pieces[v] = (script.leaf(v, words) if name is None else
                     name if isinstance(name, Piece) else script.label(name))
        value = v.name is None and hasattr(v, "data")
        key = (str(v.data.shape), v.data.tobytes()) if value and np.ndim(v.data) else \
            None if value else v
        alike.setdefault(pieces[v].text, {}).setdefault(key, []).append(v)
    for found in alike.values():
        for number, several in enumerate(found.values() if len(found) > 1 else (), 1):
            pieces.update((v, Piece(script.numbered.format(script.tight(pieces[v]), number)))
                          for v in several)
    return pieces


class Written(NamedTuple):
    """Formulas, and the parts that were given a name, each before what it is made of."""

    texts: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()


def written(targets: Sequence[Variable], script: Script, limit: int = LIMIT, short: int = SHORT,
            names: Mapping[Variable, str] = {}) -> Written:
    """Formulas in a script, of at most `limit` operations each; one longer than `short` names its
    parts, and a part has the same name in all of them. What is named, itself or in `names`, stands
    by its name.

    >>> import tutor.tensor as T; x = T.dscalar("x"); y = T.exp(x)
    >>> written([y, y * 2], TEXT, names={y: "y"}).texts
    ('exp(x)', 'y * 2')
    """
    walks = [Walk(v, script, limit, short, names) for v in targets]
    if not walks:
        return Written(())
    leaves = pieces_of(walks, names)
    parts = list(dict.fromkeys(v for walk in walks for v in reversed(walk.parts)))
    taken = {piece.text for piece in (*leaves.values(), *map(script.label, names.values()))}
    free = (name for n in count(1) if (name := script.part.format(n)) not in taken)
    named = {v: Piece(name) for v, name in zip(parts, free, strict=False)}
    texts: list[str] = []
    where: dict[Variable, tuple[str, str]] = {}
    for walk in walks:
        whole, found = walk.write(leaves, named)
        texts.append(whole.text)
        for v, part in found:
            where.setdefault(v, (named[v].text, part))
    return Written(tuple(texts), tuple(where.values()))


def formula(v: Any, longest: int | None = None) -> str:
    """The formula on one line, of a long one the part nearest to the result; or a `brief` one."""
    if longest is not None:
        return brief(v, longest)
    [text], where = written([v], TEXT)
    return text + "  where " * bool(where) + "; ".join(f"{name} = {part}" for name, part in where)


def brief(v: Any, longest: int) -> str:
    """The formula in at most `longest` characters, as `sqrt(… * … + 2)`."""
    text = formula(v)
    for limit in FEWER:
        if len(text) > longest:
            [text], _ = written([v], TEXT, limit, ENDLESS)
    return shortened(text, longest)


seams.formula = formula
