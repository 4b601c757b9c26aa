"""Explorations: the values of every step against NumPy's, what grows, what went wrong and where."""

import json
import re
import sys

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import show
from tutor.core.errors import ArgumentError, CostError, DTypeError, ShapeError
from tutor.core.walk import ancestors, graph_inputs, toposort
from tutor.pictures.page import pictures
from tutor.pictures.stage import data
from tutor.pictures.story import Story
from tutor.pictures.summary import at_a_glance
from tutor.pictures.values import Evaluator

x, y = T.dscalars("x", "y")
v, w = T.dvectors("v", "w")
m = T.dmatrix("m")
shared = tutor.shared(2.0, "c")

EXPRESSIONS = [
    ((x + 2 * y) ** 2 * T.sin(x), [x, y], {x: 1.0, y: 2.0}),
    (x * x * x, [x], {x: 2.0}),
    (T.sum(T.tanh(T.dot(m, v)) ** 2), [m, v], {m: [[1.0, 2.0], [3.0, -4.0]], v: [0.1, 0.2]}),
    (T.nnet.softmax(m)[0, 1], [m], {m: [[0.0, 1.0], [2.0, 3.0]]}),
    (T.switch(x > 0, x * y, T.exp(y)), [x, y], {x: 1.0, y: 0.5}),
    (T.max(v) - T.min(v), [v], {v: [3.0, 1.0, 2.0]}),
    (T.log(x) + 0 * y, [x], {x: 2.0, y: 1.0}),
]
IDS = ["chain", "power", "layer", "softmax", "switch", "extremes", "unused"]


@pytest.mark.parametrize(("cost", "wrt", "given"), EXPRESSIONS, ids=IDS)
def test_values_and_gradients_are_those_of_a_compiled_function(cost, wrt, given):
    found = tutor.explore(cost, wrt=wrt, values=given)
    inputs = list(given)
    nodes = [u for node in toposort([cost]) for u in node.outputs]
    right = tutor.function(inputs, [*nodes, *tutor.grad(cost, wrt)], on_unused_input="ignore")
    wanted = right(*given.values())
    for u, value in zip(nodes, wanted, strict=False):
        np.testing.assert_allclose(found.values[u], value, rtol=1e-12)
    for u, value in zip(wrt, wanted[len(nodes):], strict=True):
        np.testing.assert_allclose(found.gradients[u], value, rtol=1e-12)


@pytest.mark.parametrize(("cost", "wrt", "given"), EXPRESSIONS, ids=IDS)
def test_what_is_passed_back_adds_up_and_the_derivative_grows_by_what_is_new(cost, wrt, given):
    story = Story([cost], wrt, given)
    passed: dict = {}
    for step in story.steps:
        if step.arrived is not None and step.phase in ("backward", "done"):
            parts = passed.get(step.variable)
            if parts is not None:
                total = sum(story.values[p.result] for p in parts)
                np.testing.assert_allclose(story.values[step.arrived], total)
        for one in step.passed:
            passed.setdefault(one.operand, []).append(one)
    grown = [u for step in story.steps for u in step.grown]
    assert len(grown) == len(set(grown))
    new = set(ancestors(story.gradients)) - set(ancestors([cost]))
    assert new <= set(grown)
    assert [s.variable for s in story.steps if s.phase == "done"] == wrt


@pytest.mark.parametrize("make", [
    lambda: T.exp(x) * y / x, lambda: (-x) ** y, lambda: y ** (-x), lambda: (x ** 2) ** y,
    lambda: y / (-x) / (x * y), lambda: (x - y) ** 3 - (x / y) ** 3, lambda: (1 / x) ** 3,
    lambda: T.exp(x) / T.exp(x), lambda: abs(x - y) ** y, lambda: x ** x, lambda: (x * 2) ** -y,
])  # fmt: skip
def test_each_rule_gives_the_value_it_stands_beside(make):
    cost = make()
    wrt = [v for v in (x, y) if v in ancestors([cost])]
    found = Story([cost], wrt, {v: value for v, value in ((x, 1.5), (y, 2.0)) if v in wrt})
    names = {"x": 1.5, "y": 2.0, "sgn": np.sign, "sqr": np.square, "switch": np.where}
    for step in found.steps:
        for one in step.passed:
            g, value = (float(found.values[v]) for v in (step.arrived, one.result))
            with np.errstate(invalid="ignore"):  # the logarithm of a negative number
                told = eval(one.rule, vars(np) | names | {"g": g})
            assert np.isclose(told, value, equal_nan=True), one.rule


