"""Boxes by meaning: what one scope made is a box that opens and closes; plumbing is left out.

`views` are the same graph with these or those boxes open. What is known from sizes alone stands
beside what uses it, as constants do; what only changes a dtype or repeats a number is passed by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from tutor.core.errors import plural
from tutor.core.graph import Variable
from tutor.formulas import TEXT
from tutor.pictures.latex import in_full
from tutor.pictures.picture import (
    BOX,
    CONSTANT,
    INPUT,
    LONGEST_LABEL,
    OP,
    SAME,
    SHARED,
    SIZES,
    Edge,
    Flow,
    Frame,
    Names,
    Node,
    Picture,
    short,
    type_words,
)
from tutor.pictures.shapes import shape_words, shapes_of

SCREEN = 20  # nodes, without constants, that are seen at once: of more, boxes are closed
FUNCTIONS = 2  # whose calls are boxes in a picture of any size
MOST_VIEWS = 12  # boxes that open one by one
BACK = "∂"  # begins the name of a box of what goes back


class View(NamedTuple):
    """A picture with some boxes open: the id of the one that was opened, with that of what goes
    back through it; or "all", or nothing."""

    opened: str
    picture: Picture


def is_large(picture: Picture) -> bool:
    """Whether a picture is more than one sees at once."""
    return sum(node.kind != CONSTANT for node in picture.nodes) > SCREEN


def without_plumbing(picture: Picture, names: Names) -> Picture:
    """The picture without operations on sizes alone, or such as only hand numbers on, unless these
    are asked for."""
    if names.plumbing:
        return picture
    nodes = {node.id: node for node in picture.nodes}
    variables = {i: v for v, i in names.index.items()}
    before = {e.head: e for e in picture.edges if nodes[e.head].plumbing == SAME and e.reads}
    leaves: dict[str, Node] = {}
    edges = []
    for e in picture.edges:
        if nodes[e.head].plumbing or not e.reads:
            continue
        first = e
        while nodes[first.tail].plumbing == SAME:
            first = before[first.tail]
        tail = nodes[first.tail]
        if tail.plumbing == SIZES:
            text = in_full(variables[e.variable], TEXT, 4).text
            text = text if len(text) <= LONGEST_LABEL else "sizes"
            key = f"{tail.id}-{e.head[1:]}-{e.slot}"
            leaves[key] = Node(key, CONSTANT, text, type=tail.type, formula=text,
                               variable=e.variable)
            edges.append(replace(e, tail=key, source=key))
        else:
            edges.append(replace(e, tail=tail.id, source=tail.id, output=first.output))
    used = needed(picture, edges)
    kept = [node for node in (*picture.nodes, *leaves.values()) if node.id in used]
    return replace(picture, nodes=tuple(sorted(kept, key=lambda n: (n.variable, n.id))),
                   edges=tuple(e for e in edges if e.head in used))


def needed(picture: Picture, edges: Iterable[Edge]) -> set[str]:
    """The nodes that results are made of, by these edges."""
    tails: dict[str, list[str]] = {}
    for e in edges:
        tails.setdefault(e.head, []).append(e.tail)
    found: set[str] = set()
    waiting = [node.id for node in picture.nodes if "output" in node.roles]
    while waiting:
        if (key := waiting.pop()) not in found:
            found.add(key)
            waiting += tails.get(key, ())
    return found


class Boxes:
    """Which box each node of a picture is in, and which boxes can be closed."""

    def __init__(self, picture: Picture, names: Names) -> None:
        self.picture = picture
        self.called = titles(names)
        self.path = {node.id: node.boxes for node in picture.nodes}
        self._place_leaves()
        everywhere = common([self.path[n.id] for n in picture.nodes if n.kind == OP] or [()])
        self.path = {key: path[len(everywhere):] for key, path in self.path.items()}
        self.all = list(dict.fromkeys(key for path in self.path.values() for key in path))
        self.words = said(names) if self.all else {}
        self._untangle()

    def _place_leaves(self) -> None:
        """Put constants and parameters into the box that uses them: forwards, if one does."""
        users: dict[str, list[tuple[str, ...]]] = {}
        for e in self.picture.edges:
            users.setdefault(e.tail, []).append(self.path[e.head])
        for node in self.picture.nodes:
            if node.kind in (CONSTANT, SHARED) and node.id in users:
                paths = users[node.id]
                forwards = [path for path in paths if not "".join(path[:1]).endswith("d")]
                self.path[node.id] = common(forwards or paths)

    def _untangle(self) -> None:
        """Leave out boxes that, closed, would be made of what they are used for."""
        while self.all and (tangled := unsorted(self.place(()), self.picture)):
            size = Counter(key for path in self.path.values() for key in path)
            worst = min((key for key in self.all if key in tangled), key=lambda key: size[key])
            self.all.remove(worst)
            self.path = {node: tuple(key for key in path if key != worst)
                         for node, path in self.path.items()}

    def place(self, opened: Collection[str]) -> dict[str, str]:
        """Where each node is seen: in the outermost box that is closed, or by itself."""
        return {node: next((key for key in path if key not in opened), node)
                for node, path in self.path.items()}

    def closed(self, opened: Collection[str] = ()) -> Picture:
        """The picture with all boxes closed but these."""
        place = self.place(opened)
        inside: dict[str, list[Node]] = {}
        for node in self.picture.nodes:
            if place[node.id] != node.id:
                inside.setdefault(place[node.id], []).append(node)
        nodes = [node for node in self.picture.nodes if place[node.id] == node.id]
        nodes += [self.box(key, held) for key, held in inside.items()]
        edges: dict[str, Edge] = {}
        for e in self.picture.edges:
            tail, head = place[e.tail], place[e.head]
            if tail != head:
                moved = self.moved(e, tail, head)
                known = edges.get(moved.id)
                edges[moved.id] = moved if known is None else replace(
                    known, parts=(*known.parts, e.id))
        frames = []
        for key in self.all:
            seen = [n.id for n in nodes if key in self.around(n)]
            if key in opened and seen:
                frames.append(Frame(key, self.called[key], tuple(seen)))
        order = ordered(nodes, edges.values())
        return replace(self.picture, nodes=order, edges=tuple(edges.values()),
                       frames=tuple(frames))

    def around(self, node: Node) -> tuple[str, ...]:
        """The boxes around a node, or around a closed one."""
        if node.kind != BOX:
            return self.path[node.id]
        path = self.path[node.inside[0]]
        return path[:path.index(node.id)]

    def moved(self, e: Edge, tail: str, head: str) -> Edge:
        """An edge that leads to or from closed boxes: one for each thing that flows into a box."""
        if tail == e.tail and head == e.head:
            return e
        key = e.id if head == e.head else f"e{head}-{e.variable}"
        words = "" if self.is_leaf(e.tail) else self.words.get(e.variable, "")
        return replace(e, id=key, tail=tail, head=head, parts=(e.id,),
                       order=e.order if head == e.head else "",
                       flows=(Flow("type", (words,)),) if words else ())

    def is_leaf(self, key: str) -> bool:
        """Whether a node says its type itself."""
        return self.path.get(key) == () and not any(e.head == key for e in self.picture.edges)

    def box(self, key: str, held: list[Node]) -> Node:
        """A closed box: its name, and what is in it."""
        operations = [n for n in held if n.kind == OP]
        counts = Counter(n.label for n in operations)
        results = ", ".join(n.name for n in held if n.name and "output" in n.roles)
        roles = [role for role in ("output", "wrong") if any(role in n.roles for n in held)]
        roles += ["new"] * all("new" in n.roles for n in operations)
        note = plural(len(operations), "operation")
        parameters = ", ".join(n.name for n in held if n.kind in (INPUT, SHARED) and n.name)
        inside = ", ".join(f"{n} {label}" for label, n in counts.most_common())
        return Node(key, BOX, short(self.called[key]), short(results), short(parameters) or note,
                    formula=inside, variable=max(n.variable for n in held), roles=tuple(roles),
                    count=len(operations), inside=tuple(n.id for n in held))

    def views(self, mirrored: bool = True) -> list[View]:
        """All boxes closed; each open by itself, with those around it; and all open. What goes back
        through a box opens with it, where this is `mirrored`."""
        found = [View("", self.closed())]
        around: dict[str, set[str]] = {}
        for path in self.path.values():
            for i, key in enumerate(path, 1):
                around.setdefault(forwards(key) if mirrored else key, set()).update(path[:i])
        if len(around) <= MOST_VIEWS:
            found += [View(key, self.closed(opened)) for key, opened in around.items()]
        return [*found, View("all", self.closed(self.all))] if around else found


def forwards(key: str) -> str:
    """The id of the box through which what is in this one goes back, or its own."""
    return key.removesuffix("d")


def said(names: Names) -> dict[int, str]:
    """What stands beside an edge on which a variable flows: its name and its shape, as far as it is
    known; else its type."""
    if names.shapes is None:
        names.shapes = shapes_of(list(names.index))
    found = {}
    for v, i in names.index.items():
        words = [names.called(v), shape_words(names.shapes.get(v, ()))]
        found[i] = " ".join(filter(None, words)) or type_words(v.type)
    return found


def titles(names: Names) -> dict[str, str]:
    """What each box is called: by the name of its scope, with a number where several share it."""
    many = Counter(scope.name for scope in names.boxes)
    found, seen = {}, Counter[str]()
    for scope, key in names.boxes.items():
        seen[scope.name] += 1
        found[key] = scope.name + (str(seen[scope.name]) if many[scope.name] > 1 else "")
    return found


def results(picture: Picture, names: Names) -> dict[Variable, str]:
    """What comes out of closed boxes, called as the box is, for formulas."""
    variables = {i: v for v, i in names.index.items()}
    found = {}
    for node in picture.nodes:
        out = {e.variable for e in picture.edges if e.tail == node.id}
        if node.kind == BOX and len(out) == 1 and not node.label.startswith(BACK):
            v = variables.get(out.pop())  # None where several flow into what is folded
            if v is not None and v.name is None and v.owner is not None:
                found[v] = node.label
    return found


def common(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What all paths begin with.

    >>> common([("a", "b"), ("a", "c")])
    ('a',)
    """
    first, *rest = paths
    for i, key in enumerate(first):
        if any(path[i:i + 1] != (key,) for path in rest):
            return first[:i]
    return first


