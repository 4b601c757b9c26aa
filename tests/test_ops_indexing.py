"""Indexing against NumPy over indices that nobody thought of: reading, writing, gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.core.errors import TutorError
from tutor.core.types import TensorType

QUICK = settings(max_examples=150, deadline=None)


@st.composite
def arrays(draw, smallest=0, dtypes=("float64", "int64", "float32", "bool", "uint8")):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=smallest, max_size=4)))
    dtype = draw(st.sampled_from(dtypes))
    values = np.arange(1, 1 + int(np.prod(shape))).reshape(shape)
    return (values % 2 if dtype == "bool" else values).astype(dtype)


@st.composite
def part_for(draw, size, advanced, length):
    """One part of an index into a dimension of this size."""
    number = st.integers(-size, size - 1)
    bound = st.none() | st.integers(-size - 1, size + 1)
    kinds = [number, st.builds(slice, bound, bound, st.none() | st.sampled_from([1, 2, -1, -2]))]
    if advanced:
        kinds += [st.lists(number, min_size=length, max_size=length).map(np.array)]
    return draw(st.one_of(kinds))


@st.composite
def indexed(draw, advanced=True, repeats=True):
    """An array and an index that NumPy accepts for it."""
    x = draw(arrays())
    length = draw(st.integers(1, 3))
    parts = [draw(part_for(n, advanced, length)) for n in x.shape[:draw(st.integers(0, x.ndim))]]
    if advanced and parts and x.ndim and draw(st.booleans()) and not any(
            isinstance(p, np.ndarray) for p in parts):
        parts[0] = draw(st.lists(st.booleans(), min_size=x.shape[0], max_size=x.shape[0])
                        .map(np.array))
    if draw(st.booleans()) and len(parts) < x.ndim:
        parts.append(Ellipsis)
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return x, tuple(parts)


def symbols(index):
    """The index with a symbol for each array and every number, and the values of these."""
    inputs, values = [], []

    def one(part):
        if isinstance(part, slice):
            return slice(*[None if p is None else one(p) for p in (part.start, part.stop,
                                                                   part.step)])
        if part is None or part is Ellipsis:
            return part
        value = np.asarray(part)
        v = TensorType(value.dtype.name, (False,) * value.ndim)()
        inputs.append(v)
        values.append(value)
        return v
    return tuple(one(p) for p in index), inputs, values


@QUICK
@given(indexed(), st.booleans())
def test_reading_is_numpys(case, symbolic):
    x, index = case
    v = TensorType(x.dtype.name, (False,) * x.ndim)("x")
    used, inputs, values = symbols(index) if symbolic else (index, [], [])
    out = v[used]
    wanted = x[index]
    assert out.ndim == wanted.ndim
    for mode in ("FAST_RUN", "FAST_COMPILE", "interpret"):
        got = tutor.function([v, *inputs], out, mode=mode)(x, *values)
        assert got.dtype == wanted.dtype
        assert out.type.is_super(got)
        np.testing.assert_array_equal(got, wanted)


@QUICK
@given(indexed(), st.sampled_from(["set", "inc"]), st.booleans(), st.booleans())
def test_writing_is_numpys(case, mode, symbolic, number):
    x, index = case
    x = np.asarray(x)
    if x.dtype == bool and mode == "inc":
        mode = "set"
    v = TensorType(x.dtype.name, (False,) * x.ndim)("x")
    used, inputs, values = symbols(index) if symbolic else (index, [], [])
    part = v[used]
    y = np.asarray(x[index] * 0 + 1 if number else x[index][...] * 1, dtype=x.dtype)
    y = y.ravel()[:1].reshape(()) if number and y.size else y
    w = TensorType(y.dtype.name, (False,) * y.ndim)("y")
    if number and not y.size:
        return
    function = T.set_subtensor if mode == "set" else T.inc_subtensor
    wanted = x.copy()
    if mode == "set":
        wanted[index] = y
    else:
        np.add.at(wanted, index, y)
    got = tutor.function([v, w, *inputs], function(part, w))(x, y, *values)
    np.testing.assert_array_equal(got, wanted)
    assert got.dtype == x.dtype


@pytest.mark.parametrize("places", [
    np.arange(65) % 50, np.arange(120) % 50 - 50, np.arange(256).reshape(2, 128) ** 2 % 37,
    np.zeros(128, "int64"), np.full(70, -51), np.full(70, 50, "uint8")])
@pytest.mark.parametrize("dtype", ["float32", "int16", "complex128"])
def test_many_rows_are_increased_one_after_the_other(places, dtype):
    x = (np.arange(6400).reshape(50, 128) % 97 / 7).astype(dtype)
    y = (np.arange(places.size * 128).reshape(*places.shape, 128) % 89 / 3).astype(dtype)
    wanted, w = x.copy(), tutor.shared(x)
    p, v = T.constant(places), T.TensorType(dtype, (False,) * y.ndim)()
    step = tutor.function([v], T.inc_subtensor(w[p], v),
                          updates=[(w, T.inc_subtensor(w[p], v))])
    if places.max() > 49 or places.min() < -50:
        with pytest.raises(IndexError, match=r"50 is out of|-51 is out of"):
            step(y)
    else:
        np.add.at(wanted, places, y)
        np.testing.assert_array_equal(step(y), wanted)
    np.testing.assert_array_equal(w.get_value(), wanted)


@QUICK
@given(indexed())
def test_the_gradient_of_reading_counts_how_often_an_element_was_read(case):
    x, index = case
    x = x.astype("float64")
    v = TensorType("float64", (False,) * x.ndim)("x")
    g = tutor.grad(T.sum(v[index]), v)
    wanted = np.zeros(x.shape)
    np.add.at(wanted, index, 1.0)
    np.testing.assert_array_equal(tutor.function([v], g, on_unused_input="ignore")(x), wanted)


@QUICK
@given(indexed(), st.sampled_from(["set", "inc"]))
def test_the_gradients_of_writing(case, mode):
    x, index = case
    x = x.astype("float64")
    v, part = (TensorType("float64", (False,) * x.ndim)("x"), None)
    part = v[index]
    w = TensorType("float64", (False,) * part.ndim)("y")
    function = T.set_subtensor if mode == "set" else T.inc_subtensor
    weights = np.cos(np.arange(x.size)).reshape(x.shape)
    cost = T.sum(function(part, w) * weights)
    gx, gy = tutor.function([v, w], tutor.grad(cost, [v, w]), on_unused_input="ignore")(
        x, np.zeros(x[index].shape))
    kept, arrives = weights.copy(), weights[index]
    if mode == "set":
        kept[index] = 0
        numbers, last = np.arange(arrives.size).reshape(arrives.shape), np.zeros(x.shape)
        last[index] = numbers  # of what is written to one element twice, the last stays
        arrives = np.where(last[index] == numbers, arrives, 0)
    np.testing.assert_array_equal(gx, kept)
    np.testing.assert_array_equal(gy, arrives)


@pytest.mark.parametrize("index", [
    1.5, "a", {}, range, np.nan, True, np.float64(1), [1.5], [[1], [2, 3]], (0, 0, 0),
    (..., ...), slice(1.5), slice("a"), slice([1]), T.dscalar("d"), T.dvector("v"), (T.lscalar, 0),
    10**30, [10**30], slice(10**30), b"a", 1j, T.bscalar], ids=repr)
def test_what_cannot_index_says_so(index):
    with pytest.raises((TutorError, IndexError)) as caught:
        T.dmatrix("m")[index].eval({})
    assert isinstance(caught.value, TutorError), repr(caught.value)


@pytest.mark.parametrize("what", [
    lambda m: T.set_subtensor(m, 1), lambda m: T.set_subtensor(m * 2, 1),
    lambda m: T.set_subtensor(3, 1), lambda m: T.set_subtensor(None, 1),
    lambda m: T.set_subtensor(m[0], m), lambda m: T.set_subtensor(m[0], "a"),
    lambda m: T.set_subtensor(m[0], 1j), lambda m: T.set_subtensor(T.lvector()[0], 1.5),
    lambda m: T.set_subtensor(T.lvector()[0], T.dscalar()),
    lambda m: T.set_subtensor(T.bvector()[0], 1000), lambda m: T.set_subtensor(m[0], None)])
def test_what_cannot_be_written_says_so(what):
    with pytest.raises(TutorError):
        what(T.dmatrix("m"))


def test_an_index_outside_is_an_index_error_with_the_line():
    m = T.dmatrix("m")
    for out in (m[5], m[:, [0, 7]], T.set_subtensor(m[5], 0.0), T.take(m, 9)):
        with pytest.raises(IndexError, match="m"):
            tutor.function([m], out)(np.zeros((2, 3)))
