"""Boxes by meaning: what a scope made is one box, open or closed, and plumbing is left out."""

import re
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import show
from tutor.core.graph import Variable
from tutor.pictures.boxes import Boxes, closed, is_large, results, without_plumbing
from tutor.pictures.picture import BOX, CONSTANT, OP, Names, Picture, build


def parameter(name: str, *shape: int) -> Any:
    return tutor.shared(np.ones(shape), name)


def hidden(x: Any) -> Any:
    return T.tanh(T.dot(x, parameter("W1", 4, 6)) + parameter("b1", 6))


def output(x: Any) -> Any:
    return T.nnet.softmax(T.dot(x, parameter("W2", 6, 3)) + parameter("b2", 3))


def loss(p: Any, t: Any) -> Any:
    return -T.mean(T.log(p)[T.arange(t.shape[0]), t])


def perceptron() -> Variable:
    found: Variable = loss(output(hidden(T.dmatrix("x"))), T.lvector("t"))
    found.name = "L"
    return found


def attention() -> Variable:
    x = T.dmatrix("X")
    parts = []
    for name in ("query", "key", "value"):
        with tutor.scope(name):
            parts.append(T.tanh(T.dot(x, parameter(f"W_{name}", 4, 4)) + parameter(name[0], 4)))
    q, k, v = parts
    with tutor.scope("weights"):
        a = T.nnet.softmax(T.dot(q, k.T) / np.sqrt(4.0))
    with tutor.scope("mix"):
        found: Variable = T.tanh(T.dot(a, v) + x)
    return found


def seen(*outputs: Variable) -> tuple[Picture, Names]:
    names = Names.of(outputs)
    return closed(build(outputs, names), names), names


def boxes(picture: Picture) -> list[str]:
    return [n.label for n in picture.nodes if n.kind == BOX]


def test_a_perceptron_is_three_boxes_and_its_derivative_mirrors_them() -> None:
    cost = perceptron()
    picture, names = seen(cost)
    assert boxes(picture) == ["hidden", "output", "loss"]
    assert [n.label for n in picture.nodes if n.kind == OP] == []
    assert [flow.lines for e in picture.edges for flow in e.flows] == [("float64 matrix",)] * 2
    assert sorted(results(picture, names).values()) == ["hidden", "output"]
    w = next(v for v in names.index if v.name == "W1")
    back, _ = seen(tutor.grad(cost, w))
    assert boxes(back) == ["hidden", "output", "loss", "∂loss", "∂output", "∂hidden"]


def test_an_attention_block_is_five_boxes() -> None:
    picture, _ = seen(attention())
    assert sorted(boxes(picture)) == ["key", "mix", "query", "value", "weights"]


def test_formula_and_program_have_the_boxes_too() -> None:
    cost = perceptron()
    page = show.bundle(cost)["text/html"]
    assert page.count("tutor-opened") >= 3
    shown = repr(show.show(cost, [v for v in Names.of([cost]).index if v.name == "W1"]))
    assert "hidden = tanh(dot(x, W1) + b1)" in shown
    assert "output = softmax(dot(hidden, W2) + b2)" in shown
    inputs = [v for v in Names.of([cost]).index if v.name in ("x", "t")]
    w = next(v for v in Names.of([cost]).index if v.name == "W1")
    page = show.bundle(tutor.function(inputs, [cost, tutor.grad(cost, w)]))["text/html"]
    assert "<summary># hidden</summary>" in page


@pytest.mark.parametrize("make", [perceptron, attention])
def test_every_view_holds_every_node_once_and_no_edge_is_lost(make: Any) -> None:
    cost = make()
    names = Names.of([cost])
    plain = without_plumbing(build([cost], names), names)
    found = Boxes(plain, names)
    views = found.views()
    assert [view.opened for view in views] == ["", *found.all, "all"]
    for view in views:
        held = [key for n in view.picture.nodes for key in (n.inside or (n.id,))]
        assert sorted(held) == sorted(n.id for n in plain.nodes)
        at = {key: n.id for n in view.picture.nodes for key in (n.inside or (n.id,))}
        edges = {(e.tail, e.head) for e in view.picture.edges}
        assert edges == {(at[e.tail], at[e.head]) for e in plain.edges if at[e.tail] != at[e.head]}
        order = {n.id: i for i, n in enumerate(view.picture.nodes)}
        assert all(order[tail] < order[head] for tail, head in edges)
    assert boxes(views[-1].picture) == []
    assert len(views[-1].picture.frames) == len(found.all)


def test_what_would_be_made_of_itself_is_no_box() -> None:
    x = T.dscalar("x")
    with tutor.scope("twice"):
        a, b = T.exp(x), T.sin(x)
    with tutor.scope("knot") as knot:
        pass
    c = a * b + 1
    with knot:
        d = T.cos(x) + 1
    y = T.tanh(c) * d
    with knot:
        z = T.log(y) + T.exp(y)
    picture, _ = seen(z)
    assert boxes(picture) == ["twice"]


def test_plumbing_is_left_out_unless_it_is_asked_for() -> None:
    cost = perceptron()
    names = Names.of([cost])
    whole = build([cost], names)
    assert is_large(whole)
    assert {"shape", "arange", "[0]", "to float64"} <= {n.label for n in whole.nodes}
    plain = without_plumbing(whole, names)
    assert {"shape", "[0]", "to float64"}.isdisjoint(n.label for n in plain.nodes)
    sizes = [n for n in plain.nodes if n.kind == CONSTANT]
    assert [n.label for n in sizes] == ["arange(shape(t)[0])", "sizes"]
    assert "shape(t)" in sizes[0].formula
    asked = Names.of([cost], plumbing=True)
    assert without_plumbing(whole, asked) == whole
    labels = re.findall(r'tutor-label"[^>]*>([^<]*)<', show.show(cost, plumbing=True).html())
    assert "shape" in labels
    labels = re.findall(r'tutor-label"[^>]*>([^<]*)<', show.show(cost).html())
    assert "shape" not in labels


def test_an_exploration_leaves_plumbing_out_too_unless_it_is_asked_for() -> None:
    cost = perceptron()
    given = {v: np.ones((2, 4)) if v.name == "x" else [0, 1] for v in Names.of([cost]).index
             if v.name in ("x", "t")}
    rows = [tutor.explore(cost, None, given, plumbing=asked)._table().count("<tr>")
            for asked in (False, True)]
    assert rows[1] - rows[0] == 6  # shape, [0] and arange, and in the mean: shape, [0] and a cast


def test_a_small_graph_stays_as_it_is() -> None:
    x = T.dmatrix("x")
    y = hidden(x) + hidden(x)
    assert "tutor-box" not in show.bundle(y)["text/html"].split("</style>")[1]
