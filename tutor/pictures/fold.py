"""Folding: a picture of at most `VISIBLE` nodes, with what repeats or is far away in boxes.

First repeated layers along the longest path: the first and the last stay, those between become one
box that says how often and what. If that is not enough, what is far from the results goes too.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from tutor.pictures.picture import CONSTANT, FOLD, INPUT, OP, SHARED, Edge, Node, Picture

VISIBLE = 60
LONGEST = 1500  # rows that all edges of a picture go over, before more of it is folded
LONGEST_PERIOD = 16
REPEATS = 4  # layers that are alike before those between are folded
KEPT = frozenset(("output", "wrt", "wrong"))  # roles of nodes that stay
FAR = ""  # the note of what is far from the results


class Links:
    """Who feeds whom, by id."""

    def __init__(self, picture: Picture) -> None:
        self.nodes = {n.id: n for n in picture.nodes}
        self.before: dict[str, list[str]] = {key: [] for key in self.nodes}
        self.after: dict[str, list[str]] = {key: [] for key in self.nodes}
        for e in picture.edges:
            self.before[e.head].append(e.tail)
            self.after[e.tail].append(e.head)


def drawable(picture: Picture, visible: int) -> Picture:
    """The picture with at most about `visible` nodes; fewer, where its edges are so long that they
    would take longer to draw than anybody waits."""
    found = fold(picture, visible)
    return fold(picture) if visible > VISIBLE and length(found) > LONGEST else found


def length(picture: Picture) -> int:
    """How many rows of nodes all edges go over, where each node stands below what it is made of,
    and what nothing is made of just above what uses it."""
    links, rank = Links(picture), dict[str, int]()
    for key in links.nodes:  # in the order they are computed
        rank[key] = max((rank.get(tail, 0) + 1 for tail in links.before[key]), default=0)
    for key, heads in links.after.items():
        if heads and not links.before[key]:
            rank[key] = min(rank[head] for head in heads) - 1
    return sum(rank[e.head] - rank[e.tail] for e in picture.edges)


def fold(picture: Picture, visible: int = VISIBLE) -> Picture:
    """The picture with at most about `visible` nodes; the same picture where it is small enough."""
    if len(picture.nodes) <= visible:
        return picture
    links = Links(picture)
    hidden: dict[str, str] = {}
    path = longest_path(links)
    for start, period, times in repeats(links, path):
        middle = start[period:-period]
        words = " ".join(links.nodes[key].label for key in start[:period][:5])
        note = f"{times - 2}× ({words}{' …' if period > 5 else ''})"
        hidden.update(dict.fromkeys(middle, note))
    between(links, hidden)
    own_sides(links, hidden, set(path))
    if len(picture.nodes) - len(hidden) > visible:
        keep = near(links, visible, hidden)
        hidden.update((key, FAR) for key in links.nodes if key not in keep and key not in hidden)
    untangle(links, hidden)
    return boxed(picture, links, hidden)


def longest_path(links: Links) -> list[str]:
    """The operations on a longest way to a result, from the inputs on."""
    depth: dict[str, int] = {}
    best: dict[str, str] = {}
    for key, node in links.nodes.items():  # in the order they are computed
        if node.kind == OP:
            tails = [t for t in links.before[key] if links.nodes[t].kind == OP]
            deepest = max(tails, key=lambda t: depth.get(t, 0), default=None)
            depth[key] = 1 + (depth.get(deepest, 0) if deepest is not None else 0)
            if deepest is not None:
                best[key] = deepest
    path: list[str] = []
    here = max(depth, key=lambda k: depth[k], default=None)
    while here is not None:
        path.append(here)
        here = best.get(here)
    return path[::-1]


def repeats(links: Links, path: Sequence[str]) -> list[tuple[list[str], int, int]]:
    """Runs of alike layers on the longest path, the longest run first: ids, period, times."""
    nodes = [links.nodes[key] for key in path]
    signs = [(n.label, n.type, bool(n.roles), len(links.before[n.id])) for n in nodes]
    found: list[tuple[list[str], int, int]] = []
    taken: set[int] = set()
    runs = sorted(_runs(signs), key=lambda run: (-run[1] * run[2], run[1], run[0]))
    for start, period, times in runs:
        span = range(start, start + period * times)
        if taken.isdisjoint(span):
            taken.update(span)
            found.append(([path[i] for i in span], period, times))
    return found


def _runs(signs: Sequence[object]) -> list[tuple[int, int, int]]:
    """Where `signs` repeats itself: start, period, times; for each period the maximal runs."""
    runs = []
    for period in range(1, LONGEST_PERIOD + 1):
        length = 0
        for i in range(period, len(signs) + 1):
            if i < len(signs) and signs[i] == signs[i - period]:
                length += 1
                continue
            times = length // period + 1
            if times >= REPEATS:
                runs.append((i - length - period, period, times))
            length = 0
    return runs


def between(links: Links, hidden: dict[str, str]) -> None:
    """Hide also what lies between hidden nodes: a box is not made of what it is used for."""
    groups = list(dict.fromkeys(hidden.values()))
    above, below = reaching(links, hidden, groups)
    for key in links.nodes:
        both = above[key] & below[key]
        if both and key not in hidden and KEPT.isdisjoint(links.nodes[key].roles):
            hidden[key] = next(note for i, note in enumerate(groups) if both >> i & 1)


def reaching(links: Links, hidden: dict[str, str],
             groups: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Of each node, a bit for each group of hidden nodes: those it is made of, those made of it."""
    bits = {note: 1 << i for i, note in enumerate(groups)}
    own = {key: bits[hidden[key]] if key in hidden else 0 for key in links.nodes}
    above, below = dict(own), dict(own)
    for key in links.nodes:  # in the order they are computed
        for tail in links.before[key]:
            above[key] |= above[tail]
    for key in reversed(links.nodes):
        for head in links.after[key]:
            below[key] |= below[head]
    return above, below


