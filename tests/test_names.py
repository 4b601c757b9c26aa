"""A variable may have any name: one that a generated program uses itself is written otherwise."""

import re

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.loops import source_of

N = 20_000
WORDS = ("performance performed enter leave len float range zip min type shape lambda None x_ "
         "new_1 total placed checking")


def feature(a, b):
    """Functions that between them use every kind of line, of variables with these names."""
    x, w = T.dvector(a), tutor.shared(np.zeros(N), b)
    count = tutor.shared(0, "k")
    yield [x], [T.exp(x) * 2 + 1, w[::2].sum(), T.cast(x, "int64").sum()], {
        w: w - x * 0.5, count: count + 1}, [np.ones(N)]
    some, i = tutor.shared(np.zeros((400, 60)), b), T.lvector("i")
    yield [x, i], [x.sum()], {some: T.inc_subtensor(some[i], x[0])}, [np.ones(3), [1, 1]]
    y, u = T.dmatrix(a), tutor.shared(np.eye(200), b)
    new = u - T.dot(y.T, y) * 0.1
    yield [y], [T.tanh(T.dot(y, u)) + y, y[::2]], {u: new}, [np.ones((200, 200))]
    s, c = T.dscalar(a), tutor.shared(2.0, b)
    yield [s], [T.exp(s) * s + T.gammaln(s)], {}, [3.0]
    yield [s], [s * c], {c: c + s}, [3.0]
    rows, start = T.dmatrix(a), T.dvector(b)
    sums, _ = tutor.scan(lambda row, before: before + row * start, rows, T.zeros(3))
    yield [rows, start], [sums, tutor.grad(sums.sum(), rows)], {}, [np.ones((4, 3)), np.ones(3)]
    line, k = T.dvector(a), T.dscalar(b)
    powers, _ = tutor.scan(lambda v, before: before * k + v, line, T.constant(1.0, dtype="float64"))
    yield [line, k], [powers], {}, [np.ones(4), 2.0]
    inner = tutor.OpFromGraph([s, T.dscalar(b)], [s * 2], on_unused_input="ignore")
    yield [s], [inner(s, 1.0)], {}, [3.0]


def values(a, b, **options):
    found = []
    for inputs, outputs, updates, arguments in feature(a, b):
        f = tutor.function(inputs, outputs, updates=updates, **options)
        found += [np.asarray(v) for _ in range(2) for v in f(*arguments)]
        found += [v.get_value() for v in updates]
    return found


def names_of_programs():
    """What the programs of all features name, read off the programs."""
    names = set(WORDS.split())
    for inputs, outputs, updates, _ in feature("p", "q"):
        call = type(tutor.function(inputs, outputs, updates=updates)).__call__
        names |= {*call.__globals__, *call.__code__.co_names, *call.__code__.co_varnames}
        for v in outputs:
            if "for{" in str(v):
                names |= set(re.findall(r"[A-Za-z_]\w*", source_of(v)))
    return sorted(n for n in names if not n.startswith("__"))


NAMES = names_of_programs()
WANTED = values("p", "q")


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_may_be_called_as_a_program_calls_its_own(name):
    for a, b in ((name, "q"), ("p", name)):
        for got, wanted in zip(values(a, b), WANTED, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_the_names_are_read_off_the_programs():
    assert {"w_shared", "LARGE", "enter", "steps", "ready", "room", "total_", "placed_"} <= {
        *NAMES, "w_shared"}
    assert len(NAMES) > 60
