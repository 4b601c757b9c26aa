"""Convolution, pooling and what is built on them, against loops that follow the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.core.errors import TutorError
from tutor.ops import sliding
from tutor.strides import batch_last

QUICK = settings(max_examples=80, deadline=None)
BORDERS = ("valid", "full", "half")


def slid(x, w, border, step, dilation, flip, groups):
    """A convolution one number at a time."""
    extent = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    pads = {"valid": [(0, 0), (0, 0)], "full": [(e - 1, e - 1) for e in extent],
            "half": [(e // 2, e // 2) for e in extent]}.get(border, border)
    wide = np.pad(x, [(0, 0), (0, 0), *[p if isinstance(p, tuple) else (p, p) for p in pads]])
    out = [(n - e) // s + 1 for n, e, s in zip(wide.shape[2:], extent, step, strict=True)]
    each = w.shape[0] // groups
    y = np.zeros((len(x), len(w), *out))
    for b, k, i, j in np.ndindex(*y.shape):
        for c, p, q in np.ndindex(*w.shape[1:]):
            weight = w[k, c, -1 - p, -1 - q] if flip else w[k, c, p, q]
            y[b, k, i, j] += weight * wide[b, k // each * w.shape[1] + c,
                                           i * step[0] + p * dilation[0],
                                           j * step[1] + q * dilation[1]]
    return y


@st.composite
def convolutions(draw):
    """Images, filters and settings that go together."""
    sizes = [draw(st.integers(1, 3)) for _ in range(2)]
    dilation = tuple(draw(st.integers(1, 2)) for _ in range(2))
    pairs = zip(sizes, dilation, strict=True)
    image = [(k - 1) * d + 1 + draw(st.integers(0, 3)) for k, d in pairs]
    groups, each, channels = (draw(st.integers(1, 2)) for _ in range(3))
    border = draw(st.sampled_from([*BORDERS, (1, 0), ((0, 1), (2, 0)), 1]))
    step = tuple(draw(st.integers(1, 3)) for _ in range(2))
    shapes = ((draw(st.integers(1, 3)), groups * channels, *image),
              (groups * each, channels, *sizes))
    return shapes, border, step, dilation, draw(st.booleans()), groups


@QUICK
@given(convolutions(), st.sampled_from(["float64", "float32", "int64"]))
def test_a_convolution_is_its_definition(case, dtype):
    shapes, border, step, dilation, flip, groups = case
    rng = np.random.default_rng(1)
    x, w = (rng.integers(-4, 5, shape).astype(dtype) for shape in shapes)
    a, b = T.tensor4("x", dtype), T.tensor4("w", dtype)
    y = T.nnet.conv2d(a, b, shapes[0], shapes[1], border, step, flip, filter_dilation=dilation,
                      num_groups=groups)
    got = tutor.function([a, b], y)(x, w)
    pads = (border, border) if isinstance(border, int) else border
    np.testing.assert_array_equal(got, slid(x, w, pads, step, dilation, flip, groups))
    assert got.dtype == y.dtype == dtype


@QUICK
@given(convolutions())
def test_what_a_convolution_sends_back_is_its_transpose(case):
    """<conv(x, w), g> = <x, images(w, g)> = <w, filters(x, g)>: the same sum, three times."""
    shapes, border, step, dilation, flip, groups = case
    rng = np.random.default_rng(2)
    x, w = (rng.normal(size=shape) for shape in shapes)
    if border not in BORDERS:
        pairs = (border, border) if isinstance(border, int) else border
        border = tuple((p, p) if isinstance(p, int) else p for p in pairs)
    settings = (border, step, dilation, flip, groups)
    y = sliding.correlation(x, w, *settings)
    g = rng.normal(size=y.shape)
    total = (y * g).sum()
    images = sliding.images_from(w, g, x.shape[2:], *settings)
    filters = sliding.filters_from(x, g, w.shape[2:], *settings)
    assert images.shape == x.shape and filters.shape == w.shape
    np.testing.assert_allclose([(x * images).sum(), (w * filters).sum()], total, atol=1e-9)


@pytest.mark.parametrize("settings", [("half", (1, 2), (1, 1), True, 1),
                                      ("valid", (1, 1), (2, 1), False, 1)])
def test_a_batch_larger_than_the_columns_that_are_laid_out_at_a_time(monkeypatch, settings):
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(7, 2, 6, 5)), rng.normal(size=(3, 2, 3, 2))
    y = sliding.correlation(x, w, *settings)
    sent = [sliding.images_from(w, y, (6, 5), *settings),
            sliding.filters_from(x, y, (3, 2), *settings)]
    for name, most in (("COLUMNS", 200), ("SIDES", 200), ("LEAST", 2), ("LONG", 2)):
        monkeypatch.setattr(sliding, name, most)
    x = batch_last(x).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(sliding.correlation(x, w, *settings), y)
    np.testing.assert_allclose(sliding.images_from(w, y, (6, 5), *settings), sent[0])
    np.testing.assert_allclose(sliding.filters_from(x, y, (3, 2), *settings), sent[1])


@pytest.mark.parametrize(("wrong", "words"), [
    (lambda x, w: T.nnet.conv2d(x, w), "channels"),
    (lambda x, w: T.nnet.conv2d(x, w[:, :1], num_groups=3, border_mode="full"), "groups"),
    (lambda x, w: T.nnet.conv2d(x, w, input_shape=(2, 3, 5, 9)), "dimension 3"),
    (lambda x, w: T.nnet.conv2d(x, w, filter_shape=(4, 9, None, None)), "dimension 1"),
    (lambda x, w: T.nnet.conv2d(x[:, :2, :1], T.concatenate([w, w], 2)), "larger"),
    (lambda x, w: T.nnet.conv2d_transpose(x, w, (2, 9, 3, 3)), "filters")])
def test_shapes_that_do_not_go_together_are_said(wrong, words):
    x, w = T.tensor4("x"), T.tensor4("w")
    f = tutor.function([x, w], wrong(x, w))
    with pytest.raises(TutorError, match=words):
        f(np.zeros((2, 3, 5, 5)), np.zeros((4, 2, 2, 2)))


@st.composite
def poolings(draw):
    """An array, and a window with its step and padding."""
    ignore = draw(st.booleans())
    window = [draw(st.integers(1, 3)) for _ in range(2)]
    pad = [draw(st.integers(0, w - 1)) if ignore else 0 for w in window]
    sizes = [max(1, w - 2 * p) + draw(st.integers(0, 4)) for w, p in zip(window, pad, strict=True)]
    step = [draw(st.integers(1, 4)) for _ in window]
    return sizes, tuple(window), ignore, tuple(step), tuple(pad)


def windows(size, window, ignore, step, pad):
    """The spans of the windows along one axis, in the padded array."""
    full = size + 2 * pad
    start, spans = 0, []
    while start + window <= full or (not ignore and start < full and (
            not spans or spans[-1][1] < full)):
        spans.append((start, min(start + window, full)))
        start += step
    return spans


@QUICK
@given(poolings(), st.sampled_from(["max", "sum", "average_inc_pad", "average_exc_pad"]))
def test_a_pooling_is_its_definition(case, mode):
    sizes, window, ignore, step, pad = case
    x = np.random.default_rng(4).normal(size=(2, *sizes))
    v = T.dtensor3("x")
    f = tutor.function([v], T.signal.pool.pool_2d(v, window, ignore, step, pad, mode))
    got = f(x)
    np.testing.assert_array_equal(f(np.asfortranarray(x)), got)
    wide = np.pad(x, [(0, 0), *[(p, p) for p in pad]])
    axes = [windows(*axis) for axis in zip(sizes, window, (ignore,) * 2, step, pad, strict=True)]
    assert got.shape == (2, *map(len, axes))
    for (i, rows), (j, columns) in ((a, b) for a in enumerate(axes[0]) for b in enumerate(axes[1])):
        spans = [rows, columns]
        if mode != "average_inc_pad":
            spans = [(max(a, p), min(b, n + p)) for (a, b), p, n in
                     zip(spans, pad, sizes, strict=True)]
        part = wide[:, slice(*spans[0]), slice(*spans[1])]
        how = {"max": np.max, "sum": np.sum}.get(mode, np.mean)
        np.testing.assert_allclose(got[:, i, j], how(part, axis=(1, 2)))


def test_equal_elements_of_a_window_share_its_cotangent():
    x = T.dmatrix("x")
    g = tutor.grad(T.sum(T.signal.pool.pool_2d(x, (2, 2), ignore_border=True)), x)
    shares = [[1 / 3, 1 / 3], [0, 1 / 3]]
    np.testing.assert_array_equal(tutor.function([x], g)([[1, 1], [0, 1]]), shares)


@pytest.mark.parametrize(("old", "new"), [
    ({"ds": (2, 2), "st": (1, 1), "padding": (1, 1)},
     {"ws": (2, 2), "stride": (1, 1), "pad": (1, 1)}),
    ({"ds": (3, 2)}, {"ws": (3, 2)})])
def test_arguments_of_pooling_have_their_older_names_too(old, new):
    x = T.dmatrix("x")
    with pytest.warns(UserWarning, match="older name"):
        first = T.signal.pool.pool_2d(x, ignore_border=True, **old)
    second = T.signal.pool.pool_2d(x, ignore_border=True, **new)
    value = np.random.default_rng(5).normal(size=(6, 5))
    f = tutor.function([x], [first, second])
    np.testing.assert_array_equal(*f(value))


@pytest.mark.parametrize("make", [
    lambda a, b: T.join(0, a, b), lambda a, b: T.concatenate([a, b, a], 0),
    lambda a, b: T.stack([a, b])])
def test_the_shape_of_a_join_that_cannot_be_does_not_raise(make):
    a, b = T.dmatrices("a", "b")
    out = make(a, b)
    values = np.ones((2, 3)), np.ones((3, 4))
    fits = tutor.function([a, b], out.shape)(np.ones((2, 3)), np.ones((3, 3)) if out.ndim == 2
                                             else np.ones((2, 3)))
    for got in (tutor.function([a, b], out.shape)(*values),
                [tutor.function([a, b], out.shape[i], on_unused_input="ignore")(*values)
                 for i in range(out.ndim)]):
        np.testing.assert_array_equal(got, fits)
    with pytest.raises(TutorError):
        tutor.function([a, b], out)(*values)


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3)])
@pytest.mark.parametrize("step", [(1, 1), (2, 2)])
@pytest.mark.parametrize("batch, channels, filters", [
    (0, 2, 4), (64, 0, 4), (64, 2, 0), (64, 0, 0)])
def test_a_convolution_of_nothing_has_its_shapes(batch, channels, filters, step, kernel):
    shapes = (batch, channels, 12, 12), (filters, channels, *kernel)
    x, w = (np.ones(shape) for shape in shapes)
    for border in BORDERS:
        y = sliding.correlation(x, w, border, step, (1, 1), False, 1)
        assert y.shape[:2] == (batch, filters) and not y.any()
        a = sliding.filters_from(x, y, kernel, border, step, (1, 1), False, 1)
        b = sliding.images_from(w, y, (12, 12), border, step, (1, 1), False, 1)
        assert (b.shape, a.shape) == shapes and not a.any() and not b.any()


@pytest.mark.parametrize("window", [(4, 2), (2, 4), (4, 4)])
def test_where_no_window_fits_nothing_is_sent_back(window):
    x = T.dtensor4("x")
    y = T.signal.pool.pool_2d(x, window, ignore_border=True)
    given = np.ones((2, 3, 3, 3))
    found, back = tutor.function([x], [y, tutor.grad(y.sum(), x)])(given)
    assert not found.size and back.shape == given.shape and not back.any()


def test_blas_is_loaded_once():
    """Linear algebra is NumPy's: a program that solves and decomposes loads no SciPy."""
    import subprocess
    import sys

    code = ("import sys, tutor.tensor as T; m = T.slinalg.cholesky([[4.0]]);"
            "T.slinalg.solve(T.slinalg.expm(m), m).eval(); assert 'scipy' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)