def test_the_rule_of_an_operand_is_written_with_its_brackets():
    rules = [one.latex for step in Story([(x ** 2) ** 3 + (x / y) ** 3], [x, y], {x: 1, y: 2}).steps
             for one in step.passed]
    assert r"g \cdot 3 \cdot \left(x^{2}\right)^{2}" in rules
    assert r"g \cdot 3 \cdot \left(\frac{x}{y}\right)^{2}" in rules


def test_the_rule_of_many_operands_speaks_of_each_by_its_own_formula():
    parts = [T.dvector() * (i + 2) for i in range(12)]
    given = {u.owner.inputs[0]: [1.0] for u in parts}
    joined = next(step for step in Story([T.sum(T.join(0, *parts))], list(given), given).steps
                  if step.node is not None and len(step.passed) == 12)
    for i, one in enumerate(joined.passed):
        assert f"* {i + 2})" in one.rule and "ξ" not in one.rule


def test_where_paths_meet_the_sum_is_told():
    words = tutor.explore(x * y + x, wrt=x, values={x: 3, y: 4}).steps
    assert words[-1] == "∂cost/∂x = 1 + 4 = 5" or words[-1] == "∂cost/∂x = 4 + 1 = 5"


def test_paths_meet_inside_too_and_rules_are_written_as_an_op_says_them():
    u = T.exp(x)
    words = tutor.explore(u * y + u, wrt=x, values={x: 0, y: 4}).steps
    assert any(w in words for w in ("∂cost/∂(exp(x)) = 1 + 4 = 5", "∂cost/∂(exp(x)) = 4 + 1 = 5"))
    [rule] = [one.rule for step in Story([T.nnet.sigmoid(x)], [x], {x: 0.5}).steps
              for one in step.passed]
    assert rule == "g * sigmoid(x) * (1 - sigmoid(x))"


def test_a_nan_that_was_passed_in_is_nobodys_fault():
    assert tutor.explore(T.exp(x) * 2, values={x: np.nan}).suspect is None


def test_it_opens_where_nan_began():
    found = tutor.explore(T.exp(x) + T.log(x - 1) * 2, values={x: 0.0})
    assert str(tutor.pp(found.suspect)) == "log(x - 1)"
    shown = found.data["steps"][found.data["start"]]
    assert shown["wrong"] and "nan" in shown["html"]
    assert "first to give nan" in repr(found)
    assert tutor.explore(T.exp(x), values={x: 0.0}).suspect is None


def test_without_arguments_it_opens_in_the_last_call_that_gave_nan(monkeypatch):
    monkeypatch.delattr(sys, "last_value", raising=False)
    f = tutor.function([v, x], T.sum(T.log(v - x)) * 2)
    f([3.0, 4.0], 1.0)
    assert np.isnan(f([3.0, 0.0], 1.0))
    f([3.0, 4.0], 1.0)
    for _ in range(2):
        found = tutor.explore()
        assert found.suspect.owner.op is T.log
        assert found.data["steps"][found.data["start"]]["wrong"]
    g = tutor.function([x], T.sqrt(x) + 1)  # of plain floats
    assert np.isnan(g(-4.0))
    assert tutor.explore().suspect.owner.op is T.sqrt
    with pytest.raises(ValueError, match="shape") as error:
        tutor.function([v, w], v + w)([1.0], [1.0, 2.0, 3.0])
    monkeypatch.setattr(sys, "last_value", error.value, raising=False)
    assert tutor.explore().suspect.owner.op is T.add
    assert np.isnan(g(-4.0)) and tutor.explore().suspect.owner.op is T.sqrt


@pytest.mark.parametrize("size", [2, 20_000])  # a large one is written over in place
def test_the_call_that_gave_nan_is_seen_with_what_it_updated_as_it_was_then(size, monkeypatch):
    monkeypatch.delattr(sys, "last_value", raising=False)
    w = tutor.shared(np.full(size, -1.0), "w")
    f = tutor.function([v], T.sum(T.log(w) * v), updates=[(w, w + 2 * v)])
    ones = np.ones(size)
    assert np.isnan(f(ones)) and np.isfinite(f(ones))
    for _ in range(2):
        found = tutor.explore()
        assert found.suspect.owner.op is T.log and found.values[w].tolist() == [-1.0] * size
        assert np.isnan(found.values[found.suspect]).all()
        assert w.get_value().tolist() == [3.0] * size


