"""The formula of an expression: one walk writes it in any script; here is that of plain text.

A `Script` knows how leaves and applications are written; `written` decides what is: the part of
the graph nearest to the result (`…` for the rest), and a name for what would be repeated at length.

>>> import tutor.tensor as T
>>> (T.dscalar("x") + 1) ** 2
(x + 1) ** 2
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tutor.errors import DTypeError, shortened
from tutor.graph import Apply, Constant, Variable, toposort
from tutor.graph.shared import SharedVariable
from tutor.operators import FUNCTIONS, public, quoted
from tutor.signatures import answering
from tutor.types import PREFIXES, TensorType

LIMIT = 40  # operations in a formula of one line
SHORT = 72  # characters: up to here, what occurs twice is written twice
LONGEST_NAME = 40
FEWER = (12, 8, 5, 3, 1)  # operations in a formula that is too long for a sentence
_PREFIX = {dtype: prefix for prefix, dtype in PREFIXES.items()}


class Piece(NamedTuple):
    """A part of a formula, and how strongly it binds (10: never needs parentheses)."""

    text: str
    level: int = 10


class Written(NamedTuple):
    """A formula, and the parts of it that were given a name, each before what it is made of."""

    text: str
    where: tuple[tuple[str, str], ...] = ()


class Together(NamedTuple):
    """Several formulas, and the parts that they share under one name."""

    texts: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()


class Script:
    """Plain text: as Python reads it, so far as the names allow."""

    left, right = "(", ")"
    rest = Piece("…")
    longest = highest = 10**9  # how long and how high a line may become

    def tall(self, node: Apply) -> int:
        """By how much an application is higher than its arguments."""
        return 0

    def name(self, name: str) -> Piece:
        """A name the learner gave."""
        return Piece(printable(name))

    def unnamed(self, words: str) -> Piece:
        """A variable without a name, by its type (and a number where several are alike)."""
        return Piece(f"⟨{words}⟩")

    def part(self, number: int) -> Piece:
        """The name of a part that occurs more than once."""
        return Piece(f"t{number}")

    def constant(self, v: Constant) -> Piece:
        """A value: a number as it is, an array abbreviated."""
        text = value_text(v.data)
        return Piece(text, 6 if is_sum(v.data) else 8 if text.startswith("-") else 10)

    def output(self, piece: Piece, index: int) -> Piece:
        """One of several outputs of an application."""
        return Piece(f"{self.tight(piece)}[{index}]")

    def tight(self, piece: Piece) -> str:
        """The piece in parentheses, unless it never needs them."""
        return piece.text if piece.level >= 10 else f"{self.left}{piece.text}{self.right}"

    def template(self, node: Apply) -> tuple[str, int, tuple[int, ...]]:
        """The template of an application, its level, and the levels its arguments need."""
        notation = node.op.notation(node)
        return notation.text, 10 if is_call(notation.text) else notation.level, notation.needs

    def apply(self, node: Apply, pieces: Sequence[Piece]) -> Piece:
        """An application of an op to arguments that are written already."""
        template, level, needs = self.template(node)
        free = enclosed(template)
        arguments = []
        for i, piece in enumerate(pieces):
            need = 0 if i in free or i >= len(needs) else needs[i]
            arguments.append(self.argument(template, i, piece, need))
        return Piece(template.format(*arguments), level)

    def argument(self, template: str, place: int, piece: Piece, need: int) -> str:
        """An argument, in parentheses where it binds less strongly than it must."""
        return piece.text if piece.level >= need else f"{self.left}{piece.text}{self.right}"


@lru_cache(maxsize=1000)
def enclosed(template: str) -> frozenset[int]:
    """The arguments of a template that stand between brackets or commas already.

    >>> sorted(enclosed("f({0}, {1}) + {2}"))
    [0, 1]
    """
    found = re.findall(r"(?:[(\[,]\s?)\{(\d+)\}(?=[)\],]|\\right)", template)
    return frozenset(map(int, found + re.findall(r"\{\{\{(\d+)\}\}\}", template)))


@lru_cache(maxsize=1000)
def is_call(template: str) -> bool:
    """Whether a template of plain text is one call or one list: nothing binds tighter."""
    return bool(re.fullmatch(r"[\w.]+\([^()]*\)|\[[^\[\]]*\]", template))


def printable(name: str) -> str:
    """A name on one line, shortened, with what cannot be printed escaped.

    >>> printable("a\\nb")
    'a\\\\nb'
    """
    short = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME - 1] + "…"
    if not short:
        return "''"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def number_text(value: Any) -> str:
    """One number: whole floats without `.0`, others with as many digits as their dtype tells apart.

    >>> number_text(np.float64(2)), number_text(np.float32(0.1)), number_text(np.bool_(True))
    ('2', '0.1', 'True')
    """
    text = str(value).strip("()")
    return text[:-2] if text.endswith(".0") else text.replace(".0e", "e")


def value_text(value: Any, most: int = 6) -> str:
    """A value in a few characters: numbers as they are, long arrays by their ends or their shape.

    >>> value_text(np.arange(10.0)), value_text(np.zeros((100, 3)))
    ('[0, 1, 2, …, 9]', 'array(100×3)')
    """
    if not isinstance(value, np.ndarray):
        return printable(str(value)) if not isinstance(value, np.generic) else number_text(value)
    if value.ndim == 0:
        return number_text(value[()])
    if value.size > most and (value.ndim > 1 or value.dtype.kind == "c"):
        return f"array({'×'.join(map(str, value.shape))})"
    if value.ndim == 1 and value.size > most:
        return f"[{', '.join(map(number_text, value[:3]))}, …, {number_text(value[-1])}]"
    rows = [value_text(row, most) if value.ndim > 1 else number_text(row) for row in value]
    return f"[{', '.join(rows)}]"


def is_sum(value: Any) -> bool:
    """Whether a value is written as a sum: a complex number with a real part.

    >>> is_sum(np.array(1 + 2j)), is_sum(np.array(2.5))
    (True, False)
    """
    return (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "c"
            and str(value[()]).startswith("("))


def short_type(type_: Any) -> str:
    """A type as its constructor is called: `dmatrix`; in words where there is none.

    >>> short_type(TensorType("float64", (False, False))), short_type(TensorType("bool", ()))
    ('dmatrix', 'bool scalar')
    """
    if not isinstance(type_, TensorType):  # `RandomStateType` in words
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(type_).strip("<>").removesuffix("Type"))
        return words.lower() if words.isidentifier() or " " in words else words
    prefix = _PREFIX.get(type_.dtype)
    return f"{prefix or type_.dtype + ' '}{shape_words(type_)}"


def shape_words(type_: TensorType) -> str:
    """`matrix`, `tensor3`, or the pattern as `(1, ?)`."""
    name = type_.shape_name
    if name.startswith("("):
        return "(" + ", ".join("1" if one else "?" for one in type_.broadcastable) + ")"
    return f"tensor{name[0]}" if name.endswith("D") else name


def unnamed_words(variables: Sequence[Variable]) -> dict[Variable, str]:
    """What stands for each input without a name: its type, numbered where several share it."""
    unnamed = [v for v in variables
               if v.owner is None and v.name is None and not isinstance(v, Constant)]
    words = {v: "shared " * isinstance(v, SharedVariable) + short_type(v.type) for v in unnamed}
    many = {word for word, count in Counter(words.values()).items() if count > 1}
    used: Counter[str] = Counter()
    for v, word in words.items():
        if word in many:
            used[word] += 1
            words[v] = f"{word} {used[word]}"
    return words


class Walk:
    """What of the graph is written: the operations nearest to the target, up to a limit, and those
    on the `way`, whatever they are called; and which parts of it get a name."""

    def __init__(self, target: Variable, script: Script, limit: int, short: int,
                 names: Mapping[Variable, str | Piece],
                 way: Container[Variable] = frozenset()) -> None:
        self.target = target
        visible: dict[Apply, None] = {}
        cut: set[Variable] = set()
        self.leaves: dict[Variable, None] = {}
        queue = deque([target])
        while queue:
            v = queue.popleft()
            named = v in names or (v.name is not None and v not in way)
            named = named and v is not target
            if v.owner is None or named:
                self.leaves[v] = None
            elif v.owner not in visible:
                if len(visible) >= limit and v not in way:
                    cut.add(v)
                    continue
                visible[v.owner] = None
                queue.extend(v.owner.inputs)
        self.rest = {v for v in cut if v.owner not in visible}
        stop = {*self.leaves, *self.rest} - {target}
        self.nodes = toposort([target], stop)
        self.parts = self._parts(script, short)

    def _parts(self, script: Script, short: int) -> list[Variable]:
        """What to give a name where the formula is long: what is long itself and used more than
        once, and what would make a line longer or higher than the script allows."""
        length: dict[Variable, int] = {}
        uses: Counter[Variable] = Counter()
        for node in self.nodes:
            uses.update(node.inputs)
            total = 3 + sum(length.get(v, 2) for v in node.inputs)
            length.update(dict.fromkeys(node.outputs, total))
        self.length = length.get(self.target, 0)
        if self.length <= short:
            return []
        repeated = {v for v, count in uses.items() if count > 1 and length.get(v, 0) > 8}
        height: dict[Variable, int] = {}
        parts: list[Variable] = []
        for node in self.nodes:
            total = 3 + sum(length.get(v, 2) for v in node.inputs)
            high = script.tall(node) + max((height.get(v, 0) for v in node.inputs), default=0)
            long = total > script.longest or high > script.highest
            for v in node.outputs:
                part = v not in self.leaves and v is not self.target and (long or v in repeated)
                length[v], height[v] = (2, 0) if part else (total, high)
                if part:
                    parts.append(v)
        return parts

    def write(self, script: Script, names: Mapping[Variable, str | Piece],
              named: Mapping[Variable, Piece]) -> tuple[str, list[tuple[Variable, str]]]:
        """The formula, and that of each part that has a name, the last first."""
        words = unnamed_words(list(self.leaves))
        pieces: dict[Variable, Piece] = dict.fromkeys(self.rest, script.rest)
        for v in self.leaves:
            name = names.get(v)
            pieces[v] = (leaf(v, script, words) if name is None else
                         name if isinstance(name, Piece) else script.name(name))
        parts, found = set(self.parts), []
        for node in self.nodes:
            whole = script.apply(node, [pieces[v] for v in node.inputs])
            for v in node.outputs:
                if v in pieces and v is not self.target:
                    continue
                pieces[v] = whole if len(node.outputs) == 1 else script.output(whole, v.index or 0)
                if v in parts and v in named:
                    found.append((v, pieces[v].text))
                    pieces[v] = named[v]
        return pieces[self.target].text, found[::-1]


def written(target: Variable, script: Script, limit: int = LIMIT, short: int = SHORT) -> Written:
    """The formula of a variable in a script. Named variables inside it stand by their names.

    >>> import tutor.tensor as T
    >>> y = T.dscalar("y")
    >>> for _ in range(50): y = y * y
    >>> len(written(y, Script()).where) < 50
    True
    """
    found = written_together([target], script, limit, short)
    return Written(found.texts[0], found.where)


def written_together(targets: Sequence[Variable], script: Script, limit: int = LIMIT,
                     short: int = SHORT, names: Mapping[Variable, str] | None = None) -> Together:
    """Several formulas in a script; a part that has a name has the same name in all of them.

    A target inside another stands by its name, its own or one of `names`.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> y = T.exp(x)
    >>> written_together([y, y * 2], TEXT, names={y: "y"}).texts
    ('exp(x)', 'y * 2')
    """
    names = names or {}
    walks = [Walk(v, script, limit, short, names) for v in targets]
    parts = list(dict.fromkeys(v for walk in walks for v in reversed(walk.parts)))
    taken = {v.name for walk in walks for v in walk.leaves} | set(names.values())
    free = [n for n in range(1, len(parts) + len(taken) + 1) if f"t{n}" not in taken]
    named = {v: script.part(n) for v, n in zip(parts, free, strict=False)}
    texts: list[str] = []
    where: dict[Variable, tuple[str, str]] = {}
    for walk in walks:
        text, found = walk.write(script, names, named)
        texts.append(text)
        for v, part in found:
            where.setdefault(v, (named[v].text, part))
    return Together(tuple(texts), tuple(where.values()))


def leaf(v: Variable, script: Script, words: dict[Variable, str]) -> Piece:
    """A variable that stands by itself: by its name, its value, or its type."""
    if v.name is not None:
        return script.name(v.name)
    return script.constant(v) if isinstance(v, Constant) else script.unnamed(words[v])


TEXT = Script()


def formula(v: Variable) -> str:
    """The formula on one line, as `repr` shows it; of a long one the part nearest to the result."""
    found = written(v, TEXT)
    if not found.where:
        return found.text
    return f"{found.text}  where {'; '.join(f'{name} = {text}' for name, text in found.where)}"


FUNCTIONS["formula"] = formula


@public
def brief(v: Variable, longest: int) -> str:
    """The formula in at most `longest` characters: of a long one the part nearest to the result.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> brief(T.sqrt(T.exp(x) * T.tanh(x + 1) + 2), 20)
    'sqrt(… * … + 2)'
    """
    text = formula(v)
    for limit in FEWER:
        if len(text) <= longest:
            break
        text = written(v, TEXT, limit, short=10**9).text
    return shortened(text, longest)


@answering
def pp(v: Variable, *rest: Any) -> str:
    """The formula as text; what is long and occurs more than once stands below, under a name.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> print(pp(x ** 2 + x))
    x ** 2 + x
    """
    if not isinstance(v, Variable):  # a function shows its outputs
        outputs = getattr(v, "outputs", v)
        several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        if not all(isinstance(u, Variable) for u in several):
            raise DTypeError(f"{quoted(v)} has no formula.",
                             fix="Pass a variable, a list of them, or a function.")
        return "\n".join(pp(u) for u in several)
    found = written(v, TEXT, limit=400)
    lines = [found.text]
    for i, (name, text) in enumerate(found.where):
        lines.append(f"{'        ' if i else '  where '}{name} = {text}")
    return "\n".join(lines)
