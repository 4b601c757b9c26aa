"""Every op over every dtype that it takes, at the edges of the dtype, in every mode and layout.

What comes has the declared dtype and broadcast pattern; the modes agree to the bit, constants and
numbers of no dimensions give what arrays of symbols give, and NumPy gives the same. A sample runs;
`pytest --all` runs everything.
"""

import platform

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.test_ops import cast_values, close, is_free, widened
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import TutorError
from tutor.core.types import DTYPES, TensorType
from tutor.ops.examples import EXAMPLES

from .scripted import answers

MODES = ("FAST_RUN", "FAST_COMPILE", tutor.DebugMode(check_isfinite=False))
#: Relative errors that NumPy's own functions make in a dtype, and those of the approximations.
ROUNDING = {"float16": 2e-3, "float32": 4e-7, "complex64": 2e-6, "float64": 4e-16,
            "complex128": 2e-14}
NEAR = {"float16": 1e-2, "float32": 2e-5, "complex64": 2e-5}
#: Where an op is defined otherwise than its reference in NumPy, or NumPy's is inexact.
OTHERWISE = {
    "round_half_to_even": "iu", "round_half_away_from_zero": "iu",  # NumPy's go through floats
    "complex": "f",  # 0 + 1j * inf is nan + inf j
    "xlogx": "biuf", "xlogy0": "biuf",  # 0 log 0 is 0
    "log1mexp": "biuf",  # of what is not below 0
}


def edges(dtype):
    """The numbers of a dtype where things go wrong."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([False, True])
    if kind in "iu":
        i = np.iinfo(dtype)
        found = [0, 1, 2, 7, i.max - 1, i.max, *([-1, -2, i.min, i.min + 1] if kind == "i" else [])]
        return np.array(found, dtype)
    if kind == "f":
        f = np.finfo(dtype)
        return np.array([0.0, -0.0, 1, -1, 0.5, -2.5, np.inf, -np.inf, np.nan, f.max,
                         f.smallest_subnormal, f.tiny], dtype)
    return np.array([0, 1, -1, 1j, 0.5 - 2j, complex(-0.0, -1), complex(np.inf, 0)], dtype)


def operands(op, dtype):
    """Every combination of edges that an op is defined for, as one vector for each operand."""
    e = edges(dtype) if op.nin < 3 else edges(dtype)[:6]
    grids = [g.ravel() for g in np.meshgrid(*[e] * op.nin, indexing="ij")]
    fine = np.ones(grids[0].shape, bool)
    if np.dtype(dtype).kind in "iu" and op.name in ("pow", "left_shift", "right_shift"):
        bits = 8 * np.dtype(dtype).itemsize
        fine = (grids[1] >= 0) & ((grids[1] < bits) | (op.name == "pow"))
    return [g[fine] for g in grids]


def alike(a, b, tolerance=0.0, signs=True):
    """Whether arrays agree: dtype, shape, nan where nan is, zeros of one sign (if `signs`)."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        same = (a == b) | ((a != a) & (b != b))
        if tolerance and a.dtype.kind in "fc":
            same |= abs(a - b) <= tolerance * abs(b)
        if signs and a.dtype.kind == "f":
            same &= (a != 0) | (np.signbit(a) == np.signbit(b))
    return bool(np.all(same))


def layouts(array):
    """The same numbers in other places of memory: backwards, with gaps, column by column."""
    wide = np.zeros((*array.shape, 2), array.dtype)
    wide[..., 0] = array
    yield wide[..., 0]
    yield np.array(array, order="F")
    yield np.ascontiguousarray(array[::-1])[::-1] if array.ndim else array


