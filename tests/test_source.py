"""What is written for speed alone gives the values and dtypes of the plain program."""

import re
from fractions import Fraction

import numpy as np
import pytest

import tutor
import tutor.tensor as T

HOSTILE = [0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 5e-324, 1e308, -1e-310, 3e38]
NUMBERS = [0.1, -0.0, 3, -7, 1e-300, 2**14, True]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_beside_an_array_is_as_in_numpy(dtype, number):
    v = T.TensorType(dtype, [False])("v")
    with np.errstate(all="ignore"):
        a = np.array(HOSTILE).astype(dtype)
        for op in ("add", "sub", "mul", "true_div", "maximum", "minimum"):
            for turned in (False, True):
                numpy = {"sub": "subtract", "true_div": "divide", "mul": "multiply"}.get(op, op)
                pair, given = ([number, v], [number, a]) if turned else ([v, number], [a, number])
                e = getattr(T, op)(*pair)
                found = tutor.function([v], e, mode="FAST_COMPILE")(a)
                wanted = getattr(np, numpy)(*given).astype(e.dtype)
                assert found.dtype == e.dtype
                np.testing.assert_array_equal(found, wanted)
                np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int8", "bool"])
def test_a_shared_number_among_numbers(dtype):
    s, x = tutor.shared(np.array(1, dtype), "s"), T.dscalar("x")
    step = tutor.function([x], [s * 2 + x, s / 2, T.cast(s, "float32")],
                          updates=[(s, T.cast(s * 2 - 1, dtype))])
    for _ in range(3):
        for value in step(0.5):
            assert isinstance(value, np.ndarray)
    assert isinstance(s.get_value(borrow=True), np.ndarray) and s.get_value().dtype == dtype


def test_a_shared_number_divided_by_zero_is_infinite():
    s = tutor.shared(1.0, "s")
    assert tutor.function([], [s / (s - 1), -s / (s - s)])() == [np.inf, -np.inf]


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "float64", "float32", "float16"])
def test_a_number_cast_to_floats(kind):
    x = T.TensorType(kind, [])("x")
    for dtype in ("float32", "float64"):
        for value in (0, 1, 100, 1e300 if kind == "float64" else 7):
            with np.errstate(all="ignore"):
                wanted = np.array(value, kind).astype(dtype)
            found = tutor.function([x], T.cast(x, dtype), mode="FAST_COMPILE")(
                np.array(value, kind))
            assert found.dtype == dtype and found == wanted


def test_one_cheap_operation_is_written_over_what_nobody_needs():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    a, b = np.random.default_rng(0).random((2, 200, 200))
    p = T.dot(x, w)
    cases = {"over": p * 0.5, "turned": p.T * 0.5, "twice": p * 0.5 + T.dot(p, w),
             "view": p.T + p[::-1], "column": p * x[:, 0].dimshuffle(0, "x"),
             "kept": [p * 0.5, p.T]}
    for name, wanted in cases.items():
        wanted = wanted if isinstance(wanted, list) else [wanted]
        f = tutor.function([x, w], [e + 0 for e in wanted])
        plain = tutor.function([x, w], wanted, mode="FAST_COMPILE")
        for _ in range(3):
            for found, right in zip(f(a, b), plain(a, b), strict=True):
                np.testing.assert_allclose(found, right, err_msg=name)
    f = tutor.function([x, w], T.dot(p * 0.5, w))
    assert re.search(r"multiply\((\w+), \w+, \1\)", "".join(line.text for line in f._lines))
    np.testing.assert_allclose(f(a, b), a @ b * 0.5 @ b)


def test_what_is_written_over_is_read_by_nobody_else():
    x, y = T.dvector("x"), T.dmatrix("y")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=5), rng.normal(size=(5, 5))
    e, m = T.exp(x), T.dot(y, y)
    cases = [
        [e * 2 + 1, e], [e * e], [(e + x) * x, x], [T.tanh(e)[::2] * 2, e[1:]], [m * 2, m.T],
        [T.real(x) * 2, x + 0], [T.set_subtensor(x[1], 3.0) * 2, x * 1], [m.T * 2 + m],
        [T.switch(x > 0, e * 2, e), e * 3], [(y.dimshuffle(1, 0) * 2) * y], [T.dot(e, y) - e],
        [T.maximum(e * x, 0).sum() + (e * x).max()], [-(e - 1) / (e + 1)], [(x + 1) * 2, y * 3],
    ]
    for outputs in cases:
        f = tutor.function([x, y], outputs, on_unused_input="ignore")
        plain = tutor.function([x, y], outputs, mode="FAST_COMPILE", on_unused_input="ignore")
        given = a.copy(), b.copy()
        for _ in range(2):
            for found, right in zip(f(*given), plain(a, b), strict=True):
                np.testing.assert_allclose(found, right, rtol=1e-12, err_msg=str(outputs))
        np.testing.assert_array_equal(given[0], a)
        np.testing.assert_array_equal(given[1], b)


@pytest.mark.parametrize("numbers", [
    [], [0.1] * 15, [0.1] * 16, [1e100, 1.0, -1e100], [-0.0], [-0.0, 0.0], [1.0, -1.0],
    [np.nan, 1.0], [np.inf, 1.0], [np.inf, -np.inf], [1.7e308, 1.7e308],
    [1.7e308, 1.7e308, -1.7e308], [5e-324, 5e-324]])  # fmt: skip
def test_a_few_numbers_are_added_up_as_nearly_as_can_be(numbers):
    x = T.dvector("x")
    a = np.array(numbers)
    with np.errstate(all="ignore"):
        plain = a.sum()
    found = tutor.function([x], [T.sum(x), 1 / T.sum(x)])(a)
    if np.isfinite(plain):
        true = float(sum(map(Fraction, numbers)))
        assert abs(found[0] - true) <= abs(plain - true)
        assert np.signbit(found[0]) == np.signbit(plain) or plain - true
        with np.errstate(all="ignore"):
            assert found[1] == np.divide(1, found[0])
    else:
        np.testing.assert_array_equal(found[0], plain)
    assert (found[0].dtype, found[0].shape) == ("float64", ())
