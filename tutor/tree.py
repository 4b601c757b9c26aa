"""The graph as an indented tree, every node once, with an id; and as a formula.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> print(debugprint(x * 2, file="str"))
× [id A] ''...
 |x [id B]
 |2 [id C]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.seams import old
from tutor.core.walk import toposort
from tutor.formulas import TEXT, written
from tutor.signatures import answering

DEEPEST = 100  # levels that are printed where no depth is asked for
LONGEST = 2000  # lines


def letters(number: int) -> str:
    """The number-th name in A, B, …, Z, AA, AB, …

    >>> letters(0), letters(25), letters(26), letters(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


class View(NamedTuple):
    """What is shown of a variable that has a node."""

    text: str
    operands: Sequence[Any]
    which: str = ""  # the output, where there are several
    name: str = ""


class Reader:
    """What a tree shows of each variable: what pictures write on its node."""

    def view(self, v: Any) -> View | None:
        """Its operation, operands and name; None of what has no node."""
        if getattr(v, "owner", None) is None:
            return None
        which = f".{v.index}" if len(v.owner.outputs) > 1 else ""
        return View(v.owner.op.label(v.owner), v.owner.inputs, which, v.name or v._said or "")

    def leaf(self, v: Any) -> str:
        """What has no node: an input, a constant."""
        return str(v)

    def type(self, v: Any) -> Any:
        """Its type, as it is told."""
        return v.type

    def key(self, v: Any) -> Any:
        """What has one id: a node, a variable without one, small constants of one value."""
        if getattr(v, "owner", None) is not None:
            return v.owner
        small = isinstance(v, Constant) and v.name is None and getattr(v.data, "size", 2) == 1
        same = small and abs(v.data.item()) <= 10
        return ("constant", self.leaf(v), str(self.type(v))) if same else v


class Tree:
    """The lines of a tree; what was printed before is named again, and not unfolded again."""

    def __init__(self, options: Options, known: dict[Any, str]) -> None:
        self.options, self.known, self.reader = options, known, old.reader or Reader()
        self.order: dict[Apply, str] = {}
        self.loops: dict[Apply, Variable] = {}  # each is unfolded once, after all else
        self.outer: dict[Variable, Any] = {}  # what stands outside for a variable of a loop

    def identity(self, thing: Any) -> str:
        """The id of a node or a leaf, as `[id A]`; small constants of one value are one."""
        if thing not in self.known:
            number = len(self.known)
            ids = self.options.ids
            names = {"CHAR": letters(number), "int": str(number), "id": str(id(thing)), "": ""}
            if ids not in names:
                raise BadValueError(
                    f"ids cannot be {ids!r}.", fix="Choose 'CHAR', 'int', 'id' or ''."
                )
            self.known[thing] = f"[id {names[ids]}]" if ids else ""
        return self.known[thing]

    def lines(self, root: Any, depth: int, first: str = "", below: str = "") -> Iterator[str]:
        """One line a node, each before what it is made of."""
        deepest = depth if depth >= 0 else DEEPEST
        stack = [(root, first, below, deepest)]
        while stack:
            v, prefix, below, left = stack.pop()
            if left == 0:
                if depth < 0:
                    yield f"{prefix}… deeper still: debugprint(…, depth={2 * DEEPEST}) shows more"
                continue
            key = self.reader.key(v)
            fresh = key not in self.known
            operands = self.operands(v)
            yield self.line(v, prefix, key)
            named = self.options.stop_on_name and v.name
            if not fresh or named:
                continue
            for i, u in reversed(list(enumerate(operands))):
                last = i == len(operands) - 1
                stack.append((u, f"{below} |", below + ("  " if last else " |"), left - 1))

    def operands(self, v: Any) -> list[Any]:
        """What is printed below a variable."""
        owner = getattr(v, "owner", None)
        if owner is not None and hasattr(owner.op, "sequences"):
            self.loops.setdefault(owner, v)
        shown = self.reader.view(v)
        return list(shown.operands) if shown is not None else []

    def line(self, v: Any, prefix: str, key: Any) -> str:
        """What is printed of one variable."""
        kind = f" <{self.reader.type(v)}>" if self.options.print_type else ""
        shown = self.reader.view(v)
        if shown is None:
            line = f"{prefix}{self.reader.leaf(v)} {self.identity(key)}{kind}"
            outside = self.outer.get(v)
            return line if outside is None else (
                f"{line} -> {self.identity(self.reader.key(outside))}")  # fmt: skip
        rest = f"{self.identity(key)}{kind} '{shown.name}'   {self.order.get(key, '')}"
        return f"{prefix}{shown.text}{shown.which} {rest}"

    def inner_graphs(self, depth: int) -> Iterator[str]:
        """The loops that were met, with what each computes in a step."""
        if self.loops:
            yield from ("", "Inner graphs of the scan ops:")
        done: set[Apply] = set()
        while waiting := [n for n in self.loops if n not in done]:
            node = waiting[0]
            done.add(node)
            yield ""
            self.outer = _outer_of(node)
            yield self.line(self.loops[node], "", self.reader.key(self.loops[node]))
            for v in node.op.outputs:
                yield from self.lines(v, depth, " >", " >")


class Options(NamedTuple):
    """How a tree is printed."""

    ids: str = "CHAR"
    print_type: bool = False
    stop_on_name: bool = False


def _outer_of(node: Apply) -> dict[Variable, Any]:
    """What the inner inputs of a loop stand for."""
    op: Any = node.op
    return dict(zip(op.inputs, node.inputs[1:], strict=True))


@answering
def debugprint(obj: Any, depth: int = -1, print_type: bool = False, file: Any = None,
               ids: str = "CHAR", stop_on_name: bool = False, done: dict[Any, str] | None = None,
               print_storage: bool = False, print_clients: bool = False,
               used_ids: Any = None) -> Any:  # fmt: skip
    """Print the graph of a variable, a list of them, a node or a function, one line a node.

    `depth` is how many levels are printed (-1: all, up to a hundred levels). `file` is where: None
    for the screen, `"str"` to get a string back. `ids` is how nodes are named: "CHAR", "int", "id"
    or ""; a dict `done` keeps the names for the next call. Lines of a function end with the place
    of the node in the order of execution.
    """
    if isinstance(depth, bool) or not isinstance(depth, int):
        raise BadValueError(f"depth is a whole number, not {depth!r}.", fix="Write depth=2.")
    tree = Tree(Options(ids, print_type, stop_on_name), {} if done is None else done)
    lines: list[str] = []
    for root, order in _roots(obj):
        tree.order = order
        more = tree.lines(root, depth) if isinstance(root, Variable) else iter([str(root)])
        _take(more, lines, depth)
    tree.order = {}
    _take(tree.inner_graphs(depth), lines, depth)
    text = "".join(f"{line}\n" for line in lines)
    if file == "str":
        return text
    target = file if file is not None else sys.stdout
    target.write(text)
    return file


def _take(more: Iterator[str], lines: list[str], depth: int) -> None:
    """Add lines, as long as there are not too many of them."""
    for line in more:
        if len(lines) >= LONGEST and depth < 0:
            lines.append("… and more: pass a depth to choose how much is printed")
            return
        lines.append(line)


def _roots(obj: Any) -> list[tuple[Any, dict[Apply, str]]]:
    """What to print, each with the order of execution where there is one."""
    if isinstance(obj, (list, tuple, set)):
        return [pair for one in obj for pair in _roots(one)]
    if isinstance(obj, (Variable, int, float, np.ndarray)):
        return [(obj, {})]
    if isinstance(obj, Apply):
        return [(v, {}) for v in obj.outputs]
    if isinstance(getattr(obj, "variable", None), Variable):  # In and Out
        return [(obj.variable, {})]
    graph = getattr(obj, "graph", obj)
    if not hasattr(graph, "outputs"):
        raise DTypeError(
            f"{quoted(obj)} has no graph to print.",
            fix="Pass a variable, a list of them, or a function."
        )
    updates = getattr(graph, "updates", {})
    roots = [*graph.outputs, *(updates.values() if isinstance(updates, dict) else ())]
    order = {node: str(i) for i, node in enumerate(toposort(roots, stop=graph.inputs))}
    return [(root, order) for root in roots]


@answering
def pp(v: Variable, *rest: Any) -> str:
    """The formula as text; what is long and occurs more than once stands below, under a name.

    Raises DTypeError for what has no formula.

    >>> import tutor.tensor as T
    >>> pp(T.dscalar("x") + 1)
    'x + 1'
    """
    if not isinstance(v, Variable):  # a function shows its outputs
        outputs = getattr(v, "outputs", v)
        several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        if not all(isinstance(u, Variable) for u in several):
            raise DTypeError(f"{quoted(v)} has no formula.",
                             fix="Pass a variable, a list of them, or a function.")
        return "\n".join(pp(u) for u in several)
    [text], where = written([v], TEXT, 400)
    rows = [f"{name} = {part}" for name, part in where]
    return text + "\n  where " * bool(rows) + "\n        ".join(rows)
