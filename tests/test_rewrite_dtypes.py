"""Rewriting keeps values and dtypes for every dtype there is, of constants as of symbols.

Each pattern of a rule, and each of the operations that rules look for beside the constants they
name, is tried with operands of every pair of dtypes and with numbers at which arithmetic has its
corners: what is rewritten has the declared dtype, the shape and the value of what is not.
"""

import re
from itertools import product

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.test_rewrite import free_names, parts_at
from tutor.compile.rules.patterns import ASSUMES, EXACT, STABLE, build, parse
from tutor.compile.rules.selection import RULES
from tutor.core.errors import TutorError
from tutor.core.graph import Constant

REALS = ["bool", *[f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)],
         "float16", "float32", "float64"]
DTYPES = [*REALS, "complex64", "complex128"]
NUMBERS = [0, 1, -1, 2, 3, -2, 0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.0, 4.0, True, False]
LICENCE = {rule.name: rule.licence for rule in RULES}
NAMES = {name for rule in RULES for name in re.findall(r"[a-z_]\w+", rule.pattern)}


def edges(dtype):
    """Numbers at which the arithmetic of a dtype has its corners."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([True, False])
    if kind in "iu":
        info = np.iinfo(dtype)
        return np.array([0, 1, 2, 3, 100, info.max, info.max - 1, info.min,
                         200 if info.max > 200 else 7, -1 if kind == "i" else 9], dtype)
    if kind == "f":
        info = np.finfo(dtype)
        return np.array([0.0, -0.0, 1, -1, 0.5, -2.7, np.inf, -np.inf, np.nan, 300,
                         info.smallest_subnormal, info.tiny, info.max, -info.max], dtype)
    return np.array([0, 1, -1, 0.3 - 2j, 1e3j, complex(np.inf, 1), complex(1, np.nan), -0.0], dtype)


def pairs(*dtypes):
    """All combinations of edge values."""
    return [g.ravel() for g in np.meshgrid(*[edges(d) for d in dtypes])]


def typed(number, dtype):
    """A number as a constant of a dtype; None where that does not hold it."""
    with np.errstate(all="ignore"):
        made = np.asarray(number).astype(dtype)
    same = made == number and np.signbit(made.real) == np.signbit(np.real(number))
    return T.constant(made) if same else None


def licences(steps):
    """What may differ after these steps: of what has no name in the table nothing."""
    return {LICENCE.get(step.rule.name, step.rule.licence) for step in steps}


def compare(inputs, e, values, note=""):
    """What is rewritten is what was written: bits where only exact rules were used, else up to
    rounding, or nearer to the value in higher precision."""
    used = tutor.core.walk.graph_inputs([e])
    values = [a for v, a in zip(inputs, values, strict=False) if v in used]
    inputs = [v for v in inputs if v in used and not isinstance(v, Constant)]
    fast, plain = (tutor.function(inputs, e, mode=m) for m in ("FAST_RUN", "FAST_COMPILE"))
    with np.errstate(all="ignore"):
        try:
            old = plain(*values)
        except TutorError as problem:  # of integers to negative powers, of shapes
            with pytest.raises(type(problem)):
                fast(*values)
            return
        new = fast(*values)
    used = licences(fast.rewrites)
    where = f"{note} {e} of {[v.dtype for v in inputs]}: {fast.rewrites}"
    assert old.dtype == new.dtype == e.dtype, where
    assert old.shape == new.shape, where
    assert fast.graph.outputs[0].broadcastable == e.broadcastable, where
    if old.dtype.kind in "biu":
        np.testing.assert_array_equal(new, old, where)
    elif not used - {EXACT}:
        np.testing.assert_array_equal(new, old, where)
        if old.dtype.kind == "f":
            zero = old == 0
            np.testing.assert_array_equal(np.signbit(new[zero]), np.signbit(old[zero]), where)
    else:
        eps, tiny = float(np.finfo(old.dtype).eps), float(np.finfo(old.dtype).tiny)
        keep = np.isfinite(old)
        if STABLE in used:  # what is written may cancel
            keep &= abs(old) < 1e4
            np.testing.assert_allclose(new[keep], old[keep], rtol=300 * eps, atol=300 * eps,
                                       err_msg=where)
        else:
            np.testing.assert_allclose(new, old, rtol=20 * eps, atol=tiny, err_msg=where)


def beside(x, number):
    """What is written with an operand and a number that a rule might look for."""
    yield from (lambda f=f: f(x, number) for f in (
        lambda a, c: a + c, lambda a, c: c + a, lambda a, c: a - c, lambda a, c: c - a,
        lambda a, c: a * c, lambda a, c: c * a, lambda a, c: a / c, lambda a, c: c / a,
        lambda a, c: a ** c, lambda a, c: -a * c, lambda a, c: c * (a * c), lambda a, c: -(a - c),
        lambda a, c: -a - c, lambda a, c: a - c * a, lambda a, c: a / c * c,
        lambda a, c: T.maximum(a, c), lambda a, c: T.switch(T.eq(a, c), a, c),
        lambda a, c: T.log(c + a), lambda a, c: T.log(c - a), lambda a, c: T.exp(a) - c,
        lambda a, c: c / (c + T.exp(a)), lambda a, c: c - T.nnet.sigmoid(a),
        lambda a, c: (a * c).sum(), lambda a, c: (a / c).sum(), lambda a, c: T.fill(a, c) * a,
        lambda a, c: T.sqr(a - c), lambda a, c: a * c - c * a, lambda a, c: (c * a) / (c * a),
    ))


def tried(inputs, build_, values, note):
    """Compare what can be built: what an op refuses is refused before rewriting."""
    try:
        e = build_()
    except (TutorError, TypeError, ValueError, OverflowError):
        return 0
    compare(inputs, e, values, note)
    return 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_numbers_that_rules_look_for(dtype, sampled):
    x = T.vector("x", dtype=dtype)
    cases = [(n, i) for n in range(len(NUMBERS)) for i in range(28)]
    count = 0
    for n, i in sampled(cases, 110):
        build_ = list(beside(x, NUMBERS[n]))[i]
        count += tried([x], build_, [edges(dtype)], f"number {NUMBERS[n]!r}")
    assert count > 20


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_constants_of_every_dtype_and_symbols(dtype, sampled):
    x = T.vector("x", dtype=dtype)
    numbers = [*range(0, len(NUMBERS), 2), None]
    cases = [(other, n, i) for other in DTYPES for n in numbers for i in range(28)]
    count = 0
    for other, n, i in sampled(cases, 110):
        second = T.vector("y", dtype=other) if n is None else typed(NUMBERS[n], other)
        if second is None:
            continue
        build_ = list(beside(x, second))[i]
        values = pairs(dtype, other) if n is None else [edges(dtype)]
        count += tried([x, second], build_, values, f"{n} {other}")
    assert count > 15


#: A rule about what was given mends what has no digits left.
PATTERNS = [(rule, text) for rule in RULES if isinstance(rule.replacement, str) and rule.kinds
            and rule.licence != ASSUMES and not rule.given for text, _ in rule.forms()]


@pytest.mark.parametrize("rule, text", PATTERNS, ids=lambda v: getattr(v, "name", v))
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_patterns_of_operands_of_two_dtypes(rule, text, sampled):
    pattern = parse(text)
    free = free_names(rule, pattern)
    for dtypes in sampled(list(product(DTYPES, repeat=len(free))), 14):
        inputs = [T.vector(n, dtype=d) for n, d in zip(free, dtypes, strict=True)]
        found = parts_at(rule, dict(zip(free, inputs, strict=True)))
        tried(inputs, lambda found=found: build(pattern, found), pairs(*dtypes), rule.name)


@pytest.mark.parametrize("rule, text", PATTERNS, ids=lambda v: getattr(v, "name", v))
@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_patterns_of_size_0_and_1(rule, text, size):
    pattern = parse(text)
    free = free_names(rule, pattern)
    dtype = next(d for kind, d in (("f", "float64"), ("F", "float64"), ("i", "int8"), ("b", "bool"))
                 if kind in rule.kinds)
    for makers in ((T.vector, T.vector), (T.row, T.matrix), (T.matrix, T.col), (T.scalar, T.matrix),
                   (T.tensor3, T.row)):
        inputs = [make(n, dtype=dtype) for n, make in zip(free, makers * 2, strict=False)]
        values = [np.ones([1 if one else size for one in v.broadcastable], dtype) for v in inputs]
        found = parts_at(rule, dict(zip(free, inputs, strict=True)))
        tried(inputs, lambda found=found: build(pattern, found), values, rule.name)