def unsorted(place: Mapping[str, str], picture: Picture) -> set[str]:
    """What is made of itself, and used for itself, where nodes are seen in these places."""
    edges = {(place[e.tail], place[e.head]) for e in picture.edges}
    pairs = [edge for edge in edges if edge[0] != edge[1]]
    nodes = {end for edge in pairs for end in edge}
    return left_over(left_over(nodes, pairs), [(head, tail) for tail, head in pairs])


def left_over(nodes: set[str], pairs: Iterable[tuple[str, str]]) -> set[str]:
    """What is left when all that is made of nothing (that is left) is taken away, again and again.

    >>> sorted(left_over({"a", "b", "c", "d"}, [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]))
    ['b', 'c', 'd']
    """
    known = [pair for pair in pairs if nodes.issuperset(pair)]
    waiting = Counter(head for _, head in known)
    after: dict[str, list[str]] = {}
    for tail, head in known:
        after.setdefault(tail, []).append(head)
    left, ready = set(nodes), [key for key in nodes if not waiting[key]]
    while ready:
        left.discard(key := ready.pop())
        for head in after.get(key, ()):
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    return left


def ordered(nodes: Iterable[Node], edges: Iterable[Edge]) -> tuple[Node, ...]:
    """The nodes, each after those that it is made of."""
    known = {node.id: node for node in nodes}
    waiting = Counter(e.head for e in edges)
    after: dict[str, list[str]] = {}
    for e in edges:
        after.setdefault(e.tail, []).append(e.head)
    ready = [key for key in known if not waiting[key]][::-1]
    found: list[Node] = []
    while ready:
        found.append(known[key := ready.pop()])
        for head in after.get(key, ()):
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    return tuple(found)


def boxes_in(picture: Picture, names: Names, always: bool = False) -> Boxes | None:
    """The boxes in which a picture is first seen, without plumbing: of a large one, of one with a
    scope that its writer opened or several calls of functions, or `always`; else none.

    >>> import tutor, tutor.tensor as T
    >>> from tutor.pictures.picture import Names, build
    >>> x = T.dscalar("x")
    >>> with tutor.scope("hidden"): h = T.tanh(2 * x)
    >>> names = Names.of([y := T.exp(h) * h])
    >>> [node.label for node in boxes_in(build([y], names), names).closed().nodes]
    ['x', 'hidden', 'exp', '×']
    """
    if always or is_large(picture):
        return Boxes(without_plumbing(picture, names), names)
    if not names.boxes:
        return None
    found = Boxes(without_plumbing(picture, names), names)
    outer = {key for key in found.place(()).values() if key in found.all}
    written = {key for scope, key in names.boxes.items() if scope.explicit}
    seen = {forwards(key) for key in outer}
    return found if len(seen) >= FUNCTIONS or seen & written else None