def untangle(links: Links, hidden: dict[str, str]) -> None:
    """Put what would be made of each other into one box."""
    while True:
        between(links, hidden)
        groups = list(dict.fromkeys(hidden.values()))
        above, _ = reaching(links, hidden, groups)
        made_of = dict.fromkeys(groups, 0)
        for key, note in hidden.items():
            made_of[note] |= above[key]
        tangled = {note for i, note in enumerate(groups) for j, other in enumerate(groups)
                   if i != j and made_of[note] >> j & 1 and made_of[other] >> i & 1}
        if not tangled:
            return
        hidden.update((key, FAR) for key, note in hidden.items() if note in tangled)


def own_sides(links: Links, hidden: dict[str, str], path: set[str]) -> None:
    """Hide also what only hidden nodes use: the weights and constants of the folded layers."""
    for key in reversed(links.nodes):
        users = links.after[key]
        if key in hidden or key in path or not users or KEPT & {*links.nodes[key].roles}:
            continue
        if all(u in hidden for u in users):
            hidden[key] = hidden[users[0]]


def near(links: Links, visible: int, hidden: dict[str, str]) -> set[str]:
    """The nodes nearest to the results, and the named inputs, as many as are visible.

    A node comes after everything that uses it, so that the rest needs nothing of what is kept.
    """
    outputs = [k for k, n in links.nodes.items() if "output" in n.roles][:visible // 3]
    named = [k for k, n in links.nodes.items()
             if n.kind in (INPUT, SHARED) and k not in hidden][:visible // 5]
    keep = {*outputs, *named}
    users = {key: len(heads) for key, heads in links.after.items()}
    queue = deque(key for key in reversed(links.nodes) if not users[key])
    while queue and len(keep) < visible - 5:
        key = queue.popleft()
        if key not in hidden:
            keep.add(key)
        for tail in links.before[key]:
            users[tail] -= 1
            if not users[tail]:
                queue.append(tail)
                if links.nodes[tail].kind == CONSTANT and key in keep:
                    keep.add(tail)
    return keep


def boxed(picture: Picture, links: Links, hidden: dict[str, str]) -> Picture:
    """The picture with the hidden nodes of each run as one box, and those far away as another."""
    parts: dict[str, list[str]] = {}
    for key in links.nodes:
        if key in hidden:
            parts.setdefault(hidden[key], []).append(key)
    box: dict[str, str] = {}
    boxes: list[Node] = []
    for i, (note, part) in enumerate(parts.items()):
        box.update(dict.fromkeys(part, f"f{i}"))
        boxes.append(summary(links, f"f{i}", part, note))
    edges: dict[tuple[str, str], Edge] = {}
    kept: list[Edge] = []
    for e in picture.edges:
        tail, head = box.get(e.tail, e.tail), box.get(e.head, e.head)
        if tail == e.tail and head == e.head:
            kept.append(e)
        elif tail != head:
            order = e.order if head == e.head else ""
            edge = Edge(f"{tail}-{head}", tail, head, e.slot, order)
            edges.setdefault((tail, head), edge)
    nodes = [n for n in picture.nodes if n.id not in hidden]
    frames = [frame._replace(inside=tuple(
        [key for key in frame.inside if key not in hidden]
        + [one.id for one in boxes if set(one.inside) <= set(frame.inside)]))
        for frame in picture.frames]
    return replace(picture, nodes=(*nodes, *boxes), edges=(*kept, *edges.values()),
                   frames=tuple(frame for frame in frames if frame.inside))


def summary(links: Links, name: str, part: Sequence[str], note: str) -> Node:
    """A box that says how many nodes it holds, and which."""
    nodes = [links.nodes[key] for key in part]
    counts = Counter(n.label for n in nodes if n.kind == OP)
    most = " · ".join(f"{count} {label}" for label, count in counts.most_common(3))
    inside = ", ".join(f"{count} {label}" for label, count in counts.most_common())
    count = sum(n.count for n in nodes)
    return Node(name, FOLD, f"… {count:,} more nodes" if count > 1 else "… 1 more node",
                note=note or most, formula=inside, variable=min(n.variable for n in nodes),
                count=count, inside=tuple(part))