def test_the_numbers_in_the_picture_are_those_of_the_table():
    for outputs, wrt in (([x, x * 2 + y], None), ([T.sum(v) ** 2], [v]), ([x * y, y, x - y], None)):
        given = {u: np.ones(3) if u is v else 2.0 for u in graph_inputs(outputs)
                 if not hasattr(u, "data")}
        found = tutor.explore(outputs, wrt=wrt, values=given)
        forward = [step for step in found.story.steps if step.phase == "forward"]
        for drawn in pictures(found.story, 60):
            for node in drawn.picture.nodes:
                if node.badge:
                    step = forward[int(node.badge) - 1]
                    assert node.id == found.story.names.id(step.variable)
                    assert f"<th>{node.badge}</th>" in found._table()


def test_a_graph_that_rules_make_stable_says_so():
    f = tutor.function([v], T.log(T.exp(v).sum()))
    told = repr(tutor.explore(f, values=[[1000.0, 1000.0]]))
    assert "as they were written" in told and f"gives {f([1000.0, 1000.0])}." in told
    z = T.log(1 + T.exp(x))
    found = tutor.explore(z, wrt=x, values={x: 1000})
    assert "made stable by log1p, softplus" in found._table()
    assert "and gives 1000, 1." in found._table()
    assert found.data["verdict"] in repr(found)
    for honest in (T.log(x), T.exp(x) * 1e300):
        assert "as they were written" not in repr(tutor.explore(honest, values={x: -1e300}))


def test_it_opens_at_the_operation_that_failed():
    f = tutor.function([v, w], T.exp(v) * w + 1)
    with pytest.raises(ShapeError) as caught:
        f([1, 2], [1, 2, 3])
    found = tutor.explore(caught.value)
    assert tutor.pp(found.suspect) == "exp(v) * w"
    np.testing.assert_allclose(found.values[f.outputs[0].owner.inputs[0].owner.inputs[0]],
                               np.exp([1, 2]))
    assert found.data["steps"][-1]["wrong"] and found.data["start"] == len(found.data["steps"]) - 1
    again = tutor.explore(f, values=[[1, 2], [1, 2, 3]])
    assert again.steps == found.steps


def test_a_function_is_explored_with_its_updates_and_changes_nothing():
    c = tutor.shared(2.0, "c")
    f = tutor.function([x], c * x, updates={c: c + x})
    found = tutor.explore(f, values=[5.0])
    assert [float(found.values[u]) for u in (f.outputs[0], *f.updates.values())] == [10.0, 7.0]
    assert float(c.get_value()) == 2.0
    stream = T.shared_randomstreams.RandomStreams(1)
    drawn = stream.uniform()
    tutor.explore(drawn * 2)
    assert float(tutor.function([], drawn)()) == float(
        tutor.function([], T.shared_randomstreams.RandomStreams(1).uniform())())


