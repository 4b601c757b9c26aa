"""Explorations of anything: branches, several results, ops of users, any name, extreme values."""

import json

import numpy as np
import pytest

import tutor
import tutor.tensor as T

x, y = T.dscalars("x", "y")
v, m = T.dvector("v"), T.dmatrix("m")


@pytest.mark.parametrize(("value", "taken", "other", "derivative"),
                         [(1.0, "exp(x)", "log(-x)", np.e), (-2.0, "log(-x)", "exp(x)", -0.5)])
def test_nothing_is_passed_back_by_the_branch_that_is_not_taken(value, taken, other, derivative):
    from tutor.ifelse import ifelse
    found = tutor.explore(ifelse(x > 0, T.exp(x), T.log(-x)), wrt=x, values={x: value})
    assert found.suspect is None, "what was not taken is not to blame"
    words = found.steps
    assert f"{other} = not computed" in words
    assert f"{other} was not computed, and passes nothing back" in words
    assert f"∂y/∂({taken}) = 1" in words and words[-1] == f"∂y/∂x = {derivative:.4g}"
    table = found._repr_mimebundle_()["text/html"]
    assert "passes nothing back" in " ".join(step["html"] for step in found.data["steps"])
    assert "<table" in table


def test_all_results_of_an_operation_that_are_used_are_told_and_the_right_one_backwards():
    parts = T.nlinalg.svd(m)
    words = tutor.explore(list(parts), values={m: [[3, 0], [0, 2]]}).steps
    assert len(words) == 1 and all(f"svd(m)[{i}] = " in words[0] for i in range(3))
    values = T.nlinalg.eigh(m)
    found = tutor.explore(T.sum(values[1] ** 2), wrt=m, values={m: [[2, 1], [1, 3]]})
    assert any(step.startswith("∂y/∂(eigh(m)[1]) = ") for step in found.steps)
    drawn = T.shared_randomstreams.RandomStreams(1).normal((3,))
    assert not [step for step in tutor.explore(drawn * 2).steps if "RandomState" in step]


def test_variables_without_a_name_are_called_by_their_formulas_in_derivatives():
    u = x ** 2
    assert tutor.explore(T.exp(u), wrt=u, values={x: 1}).steps[-1] == "∂y/∂(x ** 2) = 2.718"
    assert "∂y/∂(x ** 2)" in repr(tutor.show(T.exp(u), wrt=[u]))
    flag = T.scalar("flag", dtype="bool")
    found = tutor.explore(T.switch(flag, x, y), wrt=flag, values={flag: True, x: 1, y: 2})
    assert found.gradients[flag].dtype == np.float64 and found.gradients[flag] == 0


def test_an_operation_of_a_users_that_fails_says_which_and_how():
    class Failing(tutor.Op):
        __props__ = ()

        def make_node(self, x):
            return tutor.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs):
            raise RuntimeError("no such file")

    assert tutor.explore(Failing()(x) * 2, values={x: 3}).steps == [
        "Failing(x) failed: RuntimeError: no such file"]


HOSTILE = ["<script>alert(1)</script><!--<script>", "\"'&\\", "日本語 \u202e\x00\n]]>", "",
           "y", "g", "ξ0"]


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_variable_is_called_pages_and_pictures_hold(name, tmp_path):
    from xml.etree import ElementTree
    a = T.dscalar(name)
    found = tutor.explore(T.exp(a * x) + a, wrt=[a, x], values={a: 1.0, x: 2.0})
    assert float(found.gradients[a]) == pytest.approx(2 * np.exp(2.0) + 1)
    page = found.html()
    script = page[page.index("const STORY"):page.rindex("</script>")]
    assert "<" not in script.split("\n")[0] and "<script>alert" not in page
    bundle = found._repr_mimebundle_()
    ElementTree.fromstring(bundle["image/svg+xml"])
    assert "<script>" not in bundle["text/html"] and "\x00" not in bundle["text/html"]
    assert "<script>" not in tutor.rewrites(T.log(1 + T.exp(a)))._repr_mimebundle_()["text/html"]
    for kind in ("svg", "png", "html", "dot", "tex"):
        tutor.save(T.exp(a), tmp_path / f"a.{kind}", wrt=a)


EXTREMES = [
    (v.sum(), v, {v: []}), (T.dot(m, m.T).sum(), m, {m: np.zeros((0, 3))}),
    (T.exp(v).sum(), v, {v: [np.nan, np.inf, -np.inf, 0.0]}), (x, x, {x: 5e-324}),
    (T.constant(2.0) * x, x, {x: 1e308}), (T.lscalar("i") ** 2, None, {"i": 2**62}),
    (T.exp(T.constant(3.0)), None, {}), (T.constant(3.0), None, {}),
    (tutor.shared(2.0, "c") ** 2, None, {}), (T.exp(T.zscalar("z")), None, {"z": 1 + 2j}),
    (x / y, [x, y], {x: 1, y: 0}),
    (T.sum(T.set_subtensor(v[0], x) ** 2), [v, x], {v: [1, 2], x: 5}),
]  # fmt: skip


@pytest.mark.parametrize(("cost", "wrt", "given"), EXTREMES)
def test_extreme_values_and_graphs_are_stepped_through(cost, wrt, given):
    found = tutor.explore(cost, wrt=wrt, values=given)
    json.dumps(found.data, allow_nan=False)
    assert found.steps and found.html() and repr(found)
