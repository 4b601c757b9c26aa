"""Elementwise ops, reductions and rearrangements against NumPy, over shapes and dtypes that nobody
thought of; and the dtypes that Theano gives, which a program sees."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import TutorError
from tutor.core.types import TensorType
from tutor.theano import op_names

QUICK = settings(max_examples=120, deadline=None)
DTYPES = ("bool", "int8", "int32", "int64", "uint8", "float32", "float64")
PLAIN = ("add", "mul", "maximum", "minimum", "eq", "lt", "logical_and", "sub", "true_div")


@st.composite
def tensors(draw, least=0, most=4, smallest=1, dtypes=DTYPES):
    """An array of small numbers, and a broadcast pattern that it fits."""
    shape = tuple(draw(st.lists(st.integers(smallest, 3), min_size=least, max_size=most)))
    pattern = tuple(n == 1 and draw(st.booleans()) for n in shape)
    values = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 5, shape)
    return np.asarray(values).astype(draw(st.sampled_from(dtypes))), pattern


@st.composite
def pairs(draw):
    """Two arrays that go together: where their sizes differ, the 1 is known to the type."""
    x, _ = draw(tensors())
    drop = draw(st.integers(0, x.ndim))
    kept = [n if draw(st.booleans()) else 1 for n in x.shape[drop:]]
    y = np.random.default_rng(7).integers(1, 5, kept).astype(draw(st.sampled_from(DTYPES)))
    one = tuple(n == 1 and (m != 1 or draw(st.booleans()))
                for n, m in zip(kept, x.shape[drop:], strict=True))
    return (x, (False,) * x.ndim), (y, one)


def variable(case, name="x"):
    value, pattern = case
    return TensorType(value.dtype.name, pattern)(name)


@QUICK
@given(pairs(), st.sampled_from(PLAIN), st.booleans())
def test_operands_stretch_as_numpys_do(case, name, turned):
    op = ELEMENTWISE[name]
    a, b = case[::-1] if turned else case
    v, w = variable(a, "a"), variable(b, "b")
    try:
        out = op(v, w)
    except TutorError:
        assert name == "sub" and a[0].dtype == b[0].dtype == bool
        return
    with np.errstate(all="ignore"):
        wanted = op.reference(a[0], b[0])
    for mode in ("FAST_RUN", "FAST_COMPILE", "interpret"):
        got = tutor.function([v, w], out, mode=mode)(a[0], b[0])
        assert out.type.is_super(got)
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted.astype(got.dtype), rtol=1e-6)


@QUICK
@given(tensors(), st.sampled_from(["sum", "prod", "max", "min", "any", "all", "mean", "var"]),
       st.booleans(), st.data())
def test_a_reduction_is_numpys_over_any_axes(case, name, keepdims, data):
    x, _ = case
    axes = data.draw(st.none() | st.lists(st.integers(0, max(x.ndim - 1, 0)), max_size=x.ndim,
                                          unique=True).map(tuple))
    if not x.ndim and axes:
        axes = None
    v = variable(case)
    out = getattr(T, name)(v, axis=axes, keepdims=keepdims)
    got = tutor.function([v], out)(x)
    wanted = getattr(np, name)(x, axis=axes, keepdims=keepdims)
    assert out.type.is_super(got) and got.shape == np.shape(wanted)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


@QUICK
@given(tensors(least=1), st.sampled_from(["argmax", "argmin"]), st.booleans(), st.data())
def test_the_place_of_an_extreme_over_several_axes_is_that_of_the_flattened(case, name, keep, data):
    x, _ = case
    axes = data.draw(st.lists(st.integers(0, x.ndim - 1), min_size=1, unique=True).map(tuple))
    v = variable(case)
    got = tutor.function([v], getattr(T, name)(v, axis=axes, keepdims=keep))(x)
    rest = [i for i in range(x.ndim) if i not in axes]
    front = x.transpose(*rest, *sorted(axes)).reshape(*[x.shape[i] for i in rest], -1)
    wanted = getattr(np, name)(front, axis=-1)
    shape = [1 if i in axes else n for i, n in enumerate(x.shape)]
    np.testing.assert_array_equal(got, wanted.reshape(shape) if keep else wanted)


@QUICK
@given(tensors(least=1, most=3), st.data())
def test_rearrangements_are_numpys(case, data):
    x, _ = case
    v = variable(case)
    order = data.draw(st.permutations(range(x.ndim)))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    times, moved = data.draw(st.integers(0, 3)), data.draw(st.integers(-4, 4))
    expected = {
        v.transpose(*order): x.transpose(order), v.ravel(): x.ravel(),
        T.repeat(v, times, axis): np.repeat(x, times, axis),
        T.roll(v, moved, axis): np.roll(x, moved, axis),
        T.tile(v, (times, 2)): np.tile(x, (times, 2)), T.sort(v, axis): np.sort(x, axis),
        T.concatenate([v, v], axis): np.concatenate([x, x], axis),
        T.stack([v, v], axis=axis): np.stack([x, x], axis=axis), v[..., None]: x[..., None]}
    for out, wanted in expected.items():
        got = tutor.function([v], out)(x)
        assert got.dtype == wanted.dtype and got.shape == wanted.shape
        assert out.type.is_super(got)
        np.testing.assert_array_equal(got, wanted)


@QUICK
@given(tensors(least=1, most=3, dtypes=("int64", "float64")), st.data())
def test_the_largest_are_the_end_of_the_sorted(case, data):
    x, _ = case
    axis = data.draw(st.integers(0, x.ndim - 1))
    k = data.draw(st.integers(1, x.shape[axis])) * data.draw(st.sampled_from([1, -1]))
    v = variable(case)
    values, places = tutor.function([v], T.topk_and_argtopk(v, k, axis))(x)
    ordered = np.sort(x, axis) if k < 0 else np.flip(np.sort(x, axis), axis)
    np.testing.assert_array_equal(values, np.take(ordered, range(abs(k)), axis))
    np.testing.assert_array_equal(np.take_along_axis(x, places, axis), values)


# What Theano 1.0.5 gave for each, with floatX=float64.
@pytest.mark.parametrize(("made", "dtype"), [
    (lambda: T.iscalar() + T.fscalar(), "float64"), (lambda: T.bscalar() + T.fscalar(), "float32"),
    (lambda: T.bscalar() / T.bscalar(), "float64"), (lambda: T.bscalar() // 2, "int8"),
    (lambda: T.lscalar() * 2.5, "float64"), (lambda: T.bscalar() * 2.5, "float32"),
    (lambda: T.scalar(dtype="uint8") + 1, "int16"), (lambda: T.bscalar() + 300, "int16"),
    (lambda: T.scalar(dtype="bool") + 1, "int8"), (lambda: T.fscalar() * 2, "float32"),
    (lambda: T.switch(T.dscalar() > 0, 1, 0), "int8"), (lambda: T.fscalar() * 1j, "complex128"),
    (lambda: T.floor(T.lscalar()), "float64"), (lambda: T.exp(T.bscalar()), "float32"),
    (lambda: T.inv(T.bscalar()), "float32"), (lambda: T.nnet.relu(T.lscalar()), "float64"),
    (lambda: T.arange(5), "int64"), (lambda: T.arange(5.0), "float32"),
    (lambda: T.sum(T.bvector()), "int64"), (lambda: T.cumsum(T.fvector()), "float32"),
    (lambda: T.mean(T.ivector()), "float64"), (lambda: T.sum(T.fvector()), "float32"),
    (lambda: T.mean(T.fvector()), "float32"), (lambda: T.constant(0.1), "float64"),
    (lambda: T.eq(T.dscalar(), 1), "bool"), (lambda: T.argmax(T.fvector()), "int64"),
    (lambda: T.dot(T.imatrix(), T.fmatrix()), "float64"), (lambda: T.zeros((2,)), "float64")])
def test_a_result_has_the_dtype_that_theano_gave_it(made, dtype):
    assert made().dtype == dtype


@pytest.mark.parametrize(("made", "pattern"), [
    (lambda r: r[:1], (True, False)), (lambda r: r[1:], (False, False)),
    (lambda r: r.reshape(r.shape), (True, False)), (lambda r: r.T, (False, True)),
    (lambda r: T.dot(r, r.T), (True, True)), (lambda r: T.join(1, r, r), (True, False)),
    (lambda r: T.join(0, r, r), (False, False)), (lambda r: T.alloc(0.0, r.shape[0], 2),
                                                  (True, False)),
    (lambda r: r.sum(axis=1, keepdims=True), (True, True)), (lambda r: r + T.matrix(),
                                                             (False, False))])
def test_a_size_of_1_stays_known(made, pattern):
    assert made(T.row()).broadcastable == pattern


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda x: T.sum(x, dtype="int64"), 3), (lambda x: T.mean(x, dtype="int64"), 1.0)])
def test_a_sum_in_another_dtype_is_cast_when_it_is_done(make, wanted):
    x = T.dvector("x")
    assert tutor.function([x], make(x))([0.9, 1.2, 1.5]) == wanted


@pytest.mark.parametrize(("known", "value"), [
    (lambda r: T.constant(3) + 1, 4), (lambda r: r.shape[0], 1), (lambda r: T.fill(r, 7), 7),
    (lambda r: T.as_tensor_variable([5, r.sum()])[0], 5), (lambda r: T.alloc(2.5, 3, 3), 2.5),
    (lambda r: T.cast(T.constant(3.7), "int8"), 3), (lambda r: T.constant([4, 5])[1], 5)])
def test_what_is_known_beforehand_has_a_value(known, value):
    assert T.get_scalar_constant_value(known(T.row())) == value


@pytest.mark.parametrize("unknown", [
    lambda r: r.shape[1], lambda r: r.sum(), lambda r: T.constant([1, 2]), lambda r: r])
def test_what_is_not_known_says_so(unknown):
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(unknown(T.row()))
    assert T.extract_constant(unknown(T.row())) is not None


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda x: T.set_subtensor(x[0].flatten(), 0.0), lambda x: x.__setitem__(0, 0)),
    (lambda x: T.inc_subtensor(x[1].reshape((4,)), T.constant([1.0, 2, 3, 4])),
     lambda x: x.__setitem__(1, x[1] + [[1, 2], [3, 4]])),
    (lambda x: T.inc_subtensor(T.set_subtensor(x[0], 1.0)[0, 0], 2.0),
     lambda x: (x.__setitem__(0, 1), x.__setitem__((0, 0), 3)))])
def test_a_part_that_was_reshaped_can_be_written(make, wanted):
    value = np.arange(8.0).reshape(2, 2, 2)
    x = T.dtensor3("x")
    got = tutor.function([x], make(x))(value)
    wanted(value)
    np.testing.assert_array_equal(got, value)


@pytest.mark.parametrize(("name", "build", "yes", "no"), [
    ("Sum", lambda c, m: c(axis=0)(m), lambda m: m.sum(), lambda m: m.prod()),
    ("DimShuffle", lambda c, m: c((False, False), (1, 0))(m), lambda m: m.T, lambda m: m + 1),
    ("Elemwise", lambda c, m: c(T.exp)(m), lambda m: m + 1, lambda m: m.T),
    ("Subtensor", None, lambda m: m[0], lambda m: m[[0, 1]]),
    ("AdvancedSubtensor1", lambda c, m: c()(m, [0, 1]), lambda m: m[[0, 1]], lambda m: m[0]),
    ("Dot", lambda c, m: c()(m, m), lambda m: T.dot(m, m), lambda m: m * m),
    ("Join", lambda c, m: c()(0, m, m), lambda m: T.join(0, m, m), lambda m: m.T),
    ("Reshape", lambda c, m: c(2)(m, (2, 2)), lambda m: m.reshape((2, 2)), lambda m: m.T)])
def test_theanos_classes_of_ops_make_them_and_know_them(name, build, yes, no):
    kind, m = getattr(op_names, name), T.dmatrix("m")
    if build is not None:
        made = build(kind, m)
        assert isinstance(made.owner.op, kind)
        tutor.function([m], made)(np.ones((2, 2)))
    assert isinstance(yes(m).owner.op, kind) and not isinstance(no(m).owner.op, kind)


def test_each_name_that_is_not_here_has_a_reason_and_none_that_is():
    from tutor.theano.finder import names
    from tutor.theano.places import OTHERS, REASONS, public, why

    modules = [module for module in public() if module.startswith("theano.tensor")]
    for module in modules:
        for name in public()[module] - names(module):
            assert why(module, name), f"{module}.{name}"
    here = set().union(*[names(module) for module in modules])
    assert not here & set(OTHERS) - {"opt"}, "a reason for what is here"
    assert REASONS.keys() <= set(modules)
