"""Large graphs: folded to what can be seen, without knots, and quickly."""


from collections.abc import Callable

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.calls import calls
from tutor import show
from tutor.core.graph import Variable
from tutor.core.walk import ancestors
from tutor.pictures import svg, words
from tutor.pictures.fold import LONGEST, VISIBLE, drawable, fold, length
from tutor.pictures.picture import FOLD, Names, Picture, build, detailed


def picture(*outputs: Variable) -> Picture:
    names = Names.of(outputs)
    return words.described(detailed(fold(build(outputs, names)), names))


def layers(times: int) -> Variable:
    h: Variable = T.dmatrix("X")
    for i in range(times):
        h = T.tanh(h * tutor.shared(np.eye(3), f"W{i}") + tutor.shared(np.zeros(3), f"b{i}"))
    return h


def chain(times: int) -> Variable:
    z: Variable = T.dscalar("x")
    for _ in range(times):
        z = z * 2 + 1
    return z


def wide(times: int) -> Variable:
    return T.exp(sum((T.sin(T.dscalar(f"x{i}")) for i in range(times)), start=T.dscalar("x")))


def gradients() -> Variable:
    h = T.sum(layers(60) ** 2)
    found: Variable = tutor.grad(h, h.owner.inputs[0].owner.inputs[0])
    return found


LARGE = {
    "chain of 10,000": (lambda: chain(5000), "4997× (× +)"),
    "500 layers": (lambda: layers(500), "(× + tanh)"),
    "wide": (lambda: wide(400), "more nodes"),
    "its gradient": (gradients, "more nodes"),
}


def knotted(times: int) -> Variable:
    a, b = T.dscalars("a", "b")
    for i in range(times):
        a, b = a * b + i, T.exp(a) - b
    return a + b


def is_acyclic(found: Picture) -> bool:
    heads = {n.id: {e.head for e in found.edges if e.tail == n.id} for n in found.nodes}
    while heads:
        ends = {key for key, after in heads.items() if not after & heads.keys()}
        if not ends:
            return False
        heads = {key: after for key, after in heads.items() if key not in ends}
    return True


@pytest.mark.parametrize("times", [60, 1000])
def test_no_box_is_made_of_what_it_is_used_for(times: int) -> None:
    found = picture(knotted(times))
    assert any(n.kind == FOLD for n in found.nodes)
    assert len(found.nodes) <= VISIBLE + 10
    assert is_acyclic(found)


@pytest.mark.parametrize("visible", [60, 160])
@pytest.mark.parametrize("times", [20, 200])
def test_the_derivatives_of_many_layers_are_folded_into_few_boxes(times: int, visible: int) -> None:
    W, h = T.dmatrix("W"), T.dvector("h")
    for _ in range(times):
        h = T.tanh(T.dot(W, h) * h + 0.5)
    cost = T.sum(h ** 2)
    found = tutor.grad(cost, [W])
    old = {v.owner for v in ancestors([cost])}
    roles = {v: ["new"] for v in ancestors(found) if v.owner not in old}
    whole = build(found, Names.of([cost, *found]), roles=roles)
    folded = fold(whole, visible)
    boxes = [n for n in folded.nodes if n.kind == FOLD]
    assert len(folded.nodes) <= visible and 1 <= len(boxes) <= 4 and is_acyclic(folded)
    inside = [key for n in boxes for key in n.inside]
    assert sorted([*inside, *(n.id for n in folded.nodes if n.kind != FOLD)]) == sorted(
        n.id for n in whole.nodes)


def test_of_a_very_large_graph_the_nearest_part_is_looked_at() -> None:
    found = picture(chain(10_000))
    assert is_acyclic(found) and 5 <= len(found.nodes) <= VISIBLE
    assert any("17,000 more operations" in n.label for n in found.nodes)


@pytest.mark.parametrize("name", LARGE)
def test_a_large_graph_is_folded_to_what_can_be_seen(name: str) -> None:
    make, inside = LARGE[name]
    found = picture(make())
    assert 5 <= len(found.nodes) <= VISIBLE + 10
    boxes = [n for n in found.nodes if n.kind == FOLD]
    assert boxes and any(inside in f"{n.label} {n.note}" for n in boxes)
    whole = build([make()])
    assert sum(n.count for n in found.nodes) == len(whole.nodes)
    ids = {n.id for n in found.nodes}
    assert all(e.tail in ids and e.head in ids for e in found.edges)


def test_a_small_graph_is_not_folded() -> None:
    found = build([chain(3)])
    assert fold(found) is found


def work(draw: Callable[[], object]) -> int:
    """How many calls it takes to draw what was not drawn before."""
    svg.placed.cache_clear()
    return calls(draw)


def test_pictures_are_quick() -> None:
    small, large = layers(5), layers(125)
    show.bundle(small), show.bundle(large)  # what is loaded once is loaded
    nodes = len(build([small]).nodes)
    assert 20 <= nodes <= 30
    assert work(lambda: svg.inline(picture(small))) < 60_000  # about 5 ms
    assert len(build([large]).nodes) >= 500
    assert work(lambda: show.bundle(large)) < 200_000
    whole = build([large])
    assert work(lambda: svg.standalone(whole)) < 800_000


def test_a_picture_of_long_edges_shows_less_before_it_takes_long(monkeypatch):
    """What every layer uses makes edges that go past all layers: Graphviz would need minutes."""
    z = u = T.dscalar("u")
    for i in range(120):
        z = T.tanh(z) * u + i
    names = Names.of([z])
    whole = build([z], names)
    monkeypatch.setattr("tutor.pictures.fold.repeats", lambda links, path: [])
    assert length(fold(whole, 160)) > LONGEST
    assert len(drawable(whole, 160).nodes) <= VISIBLE
    assert drawable(layered := picture(layers(3)), 160) == layered