@pytest.mark.parametrize(("wrong", "kind", "words"), [
    (lambda: tutor.explore(x + y, values={x: 1}), ArgumentError, "y has no value"),
    (lambda: tutor.explore(x, values={y: 1, x: 2}), ArgumentError, "y is no input"),
    (lambda: tutor.explore(x, values={"q": 1}), ArgumentError, "q is no input"),
    (lambda: tutor.explore(x + y), ArgumentError, "x, y have no value"),
    (lambda: tutor.explore(shared * x, values={shared: 1}), ArgumentError, "c is shared"),
    (lambda: tutor.explore(x, values={x: "a"}), ArgumentError, "the value of x"),
    (lambda: tutor.explore(x, values=3), DTypeError, "values"),
    (lambda: tutor.explore(3), DTypeError, "the int 3"),
    (lambda: tutor.explore([]), DTypeError, "list"),
    (lambda: tutor.explore(v, wrt=v, values={v: [1]}), CostError, "not a scalar"),
    (lambda: tutor.explore([x, y], wrt=x, values={x: 1, y: 1}), ArgumentError, "2"),
    (lambda: tutor.explore(ValueError("x")), ArgumentError, "did not come"),
    (lambda: tutor.explore(tutor.function([x], x), values=[1, 2]), ArgumentError, "1 argument"),
    (lambda: tutor.explore(tutor.function([x, y], x + y), values=[1]), ArgumentError, "y has no"),
    (lambda: tutor.explore(T.dscalar("a") + T.dscalar("a"), values={"a": 1}), ArgumentError,
     "several inputs are called a"),
    (lambda: tutor.rewrites(3), DTypeError, "the int 3"),
])
def test_what_is_wrong_is_said(wrong, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        wrong()


def first(graph):
    """Return the view that is seen first."""
    return graph["views"][0]


def test_the_data_is_plain_and_every_step_is_about_a_node_that_is_drawn():
    for cost, wrt, given in EXPRESSIONS:
        found = data(Story([cost], wrt, given))
        json.dumps(found, allow_nan=False)
        drawn, right = (set(re.findall(r'data-node="([^"]+)"', first(graph)["svg"]))
                        for graph in found["graphs"])
        assert found["steps"][0]["phase"] == "given"
        assert {step["node"] for step in found["steps"][1:]} <= drawn
        assert {key for step in found["steps"] for key in step["grown"]} & right
        assert drawn | right <= set(found["nodes"])


def test_every_step_inside_a_box_is_drawn_in_a_window_and_found_by_name():
    z = x
    for i in range(200):
        z = T.tanh(z + 0.01 * i)
        z.name = f"z{i}"
    found = data(Story([z], [x], {x: 0.5}))
    drawn = [set(re.findall(r'data-node="([^"]+)"', first(one)["svg"])) for one in found["graphs"]]
    inside = first(found["graphs"][0])["inside"]
    assert len(inside) > 300 and set(inside.values()) <= drawn[0]
    windows = [(set(one["nodes"]), set(re.findall(r'data-node="([^"]+)"', first(one)["svg"])))
               for one in found["windows"]]
    for step in found["steps"][1:]:
        assert (step["node"] in drawn[0]) != (step["node"] in inside)
        if step["node"] in inside:
            assert sum(step["node"] in own for own, _ in windows) == 1
    assert all(own <= shown for own, shown in windows)
    [hidden] = [key for key, told in found["nodes"].items() if told["name"] == "z100"]
    assert hidden in inside and found["nodes"][hidden]["value"]
    grown = {key for step in found["steps"] for key in step["grown"]}
    derivative = first(found["graphs"][1])
    made = [key for key in grown if key in drawn[1] or key in derivative["inside"]]
    assert len(made) > 500 and set(derivative["inside"].values()) <= drawn[1]


def test_the_page_is_one_file_without_the_network_and_the_table_needs_no_script():
    found = tutor.explore(x ** 2, wrt=x, values={x: 3})
    page = found.html()
    assert not re.search(r'(src|href)="(?!data:)', page)
    still = found._repr_mimebundle_()["text/html"]
    assert "<script" not in still and "<table" in still and ">9<" in still and "= 6" in still


def test_a_graph_of_a_thousand_operations_is_explored():
    z = x
    for _ in range(1000):
        z = T.tanh(z + 0.01)
    found = tutor.explore(z, wrt=x, values={x: 0.5})
    assert len(first(found.data["graphs"][0])["svg"]) < 2_000_000
    assert len(found.html()) < 1_500_000
    np.testing.assert_allclose(found.values[z], tutor.function([x], z)(0.5))


def test_a_value_at_a_glance():
    assert at_a_glance(np.float64(1 / 3)).words == "0.3333"
    assert at_a_glance(np.arange(3.0)).words == "[0, 1, 2]"
    spoiled = np.array([np.inf, np.nan, 1.0, 2.0] * 10)
    assert at_a_glance(spoiled).words == (
        "vector of 40, from 1 to 2, mean 1.5, 10 nan, 10 inf")
    shown = at_a_glance(np.linspace(-1, 1, 60).reshape(6, 10)).html
    assert "data:image/png" in shown and "blue −1, white 0, orange 1" in shown
    assert at_a_glance(np.zeros((0, 3))).words
    broken = np.array([[1.0, np.nan, 3.0, 2.0] * 2, [np.inf, 2.0, 3.0, 4.0] * 2, [1.0] * 8])
    assert "from 1 to 4, mean 1.9" in at_a_glance(broken).words
    assert at_a_glance(broken).words.endswith("2 nan, 2 inf")
    assert "hatched nan or inf" in at_a_glance(broken).html
    assert "hatched" not in at_a_glance(np.nan_to_num(broken)).html
    assert "1 nan" in show.bundle(tutor.shared(np.append(np.ones(20), np.nan)))["text/html"]
    huge = np.full(100, 1e308)
    assert "mean 1e+308" in at_a_glance(huge).words


def test_inputs_have_their_values_in_the_picture_and_in_the_steps():
    found = tutor.explore((x + 2 * y) ** 2 * shared, wrt=[x], values={x: 1, y: 2})
    for drawing in (first(found.data["graphs"][0])["svg"], found._table()):
        texts = re.findall(r'class="tutor-flow tutor-value"><text[^>]*>([^<]*)<', drawing)
        assert {"1", "2", "4", "5", "25"} <= set(texts)
    assert found.data["steps"][0]["words"] == "What goes in: y = 2, x = 1, c = 2"
    assert "∂ 20" in first(found.data["graphs"][0])["svg"]


def test_a_shared_variable_shows_its_value_and_what_was_recorded_of_it():
    W = tutor.shared(np.linspace(-1, 1, 60).reshape(6, 10), "W")
    shown = tutor.show(W)._repr_mimebundle_()["text/html"]
    assert "W, 6 × 10" in shown and ">−1</text>" in shown and "data-readings" in shown
    c = tutor.shared(0.0, "c")
    assert "recorded" not in tutor.show(c)._repr_mimebundle_()["text/html"]
    f = tutor.function([v], T.sum((v - c) ** 2),
                       updates={c: c - 0.05 * tutor.grad(T.sum((v - c) ** 2), c)})
    run = tutor.live.Descent(f, [[1, 2, 3, 4, 5]], watch=[c])
    run.run(20)
    shown = tutor.show(c)._repr_mimebundle_()["text/html"]
    assert "21 values, from 0 to 3" in shown and "<polyline" in shown
    run.reset()
    assert "recorded" not in tutor.show(c)._repr_mimebundle_()["text/html"]
    assert "vector of 40" in repr(tutor.show(np.arange(40.0)))


def test_an_input_by_itself_and_arguments_with_defaults_are_explored():
    assert tutor.explore(x, values={x: 1}).steps == ["x = 1"]
    f = tutor.function([x, tutor.In(y, value=2.0)], x + y)
    assert tutor.explore(f, values=[1]).steps == ["x + y = 3"]
    assert tutor.explore(f, values={x: 1, y: 5}).steps == ["x + y = 6"]


def test_every_kind_of_graph_is_explored():
    s, _ = tutor.scan(lambda a, c: a * c, sequences=v,
                      outputs_info=T.constant(1.0, dtype="float64"))
    z = T.zscalar("z")
    op = tutor.OpFromGraph([x, y], [x * y + 1])
    draws = T.shared_randomstreams.RandomStreams(3).normal((3,))
    for cost, wrt, given, wanted in [
        (s[-1], v, {v: [1, 2, 3]}, [6, 3, 2]),
        (op(x, y) ** 2, y, {x: 1, y: 2}, 6),
        (abs(z) ** 2, z, {z: 1 + 2j}, 2 + 4j),
        (v.sum(), v, {v: []}, []),
        (T.sum(draws * x), x, {x: 2}, None),
    ]:
        found = tutor.explore(cost, wrt=wrt, values=given)
        if wanted is not None:
            np.testing.assert_allclose(found.gradients[wrt], wanted)
        assert len(found.html()) > 10_000 and repr(found)


def test_a_function_links_its_lines_with_its_picture_and_shows_measured_times_on_both():
    f = tutor.function([m, v], T.sum(T.tanh(T.dot(m, v)) ** 2))
    shown = tutor.show(f)._repr_mimebundle_()["text/html"]
    linked = re.findall(r'<span data-of="(n\d+)"', shown)
    assert len(linked) >= 3 and all(f'data-node="{key}"' in shown for key in linked)
    assert all(f'[data-of="{key}"]:is(:hover,:focus)' in shown for key in linked)
    assert "µs" not in shown
    f = tutor.function([m, v], T.sum(T.tanh(T.dot(m, v)) ** 2), profile=True)
    f(np.ones((3, 2)), [1, 2])
    shown = tutor.show(f)._repr_mimebundle_()["text/html"]
    assert re.search(r'µs +v\d+ = tanh', re.sub("<[^>]+>", "", shown))
    assert re.search(r'tutor-note"[^>]*>[^<]*µs', shown)


def test_the_branch_that_is_not_taken_is_not_computed():
    from tutor.ifelse import ifelse
    z = ifelse(x > 0, T.exp(x), T.log(x))
    found = Evaluator([z])({x: 1.0})
    assert found.problem is None and T.log(x).owner not in found.values
    assert "not computed" in " ".join(tutor.explore(z, values={x: 1.0}).steps)


def test_derivatives_by_two_variables_of_one_name_have_two_names():
    a, b = T.dscalar("x"), T.dscalar("x")
    told = tutor.explore(a * b + a, wrt=[a, b], values={a: 2, b: 3})
    assert told.steps[-2:] == ["∂y/∂x⟨1⟩ = 1 + 3 = 4", "∂y/∂x⟨2⟩ = 2"]
    both = tutor.show(a * b + a, wrt=[a, b])._repr_mimebundle_()["text/latex"]
    assert r"\frac{\partial y}{\partial {x}^{\langle 2\rangle}}" in both
