"""Boxes by meaning: what a scope made is one box, open or closed, and plumbing is left out."""

import re
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.pictured import MODELS
from tutor import show
from tutor.core.graph import Variable
from tutor.ops.examples import EXAMPLES
from tutor.pictures.boxes import Boxes, boxes_in, is_large, results, without_plumbing
from tutor.pictures.picture import BOX, CONSTANT, OP, Names, Picture, build
from tutor.pictures.shapes import shape_words, shapes_of


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
    whole = build(outputs, names)
    found = boxes_in(whole, names)
    return whole if found is None else found.closed(), names


def boxes(picture: Picture) -> list[str]:
    return [n.label for n in picture.nodes if n.kind == BOX]


def test_a_perceptron_is_three_boxes_and_its_derivative_mirrors_them() -> None:
    cost = perceptron()
    picture, names = seen(cost)
    assert boxes(picture) == ["hidden", "output", "loss"]
    assert [n.label for n in picture.nodes if n.kind == OP] == []
    assert [flow.lines for e in picture.edges for flow in e.flows] == [("(?, 6)",), ("(?, 3)",)]
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
    assert "hidden = tanh(x W₁ + b₁)" in shown
    assert "output = softmax(hidden W₂ + b₂)" in shown
    assert "∂L/∂W₁ = xᵀ((output − onehot(t)) W₂ᵀ ⊙ (1 − hidden²))/n" in shown
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


def test_plumbing_is_left_out_of_an_expression_where_it_is_of_its_derivative() -> None:
    """A small expression, and the derivatives of it that are large."""
    cost, wrt, given = MODELS["gaussian"]()
    assert not is_large(build([cost]))
    pages = [show.show(cost, wrt).html(), tutor.explore(cost, wrt, given)._table()]
    for page in pages:
        labels = re.findall(r'tutor-label"[^>]*>([^<]*)<', page)
        assert "sizes" in labels and "shape" not in labels
    labels = re.findall(r'tutor-label"[^>]*>([^<]*)<', show.show(cost, wrt, plumbing=True).html())
    assert "shape" in labels


def test_an_exploration_leaves_plumbing_out_too_unless_it_is_asked_for() -> None:
    cost = perceptron()
    given = {v: np.ones((2, 4)) if v.name == "x" else [0, 1] for v in Names.of([cost]).index
             if v.name in ("x", "t")}
    rows = [tutor.explore(cost, None, given, plumbing=asked)._table().count("<tr>")
            for asked in (False, True)]
    assert rows[1] - rows[0] == 6  # shape, [0] and arange, and in the mean: shape, [0] and a cast


def small(name: str = "") -> Variable:
    """Return a logistic regression, with a scope of this name in it."""
    x, w, b, t = T.dmatrix("x"), parameter("w", 4), tutor.shared(0.0, "b"), T.dvector("t")
    with tutor.scope(name) if name else nullcontext():
        p = T.nnet.sigmoid(T.dot(x, w) + b)
    return T.mean((p - t) ** 2)


def test_a_small_graph_has_the_boxes_that_its_writer_asked_for() -> None:
    assert not is_large(build([small()]))
    assert boxes(seen(small())[0]) == []
    assert boxes(seen(small("linear"))[0]) == ["linear"]
    x = T.dmatrix("x")
    assert boxes(seen(T.exp(hidden(x)) + 1)[0]) == []
    assert sorted(boxes(seen(hidden(x) + hidden(x))[0])) == ["hidden1", "hidden2"]
    with tutor.scope("all"):
        y = T.exp(x) + 1
    assert boxes(seen(y)[0]) == []
    with tutor.scope("squash"):
        y = T.tanh(T.dot(x, x.T))
    with tutor.scope("end"):
        y = y.sum()
    assert boxes(seen(y)[0]) == ["squash", "end"]
    back, _ = seen(tutor.grad(y, x))
    assert "∂squash" in boxes(back)


