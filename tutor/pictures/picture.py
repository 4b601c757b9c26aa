"""`Picture`: a graph walked once into plain frozen data, from which every format is rendered.

Nodes and edges have ids that depend on the graph alone (`n3`, `e7-1`), so that two pictures of the
same variables, and a program that steps through one, speak of the same things. Constants are
drawn beside what uses them, once for each use. `fold.py` puts large parts into one box.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import toposort
from tutor.formulas import DERIVATIVE, TEXT, cut, shape_words, short_type, unnamed_words, value_text
from tutor.pictures.latex import in_full
from tutor.scopes import Scope

INPUT, CONSTANT, SHARED, OP, FOLD, BOX = "input", "constant", "shared", "op", "fold", "box"
SIZES, SAME = "sizes", "same"  # plumbing: made of sizes alone, or the numbers of its operand
LONGEST_LABEL = 22
MOST_OF_IT = 0.8  # of a graph: a box that holds more says nothing


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a picture.

    `label` is the short text in it, `name` what the learner called it, `note` the small text below
    (a type, where it is news); `badge` its number where two pictures share numbers; `roles` any
    of "output", "wrt", "new", "gone"; `count` how many nodes a box stands for,
    `inside` their ids; `variable` the variable's place in the walk. `values` are lines for what is
    computed there, which have room for the text `room` too. `boxes` are the ids of those it is in,
    the outermost first; `plumbing` says what kind of it this is, if it is.
    """

    id: str
    kind: str
    label: str
    name: str = ""
    note: str = ""
    type: str = ""
    formula: str = ""
    origin: str = ""
    variable: int = -1
    badge: str = ""
    roles: tuple[str, ...] = ()
    count: int = 1
    inside: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    room: str = ""
    boxes: tuple[str, ...] = ()
    plumbing: str = ""


class Flow(NamedTuple):
    """What stands beside an edge: of which kind ("type", "value" or "cotangent"), lines of text,
    and a small image with its size before them; one without an address is filled in later."""

    kind: str
    lines: tuple[str, ...]
    size: tuple[float, float] = (0.0, 0.0)
    image: str = ""
    room: str = ""  # of a text that there is room for


@dataclass(frozen=True, slots=True)
class Edge:
    """From what is used to what uses it, the `slot`-th input; `order` shows where it matters.

    `output` says which one it is, `[1]`, where what is used has several. `variable` is the place in
    the walk of what flows there, `source` the node that it comes from, though that may be in a box,
    and `reads` whether its numbers count; `flows` stand beside it. `parts` are the ids of
    the edges that are drawn as this one, `strength` says how much flows back, from 0 to 1.
    """

    id: str
    tail: str
    head: str
    slot: int = 0
    order: str = ""
    output: str = ""
    variable: int = -1
    source: str = ""
    reads: bool = True
    flows: tuple[Flow, ...] = ()
    parts: tuple[str, ...] = ()
    strength: float | None = None


class Frame(NamedTuple):
    """An open box: its id and name, and the ids of the nodes that are seen in it."""

    id: str
    name: str
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph as data: nodes in the order they are computed, edges, a title, a description; the
    boxes that stand open, the outermost first."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: str = "Expression graph"
    description: str = ""
    frames: tuple[Frame, ...] = ()


@dataclass
class Names:
    """What several pictures agree on: a number for each variable, words for the unnamed, an id for
    each scope that is a box."""

    index: dict[Variable, int] = field(default_factory=dict)
    words: dict[Variable, str] = field(default_factory=dict)
    labels: dict[Variable, str] = field(default_factory=dict)
    boxes: dict[Scope, str] = field(default_factory=dict)
    plumbing: bool = False  # whether pictures with boxes show it
    shapes: dict[Variable, tuple[int | None, ...]] | None = None  # where they were asked for

    @classmethod
    def of(cls, outputs: Sequence[Variable], plumbing: bool = False) -> Names:
        """Every variable the outputs are made of, numbered in the order they are computed."""
        names = cls(plumbing=plumbing)
        nodes = toposort(outputs)
        names.boxes = boxes_of(nodes)
        for node in nodes:
            for v in (*node.inputs, *node.outputs):
                names.index.setdefault(v, len(names.index))
        for v in outputs:
            names.index.setdefault(v, len(names.index))
        names.words = unnamed_words([v for v in names.index if v.owner is None])
        return names

    def id(self, v: Variable) -> str:
        """The id of a variable, or of what computes it, in every picture with these names."""
        return f"n{self.index[v if v.owner is None else v.owner.outputs[0]]}"

    def path(self, scope: Scope | None) -> tuple[str, ...]:
        """The ids of the boxes that a scope lies in."""
        if scope is None or not self.boxes:
            return ()
        return tuple(self.boxes[one] for one in scope.path if one in self.boxes)

    def called(self, v: Variable) -> str:
        """What a variable is called in a picture; nothing where it has no name."""
        if v in self.labels:
            return self.labels[v]
        return "" if v.name is None else pretty(v.name)