def by_numpy(reference, arrays, dtype, wanted):
    """What NumPy gives, in a dtype; None where it does not take bools."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(reference(*arrays)).astype(wanted)
    except TypeError:
        assert dtype == "bool"
        return None


def variables(arrays, prefix="x"):
    return [TensorType(a.dtype.name, (False,) * a.ndim)(f"{prefix}{i}")
            for i, a in enumerate(arrays)]


def compiled(inputs, out, mode="FAST_RUN"):
    return tutor.function(inputs, out, mode=mode, on_unused_input="ignore")


CASES = [(name, d) for name, op in ELEMENTWISE.items() for d in DTYPES
         if np.dtype(d).kind in op.accepts]


def test_modes_agree_at_the_edges_and_with_numpy(sampled):
    for name, dtype in sampled(CASES, 150):
        op = ELEMENTWISE[name]
        arrays = operands(op, dtype)
        inputs = variables(arrays)
        out = op(*inputs)
        got = [compiled(inputs, out, mode)(*arrays) for mode in MODES]
        for value in got:
            assert out.type.is_super(value), (name, dtype, out.type, value.dtype)
            assert alike(value, got[0]), (name, dtype, value, got[0])
        if np.dtype(dtype).kind in OTHERWISE.get(name, ""):
            continue
        wanted = by_numpy(op.reference, widened(arrays, out.dtype), dtype, out.dtype)
        assert wanted is None or alike(got[0], wanted, NEAR.get(out.dtype, 1e-10)), (
            name, dtype, got[0], wanted)


def test_layouts_sizes_and_numbers_change_nothing(sampled):
    for name, dtype in sampled(CASES, 100):
        op = ELEMENTWISE[name]
        arrays = operands(op, dtype)
        inputs = variables(arrays)
        f = compiled(inputs, op(*inputs))
        got = f(*arrays)
        rounding = ROUNDING.get(got.dtype.name, 0.0)
        for others in zip(*map(layouts, arrays), strict=True):
            assert alike(f(*others), got, rounding), (name, dtype)
        for n in (0, 1):
            assert alike(f(*[a[:n] for a in arrays]), got[:n], rounding), (name, dtype, n)
        numbers = [TensorType(dtype, ())(f"n{i}") for i in range(op.nin)]
        one = compiled(numbers, op(*numbers))
        for i in range(0, len(got), 1 + len(got) // 40):
            value = one(*[a[i] for a in arrays])
            if name == "pow" and arrays[1][i] == 0.5:  # NumPy takes the root of arrays alone
                continue
            assert alike(value, got[i], rounding, name != "clip"), (name, [a[i] for a in arrays])


PAIRS = [(name, d, place, k) for name, d in CASES if ELEMENTWISE[name].nin == 2
         for place in (0, 1) for k in range(len(edges(d)))]


def test_a_constant_gives_what_a_symbol_gives(sampled):
    for name, dtype, place, k in sampled(PAIRS, 250):
        op, constant = ELEMENTWISE[name], edges(dtype)[k]
        arrays = operands(op, dtype)
        with np.errstate(all="ignore"):
            at = arrays[place] == constant if constant == constant else np.isnan(arrays[place])
            if np.dtype(dtype).kind == "f" and constant == 0:
                at &= np.signbit(arrays[place]) == np.signbit(constant)
        if (name == "pow" and constant == 0.5) or not at.any():
            continue
        inputs = variables(arrays)
        wanted = compiled(inputs, op(*inputs), "FAST_COMPILE")(*[a[at] for a in arrays])
        given = [*inputs]
        given[place] = T.constant(constant)
        out, other = op(*given), 1 - place
        infinite = np.dtype(dtype).kind == "c"  # 1 * (inf + 0j) is inf + nan j to NumPy
        for mode in MODES[:2]:
            got = compiled([inputs[other]], out, mode)(arrays[other][at])
            fine = np.isfinite(wanted) if infinite else slice(None)
            assert got.dtype == out.dtype, (name, dtype, mode, constant, got.dtype)
            assert alike(got[fine], wanted[fine], ROUNDING.get(got.dtype.name, 0.0), False), (
                name, dtype, mode, place, constant, arrays[other][at], got, wanted)


EXAMPLE_CASES = [(name, i, d) for name, entries in EXAMPLES.items() for i in range(len(entries))
                 for d in DTYPES if np.dtype(d).kind in entries[i].kinds]


def example(name, i, dtype):
    """Values, inputs and the expression of an example in a dtype; None where it refuses that."""
    entry = EXAMPLES[name][i]
    arrays = cast_values(entry, dtype)
    if not any(is_free(*pair) for pair in zip(entry.inputs, entry.values, strict=True)):
        return None  # it has positions only
    inputs = variables(arrays)
    try:
        return arrays, inputs, entry.build(*inputs)
    except TutorError:
        assert np.dtype(dtype).kind in "bc" or dtype == "float16", (name, i, dtype)
        return None


def test_examples_in_every_dtype_mode_and_layout(sampled):
    for name, i, dtype in sampled(EXAMPLE_CASES, 250):
        made = example(name, i, dtype)
        if made is None:
            continue
        arrays, inputs, out = made
        got = [compiled(inputs, out, mode)(*arrays) for mode in MODES]
        near = 5 * NEAR.get(out.dtype, 1e-9)
        for value in got:
            assert out.type.is_super(value), (name, i, dtype, out.type, value.dtype, value.shape)
            assert alike(value, got[0], near, False) or np.allclose(
                value, got[0], near, near, equal_nan=True), (name, i, dtype, value, got[0])
        f = compiled(inputs, out)
        for others in zip(*map(layouts, arrays), strict=True):
            value = f(*others)
            assert value.dtype == got[0].dtype and np.allclose(
                value, got[0], near, near, equal_nan=True), (name, i, dtype, value, got[0])
        free = [is_free(*pair) for pair in zip(EXAMPLES[name][i].inputs, EXAMPLES[name][i].values,
                                               strict=True)]
        wide = [w if ok else a for w, a, ok in zip(widened(arrays, out.dtype), arrays, free,
                                                   strict=True)]
        if dtype != "float16":  # for which NumPy has no linear algebra, and adds up in float16
            wanted = by_numpy(EXAMPLES[name][i].reference, wide, dtype, out.dtype)
            if wanted is not None:
                assert got[0].shape == wanted.shape, (name, i, dtype)
                np.testing.assert_allclose(got[0], wanted, near, near,
                                           err_msg=f"{name} {i} {dtype}")


@pytest.mark.parametrize("mode", ["jax"])
def test_jax_has_the_declared_dtypes(mode, sampled):
    pytest.importorskip("jax")
    for name, dtype in sampled(CASES, 20):
        op = ELEMENTWISE[name]
        arrays = [np.asarray(a[:4]) for a in operands(op, dtype)]
        inputs = variables(arrays)
        out = op(*inputs)
        got = compiled(inputs, out, mode)(*arrays)
        assert got.dtype == out.dtype, (name, dtype, got.dtype)


def ends(dtype):
    """Numbers from the smallest to the largest of a dtype, of both signs, and what are none."""
    info = np.finfo(dtype)
    sizes = np.array([0, info.tiny, info.eps, 0.5, 1, 2, 7.3, 100, 300, 1e4, 1e10, 1e20, 1e160,
                      info.max / 2, info.max])
    sizes = sizes[sizes <= info.max]
    return np.concatenate([sizes, -sizes, [np.inf, -np.inf, np.nan]]).astype(dtype)


@pytest.mark.parametrize("op", [
    op for op in ELEMENTWISE.values() if op.nin < 3 and "f" in op.accepts
    and op.name not in ("complex", "log1mexp", "xlogy0")],  # their references are not right there
    ids=lambda op: op.name)
def test_an_op_is_right_at_the_ends_of_a_dtype(op):
    for dtype in ("float16", "float32"):
        arrays = [a.ravel() for a in np.meshgrid(*[ends(dtype)] * op.nin)]
        inputs = variables(arrays)
        got = tutor.function(inputs, op(*inputs))(*arrays)
        with np.errstate(all="ignore"):
            wanted = np.asarray(op.reference(*[a.astype("float64") for a in arrays]))
            wanted = wanted.astype(got.dtype)
        close(got, wanted, dtype)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="C says nothing of it")
def test_what_is_no_integer_is_cut_in_javascript_as_here() -> None:
    x, y = T.dvector("x"), T.fvector("y")
    kinds = ("int8", "int16", "int32", "int64", "uint8", "uint16", "bool")
    f = tutor.function([x, y], [T.cast(v, kind) for v in (x, y) for kind in kinds], name="cut")
    given = [np.nan, np.inf, -np.inf, 1e20, -1e20, 2.0**31, -2.0**31 - 1, 300.7, -300.7, 0.5]
    args = np.array(given), np.array(given, "float32")
    (found,) = answers([(f, [args])])
    for got, wanted in zip(found, f(*args), strict=True):
        np.testing.assert_array_equal(got, wanted)