def test_small_boxes_are_in_formulas_programs_and_explorations_too() -> None:
    cost = small("linear")
    inputs = [v for v in Names.of([cost]).index if v.name in ("x", "t")]
    [w] = [v for v in Names.of([cost]).index if v.name == "w"]
    assert "linear = σ(x w + b)" in repr(show.show(cost, w))
    assert "<summary># linear</summary>" in show.bundle(tutor.function(inputs, cost))["text/html"]
    told = tutor.explore(cost, w, {inputs[0]: np.ones((2, 4)), inputs[1]: [0, 1]})
    views = [[view["opened"] for view in graph["views"]] for graph in told.data["graphs"]]
    assert views == [["", "b0", "all"]] * 2


def test_each_box_of_a_page_lies_over_what_it_opens() -> None:
    page = show.show(small("linear"), plumbing=True).html()
    assert page.count("<details") == 1
    assert 'data-box="b0"><summary data-node="b0"' in page
    x = T.dmatrix("x")
    page = show.show(hidden(x) + hidden(x)).html()
    [name] = set(re.findall(r'<details class="tutor-opened" name="(tutor-[0-9a-f]{8})"', page))
    for seen_in in ("b0", "b1", "all"):
        places = re.findall(rf'.{name}:has\(\[data-box="{seen_in}"\]\[open\]\) '
                            r'\[data-box="(\w+)"\]', page)
        assert sorted(places) == ["b0", "b1"], seen_in


@pytest.mark.parametrize(("made", "shape"), [
    (lambda x: T.dot(x, parameter("w", 784, 10)), "(?, 10)"),
    (lambda x: T.nnet.softmax(T.dot(x, parameter("w", 784, 10)) + parameter("b", 10)), "(?, 10)"),
    (lambda x: parameter("e", 50, 7)[x.argmax(axis=1)], "(?, 7)"),
    (lambda x: x.sum(axis=1, keepdims=True), "(?, 1)"),
    (lambda x: T.nnet.conv2d(x.dimshuffle(0, "x", 1, "x"), parameter("f", 6, 1, 5, 1)),
     "(?, 6, ?, 1)"),
    (lambda x: T.dot(x, x.T), ""), (lambda x: x[x > 0], ""), (lambda x: T.nonzero(x)[0], ""),
    (lambda x: T.concatenate([x, x]), ""), (lambda x: x + 1, ""),
    (lambda x: T.ones((3, 4)) + T.arange(4), "(3, 4)"),
])
def test_shapes_are_told_as_far_as_they_are_known(made: Any, shape: str) -> None:
    y = made(T.dmatrix("x"))
    assert shape_words(shapes_of([y])[y]) == shape


def test_an_operand_has_the_shape_that_it_must_have() -> None:
    x = T.dmatrix("x")
    y = T.tanh(x)
    assert shapes_of([y + T.dot(y, parameter("w", 784, 10)).sum()])[y] == (None, 784)


def test_a_shape_that_is_told_is_the_shape_there_is() -> None:
    """Of every example of every op, with inputs of which no size is known, and gradients of it."""
    told = 0
    for one in (example for several in EXAMPLES.values() for example in several):
        inputs = [T.constant(value).type() for value in one.values]
        built = one.build(*inputs)
        outputs = built if isinstance(built, (list, tuple)) else [built]
        known = shapes_of(outputs)
        f = tutor.function(inputs, outputs, mode="interpret", on_unused_input="ignore")
        for v, value in zip(outputs, f(*one.values), strict=True):
            sizes = [(size, real) for size, real in zip(known.get(v, ()), np.shape(value),
                                                        strict=False) if size is not None]
            told += len(sizes)
            assert all(size == real for size, real in sizes), (v, known[v], np.shape(value))
    assert told > 100


def test_a_function_is_shown_though_folding_takes_one_of_its_boxes_away() -> None:
    cost, params, given = MODELS["lenet"].__wrapped__()  # type: ignore[attr-defined]
    steps = [(v, v - 0.1 * g) for v, g in zip(params, tutor.grad(cost, params), strict=True)]
    shown = show.bundle(tutor.function([*given], cost, updates=steps))["text/html"]
    assert "… 28 more nodes" in shown
    assert '<summary data-node="b0"' in shown