def boxes_of(nodes: Sequence[Apply]) -> dict[Scope, str]:
    """The scopes that make boxes, each with an id: calls that hold several operations, and not
    nearly all; and those that a learner opened. What goes back through a box is one too."""
    scopes = [None if node.origin is None else node.origin.scope for node in nodes]
    if not any(scopes):
        return {}
    back: set[Apply] = set()  # computed of what goes back
    counts: Counter[Scope] = Counter()
    for node, scope in zip(nodes, scopes, strict=True):
        mirrored = scope is not None and scope.of is not None
        if mirrored or any(v.owner in back for v in node.inputs):
            back.add(node)
        elif scope is not None:
            counts[scope] += 1
    most = MOST_OF_IT * (len(nodes) - len(back))
    held: Counter[Scope] = Counter()
    for scope, count in counts.items():
        held.update(dict.fromkeys(scope.path, count))
    kept = [scope for scope, count in held.items() if scope.explicit or 2 <= count <= most]
    return {one: f"b{i}{'d' * (one is not scope)}" for i, scope in enumerate(kept)
            for one in (scope, scope.mirror)}


def printable(name: str) -> str:
    """A name on one line, shortened, with what cannot be printed escaped.

    >>> printable("a\\nb")
    'a\\\\nb'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut(name)) or "''"


def pretty(name: str) -> str:
    """A name as it is shown; that of a derivative in mathematics.

    >>> pretty("(dz/dx)")
    '∂z/∂x'
    """
    found = DERIVATIVE.fullmatch(name)
    return printable(f"∂{found[1]}/∂{found[2]}" if found else name)


@lru_cache(maxsize=500)
def type_words(type_: Any) -> str:
    """`float64 matrix`; another type as it shows itself."""
    if not isinstance(type_, TensorType):
        return short_type(type_)
    return f"{type_.dtype} {shape_words(type_)}"


def origin_words(v: Variable) -> str:
    """The line that made a variable: `In [3], line 2:  z = x * 2`."""
    origin = None if isinstance(v, Constant) else v.origin
    return "" if origin is None else cut(str(origin), 100)


class Far(NamedTuple):
    """Where the walk through a very large graph ends, and how many operations lie beyond."""

    variables: frozenset[Variable] = frozenset()
    operations: int = 0


def far(outputs: Sequence[Variable], most: int = 12_000, near: int = 3_000) -> Far:
    """What is not looked at in a graph of more than `most` operations: all but the nearest.

    An operation comes after everything that uses it, so what is beyond uses nothing of what is not.
    """
    nodes = toposort(outputs)
    if len(nodes) <= most:
        return Far()
    users = Counter(v.owner for node in nodes for v in node.inputs if v.owner is not None)
    queue = deque(node for node in reversed(nodes) if not users[node])
    seen: set[Apply] = set()
    while queue and len(seen) < near:
        node = queue.popleft()
        seen.add(node)
        for v in node.inputs:
            if v.owner is not None:
                users[v.owner] -= 1
                if not users[v.owner]:
                    queue.append(v.owner)
    ends = {v for node in seen for v in node.inputs if v.owner is not None and v.owner not in seen}
    return Far(frozenset(ends), len(nodes) - len(seen))


NOWHERE = Far()


class Builder:
    """Walks a graph and makes the nodes and edges of its picture."""

    def __init__(self, outputs: Sequence[Variable], names: Names,
                 roles: Mapping[Variable, Sequence[str]], badges: Mapping[Variable, str],
                 end: Far = NOWHERE) -> None:
        self.names, self.badges, self.end = names, badges, end
        stop = end.variables
        self.roles = {v: tuple(found) for v, found in roles.items()}
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.sizes: set[Variable] = set()  # known from sizes alone
        for apply_node in toposort(outputs, stop):
            self.application(apply_node)
        for v in outputs:
            if v.owner is None or v in stop:
                self.ensure(v)

    def ensure(self, v: Variable) -> str:
        """The id of the node of a variable that nothing computes here."""
        if v in self.end.variables:
            count = self.end.operations
            words = f"… {count:,} more operations"
            self.nodes["far"] = Node("far", FOLD, words, variable=-1, count=count)
            return "far"
        key = self.names.id(v)
        if key not in self.nodes:
            self.nodes[key] = self.leaf(key, v)
        return key

    def leaf(self, key: str, v: Variable) -> Node:
        words, name = type_words(v.type), self.names.called(v)
        if isinstance(v, Constant):
            kind, label, note, text = CONSTANT, value_text(v.data, most=4), "", value_text(v.data)
        elif isinstance(v, SharedVariable):
            kind, label, note, text = SHARED, "shared", words, name
        else:
            label = self.names.words.get(v, "")  # where it has no name
            kind, note, text = INPUT, words * bool(name), name
        return Node(key, kind, short(name or label), name, note, words, text, roles=self.roles.get(
            v, ()), variable=self.names.index[v], badge=self.badges.get(v, ""))

    def application(self, node: Apply) -> None:
        """The node of an application, and the edges that lead to it."""
        v = node.outputs[0]
        key = self.names.id(v)
        roles = tuple(dict.fromkeys(r for u in node.outputs for r in self.roles.get(u, ())))
        name = short(", ".join(filter(None, map(self.names.called, node.outputs))))
        self.nodes[key] = Node(
            key, OP, short(node.op.label(node)), name, note=self.news(node, "output" in roles),
            type=type_words(v.type), variable=self.names.index[v], roles=roles,
            badge=self.badges.get(v, ""), plumbing=self.plumbing(node) * ("output" not in roles),
            boxes=self.names.path(None if node.origin is None else node.origin.scope))
        read = node.inputs[node.op.reads]
        ordered = len(node.inputs) > 1 and not getattr(node.op, "commutative", False)
        for slot, u in enumerate(node.inputs):
            tail = self.tail(u, key, slot)
            order = str(slot + 1) if ordered else ""
            several = (u.owner is not None and len(u.owner.outputs) > 1
                       and u not in self.end.variables)
            self.edges.append(Edge(f"e{key[1:]}-{slot}", tail, key, slot, order,
                                   f"[{u.index}]" if several else "", self.names.index[u],
                                   tail, u in read))

    def plumbing(self, node: Apply) -> str:
        """What kind of plumbing an operation is, if it is."""
        if all(isinstance(v, Constant) or v in self.sizes for v in node.inputs[node.op.reads]):
            self.sizes.update(node.outputs)
            return SIZES
        return SAME * node.op.same_numbers

    def tail(self, u: Variable, consumer: str, slot: int) -> str:
        """Where an edge starts; a constant without a name stands beside each of its uses."""
        if isinstance(u, Constant) and u.name is None:
            key = f"{self.names.id(u)}-{consumer[1:]}-{slot}"
            self.nodes[key] = self.leaf(key, u)
            return key
        if u.owner is None or u in self.end.variables:
            return self.ensure(u)
        return self.names.id(u)

    def news(self, node: Apply, shown: bool) -> str:
        """The type, where it differs from that of every input that is no constant."""
        own = node.outputs[0].type
        others = [v.type for v in node.inputs if not isinstance(v, Constant)]
        return type_words(own) if shown or (others and own not in others) else ""


def short(label: str) -> str:
    """A label that fits into a node."""
    return cut(label, LONGEST_LABEL)


def build(outputs: Sequence[Variable], names: Names | None = None, *,
          title: str = "Expression graph", roles: Mapping[Variable, Sequence[str]] | None = None,
          badges: Mapping[Variable, str] | None = None) -> Picture:
    """The picture of some outputs, whole unless it is very large; `fold` makes it small enough to
    look at.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> [(n.id, n.kind, n.label) for n in build([x * 2]).nodes]
    [('n0', 'input', 'x'), ('n1-2-1', 'constant', '2'), ('n2', 'op', '×')]
    """
    names = names or Names.of(outputs)
    found = dict(roles or {})
    for v in outputs:
        found[v] = (*found.get(v, ()), "output")
    builder = Builder(outputs, names, found, badges or {}, far(outputs))
    order = sorted(builder.nodes.values(), key=lambda n: (n.variable, n.id))
    return Picture(tuple(order), tuple(builder.edges), title)


def detailed(picture: Picture, names: Names) -> Picture:
    """The picture with the formula and the line in the program of each node that is shown."""
    variables = {i: v for v, i in names.index.items()}
    nodes = []
    for node in picture.nodes:
        if node.kind not in (FOLD, BOX):
            v = variables[node.variable]
            text = in_full(v, TEXT, 8).text if node.kind == OP else node.formula
            node = replace(node, formula=text, origin=origin_words(v))
        nodes.append(node)
    return replace(picture, nodes=tuple(nodes))
