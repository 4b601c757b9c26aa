"""`ifelse`: only the branch that is taken runs, in the gradient too, inside loops, with sharing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Apply
from tutor.core.op import Op
from tutor.ifelse import ifelse

RAN: list[str] = []


class Noting(Op):
    """The identity, which notes that it ran; its gradient notes so too."""

    __props__ = ("label_",)

    def __init__(self, label):
        self.label_ = label

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        RAN.append(self.label_)
        outputs[0][0] = inputs[0].copy()

    def grad(self, inputs, cotangents):
        return [Noting(f"d{self.label_}")(cotangents[0])]


def ran(f, *values):
    RAN.clear()
    return f(*values), sorted(RAN)


def test_one_branch_runs():
    c, x = T.lscalar("c"), T.dvector("x")
    f = tutor.function([c, x], ifelse(c, Noting("a")(x) * 2, Noting("b")(x) * 3))
    assert ran(f, 1, [1.0])[1] == ["a"]
    value, notes = ran(f, 0, [1.0])
    assert value.tolist() == [3] and notes == ["b"]


def test_one_branch_runs_backwards_too():
    c, x, w = T.lscalar("c"), T.dvector("x"), T.dvector("w")
    h = Noting("h")(x * w)  # both need it
    y = ifelse(c, Noting("a")(T.exp(h)), Noting("b")(T.sin(h))).sum()
    f = tutor.function([c, x, w], [y, *T.grad(y, [x, w])])
    (_, gx, gw), notes = ran(f, 1, [1.0, 2.0], [3.0, 4.0])
    assert notes == ["a", "da", "dh", "h"]
    np.testing.assert_allclose(gx, np.exp([3.0, 8.0]) * [3, 4])
    (_, gx, gw), notes = ran(f, 0, [1.0, 2.0], [3.0, 4.0])
    assert notes == ["b", "db", "dh", "h"]
    np.testing.assert_allclose(gw, np.cos([3.0, 8.0]) * [1, 2])


def test_what_is_used_outside_runs_always_and_once():
    c, x = T.lscalar("c"), T.dvector("x")
    a, b = Noting("a")(x), Noting("b")(x)
    f = tutor.function([c, x], [ifelse(c, a, b), a + 1])
    assert ran(f, 1, [1.0])[1] == ["a"]
    assert ran(f, 0, [1.0])[1] == ["a", "b"]


def test_choices_by_one_condition_share_their_branches():
    c, x = T.lscalar("c"), T.dvector("x")
    a, b = Noting("a")(x), Noting("b")(x)
    f = tutor.function([c, x], [ifelse(c, a, b), ifelse(c, a * 2, x)])
    assert ran(f, 1, [1.0])[1] == ["a"]
    assert ran(f, 0, [1.0])[1] == ["b"]
    across = tutor.function([c, x], [ifelse(c, a, b), ifelse(c, b, a)])
    assert ran(across, 1, [1.0])[1] == ["a", "b"]


def test_a_choice_in_a_choice():
    c, d, x = T.lscalar("c"), T.dscalar("d"), T.dvector("x")
    inner = ifelse(Noting("d")(d) > 0, Noting("a")(x), Noting("b")(x))
    y = ifelse(c, inner, Noting("e")(x))
    f = tutor.function([c, d, x], [y, T.grad(y.sum(), x)])
    assert [ran(f, *v, [1.0])[1] for v in ((1, 1.0), (1, -1.0), (0, 1.0))] == [
        ["a", "d", "da"],
        ["b", "d", "db"],
        ["de", "e"],
    ]


def test_an_index_out_of_range_in_the_other_branch_does_not_matter():
    n, x = T.lscalar("n"), T.dvector("x")
    f = tutor.function([n, x], ifelse(n < x.shape[0], x[n], T.constant(-1.0, dtype="float64")))
    assert [f(i, [5.0, 6.0]) for i in (0, 1, 2)] == [5, 6, -1]


def test_in_a_long_graph_too():
    c, x = T.lscalar("c"), T.dvector("x")
    y = x
    for _ in range(5000):
        y = T.sin(y)
    f = tutor.function([c, x], ifelse(c, Noting("a")(y), Noting("b")(x)))
    assert ran(f, 0, [1.0])[1] == ["b"] and ran(f, 1, [1.0])[1] == ["a"]


@pytest.mark.parametrize("form", [list, tuple])
def test_several_results_keep_their_form(form):
    c, x, y = T.lscalar("c"), T.dvector("x"), T.dmatrix("y")
    found = ifelse(c, form([x, y]), form([x * 2, y * 2]), name="pick")
    assert type(found) is form and [v.ndim for v in found] == [1, 2]
    assert str(found[0].owner.op) == "if{pick}"
    f = tutor.function([c, x, y], list(found))
    assert [v.tolist() for v in f(0, [1.0], [[2.0]])] == [[2], [[4]]]
    cost = found[0].sum() * found[1].sum()
    slopes = tutor.function([c, x, y], T.grad(cost, [x, y]))
    assert [v.tolist() for v in slopes(0, [3.0], [[5.0]])] == [[20], [[12]]]
    assert len(ifelse(c, [x], [x])) == 1


def test_results_are_nobody_elses():
    c, x = T.lscalar("c"), T.dvector("x")
    f = tutor.function([c, x], ifelse(c, x, x * 2))
    data = np.array([1.0, 2.0])
    f(1, data)[0] = 9
    assert data.tolist() == [1, 2]
    number, held = T.dscalar("n"), np.array(1.0)
    h = tutor.function([c, number], ifelse(c, number, number * 2).dimshuffle("x"))
    h(1, held)[0] = 9
    assert held == 1
    s = tutor.shared(np.zeros(2))
    g = tutor.function([c], [], updates={s: ifelse(c, s + 1, s)})
    before = s.get_value(borrow=True)
    g(0), g(1), g(1)
    assert s.get_value().tolist() == [2, 2] and before.tolist() == [0, 0]


def test_the_gradient_of_what_only_one_branch_has_is_zero_in_the_other():
    c, x = T.lscalar("c"), T.dvector("x")
    h = T.exp(x)
    y = ifelse(c, h, x * 0).sum()
    f = tutor.function([c, x], T.grad(y, h))
    assert f(1, [1.0, 2.0]).tolist() == [1, 1] and f(0, [1.0, 2.0]).tolist() == [0, 0]
    again = tutor.function([c, x], T.grad(T.grad(y, x).sum(), x))
    np.testing.assert_allclose(again(1, [1.0, 2.0]), np.exp([1, 2]))
    assert again(0, [1.0, 2.0]).tolist() == [0, 0]


def test_in_a_loop_and_with_random_streams():
    from tutor.tensor.shared_randomstreams import RandomStreams

    x = T.dvector("x")
    found, _ = tutor.scan(
        lambda v, s: s + ifelse(v > 0, Noting("a")(v), Noting("b")(v * v)),
        sequences=x,
        outputs_info=T.constant(0.0, dtype="float64"),
    )
    f = tutor.function([x], [found[-1], T.grad(found[-1], x)])
    (total, slope), notes = ran(f, [1.0, -2.0, 3.0])
    assert total == 8 and slope.tolist() == [1, -4, 1]
    assert notes == ["a", "a", "b", "da", "da", "db"]
    c, u = T.lscalar("c"), RandomStreams(1).uniform((2,))
    g = tutor.function([c], ifelse(c, u, u * 0))
    first, _, third = g(1), g(0), g(1)  # the stream moves on, whichever branch is taken
    draws = np.random.RandomState(int(np.random.RandomState(1).randint(2**30))).uniform(size=6)
    np.testing.assert_array_equal([*first, *third], [*draws[:2], *draws[4:]])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_nest_of_choices_is_that_of_switches(data):
    conditions = [T.lscalar(f"c{i}") for i in range(3)]
    x, y = T.dvector("x"), T.dvector("y")
    pool = [(x, x), (y, y)]
    for _ in range(data.draw(st.integers(3, 9))):
        a, b = data.draw(st.sampled_from(pool)), data.draw(st.sampled_from(pool))
        kind = data.draw(st.sampled_from(["add", "mul", "sin", "if", "if"]))
        if kind == "if":
            c = data.draw(st.sampled_from(conditions))
            pool.append((ifelse(c, a[0], b[0]), T.switch(c, a[1], b[1])))
        else:
            f = {"add": T.add, "mul": T.mul, "sin": lambda u, v: T.sin(u)}[kind]
            pool.append((f(a[0], b[0]), f(a[1], b[1])))
    first, second = [sum(v[k] for v in pool[2:]).sum() for k in (0, 1)]
    lazy, eager = [[v, *T.grad(v, [x, y], disconnected_inputs="ignore")] for v in (first, second)]
    f = tutor.function([*conditions, x, y], [*lazy, *eager], on_unused_input="ignore")
    for bits in range(8):
        found = f(bits & 1, bits >> 1 & 1, bits >> 2, [0.3, -0.7], [1.1, 0.4])
        for one, two in zip(found[:3], found[3:], strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "build, kind, words",
    [
        (lambda x: ifelse(x, x, x), DTypeError, "condition is a scalar"),
        (lambda x: ifelse(1, x, x.astype("float32")), DTypeError, "float32"),
        (lambda x: ifelse(1, x, x.sum()), DTypeError, "scalar"),
        (lambda x: ifelse(1, [x, x], [x]), BadValueError, "2 results"),
        (lambda x: ifelse(1, x.dimshuffle(0, "x"), x.dimshuffle("x", 0)), DTypeError, "row"),
    ],
)
def test_what_is_wrong(build, kind, words):
    with pytest.raises(kind, match=words):
        build(T.dvector("x"))
