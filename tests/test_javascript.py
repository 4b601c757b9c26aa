"""Programs of JavaScript against NumPy: every op by its examples and at hostile values, whole
functions with updates; and every op that is not there says so when a program is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.builders import OpFromGraph
from tutor.compile.javascript.elementwise import is_one_line
from tutor.compile.javascript.module import written
from tutor.compile.javascript.table import NOT_THERE, ONE_LINE, kinds, reason
from tutor.core.elementwise import ELEMENTWISE, fill
from tutor.core.errors import BadValueError
from tutor.core.scan import Loop
from tutor.core.types import TensorType
from tutor.core.walk import toposort
from tutor.ifelse import ifelse
from tutor.loops import until
from tutor.ops.checks import FromFunctionOp, Print
from tutor.ops.examples import EXAMPLES
from tutor.ops.pooling import DownsampleFactorMax
from tutor.ops.random import RandomFunction, TwinState

from .scripted import answers, ulps

RUNTIME = Path(tutor.__file__).parent / "compile" / "javascript" / "runtime"
KINDS = {"b": ["bool"], "i": ["int8", "int32", "int64"], "u": ["uint8", "uint32"],
         "f": ["float32", "float64"]}
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, 3.0, -3.0, 0.1, -0.3, 0.7, 7.3, -12.7,
          22.5, 30.0, -30.0, 1e-8, -1e-8, 1e-5, 1e10, -1e10, 123456.75, np.inf, -np.inf, np.nan]
WIDE = [5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1.7976931348623157e308, -1e300, 1e-300,
        1e16, 710.0, -745.0, -746.0]
NARROW = [1e-45, -1e-40, 1.1754944e-38, 3.4028235e38, -1e30, 88.0, -104.0]
INTEGERS = [0, 1, 2, 3, 5, 7, 13, 100, 127]
#: What has no example, and a test below, or runs as another op.
UNSEEN = {Loop, OpFromGraph, Print, RandomFunction, TwinState, DownsampleFactorMax, FromFunctionOp}
#: Where C says nothing of the result, or NumPy's own differs from machine to machine: which zero
#: is the larger one, and the sign of a nan.
LOOSE_ZEROS = {"maximum", "minimum", "clip", "relu"}
#: Gamma's kin are compared by their relative error too: near a zero of theirs no digit is sure.
NEAR = {"gammaln": 1e-14, "psi": 1e-13, "tri_gamma": 1e-13, "polygamma": 1e-12, "erfinv": 1e-15,
        "erfcinv": 1e-15, "gamma": 4e-15, "logaddexp": 1e-14, "logaddexp2": 1e-14}


def hostile(dtype):
    kind = np.dtype(dtype)
    if kind.kind == "f":
        more = WIDE if dtype == "float64" else NARROW
        return np.array([*FLOATS, *more], dtype)
    if kind.kind == "b":
        return np.array([False, True])
    info = np.iinfo(dtype)
    signed = [-v for v in INTEGERS if v] if info.min else []
    return np.array([*INTEGERS, *signed, info.min, info.max, info.max - 1], dtype)


def operands(op, dtype):
    """Hostile values in all pairs; of three operands the pairs with ordered bounds."""
    values = hostile(dtype)
    if op.nin == 1:
        return [values]
    a, b = (v.ravel() for v in np.meshgrid(values, values))
    if op.nin == 2:
        return [a, whole_count(op, b)] if op.name != "polygamma" else [whole_count(op, b), a]
    return [a, b, b[::-1].copy()]


def whole_count(op, b):
    if op.name in ("left_shift", "right_shift"):
        return np.clip(b, 0, 40).astype(b.dtype)
    if op.name == "pow" and b.dtype.kind in "iu":
        return np.clip(b, 0, 9).astype(b.dtype)
    if op.name == "polygamma":
        return np.clip(np.nan_to_num(np.abs(np.trunc(b))), 0, 3).astype(b.dtype)
    return b


def elementwise_cases():
    for op in ELEMENTWISE.values():
        if not is_one_line(op):
            continue
        for dtype in [d for kind in op.accepts if kind in KINDS for d in KINDS[kind]]:
            given = operands(op, dtype)
            vs = [TensorType(dtype, (False,))(f"x{i}") for i in range(op.nin)]
            if op.name == "switch":
                vs[0], given[0] = T.TensorType("bool", (False,))("x0"), given[0] != 0
            name = f"{op.name}_of_{dtype}"
            f = tutor.function(vs, op(*vs), name=name, mode="FAST_COMPILE",
                               on_unused_input="ignore")
            yield op, dtype, f, given


def agrees(op, got, wanted, given):
    """Whether results agree to 4 units in the last place with NumPy's, or, for float32, with those
    in double precision (NumPy's own overflow on the way, and iterate to fewer digits)."""
    if same(op, got, wanted):
        return True
    if got.dtype != "float32" or wanted.dtype != "float32":
        return False
    wide = [T.dvector() for _ in given]
    precise = tutor.function(wide, op(*wide), mode="interpret")(*[v.astype(float) for v in given])
    return same(op, got, np.where(got == wanted, wanted, precise).astype("float32"))


def same(op, got, wanted):
    """Whether two results agree to 4 units in the last place, zeros by their sign."""
    if got.dtype != wanted.dtype or got.shape != wanted.shape:
        return False
    if got.dtype.kind != "f":
        return np.array_equal(got, wanted)
    if op.name not in LOOSE_ZEROS:
        zeros = (got == 0) & (wanted == 0)
        if not np.array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros])):
            return False
    near = NEAR.get(op.name, 0) * (1 if got.dtype == "float64" else 1e8)
    with np.errstate(all="ignore"):
        off = ~((got == wanted) | (np.isnan(got) & np.isnan(wanted)))
        off &= ~(np.abs(got - wanted) <= near * np.abs(wanted))
    return ulps(got[off], wanted[off]) <= 4


def described(got, wanted, given):
    """Some elements that differ, with the operands they come of."""
    if isinstance(got, str):
        return got[:200]
    bad = [i for i, (a, b) in enumerate(zip(got, wanted, strict=True))
           if ulps(got[i:i + 1], wanted[i:i + 1]) > 4 or (a == b == 0 and str(a) != str(b))]
    return [([a[i].item() for a in given], got[i].item(), wanted[i].item()) for i in bad[:4]]


@pytest.mark.filterwarnings("ignore")
def test_elementwise_ops_agree_at_hostile_values() -> None:
    cases = list(elementwise_cases())
    found = answers([(f, [given]) for _, _, f, given in cases])
    wrong = []
    with np.errstate(all="ignore"):
        for (op, dtype, f, given), got in zip(cases, found, strict=True):
            wanted = np.asarray(f(*given))
            if isinstance(got, str) or not agrees(op, got, wanted, given):
                wrong.append((op.name, dtype, described(got, wanted, given)))
    assert not wrong


def gradients(found, vs):
    """The derivatives of a cost made of all results, by the inputs that have any."""
    floats = [v for v in found if v.dtype.startswith("float")]
    wrt = [v for v in vs if v.dtype.startswith("float")]
    if not floats or not wrt:
        return []
    return T.grad(sum(T.sum(v * v) for v in floats), wrt, disconnected_inputs="ignore")


def example_cases(mode):
    """A function an example, with its arguments; and the ops that were refused, and seen."""
    cases, seen, refused = [], set(), set()
    for name, i in [(name, i) for name, entries in EXAMPLES.items() for i in range(len(entries))]:
        example = EXAMPLES[name][i]
        values = example.values
        vs = [TensorType(v.dtype.name, [n == 1 for n in v.shape])(f"x{k}")
              for k, v in enumerate(values)]
        found = example.build(*vs)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        slopes = gradients(found, vs) if example.differentiable and i < 3 and (
            mode == "FAST_COMPILE") else []
        plain = "".join(filter(str.isalnum, name))
        f = tutor.function(vs, [*found, *slopes], name=f"{plain}_{i}", mode=mode,
                           on_unused_input="ignore")
        ops = {node.op for node in toposort(f.graph.results)}
        seen |= {type(op) for op in ops}
        try:
            written(f)
        except BadValueError as problem:
            assert any(map(reason, ops)), f"{f.name}: {problem}"
            refused |= {op for op in ops if reason(op)}
            continue
        cases.append((f, [values]))
    return cases, seen, refused


def within(got, wanted):
    """Whether results of sums and products agree to 1e-12, or, of float32, to its digits."""
    if isinstance(got, str) or got.shape != wanted.shape or got.dtype != wanted.dtype:
        return False
    if got.dtype.kind != "f":
        return np.array_equal(got, wanted)
    digits = 1e-12 if got.dtype == "float64" else 1e-6
    return np.allclose(got, wanted, rtol=digits, atol=digits / 10, equal_nan=True)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_every_op_agrees_by_its_examples(mode) -> None:
    cases, seen, refused = example_cases(mode)
    wrong = []
    for (f, [values]), got in zip(cases, answers(cases), strict=True):
        wanted = [np.asarray(v) for v in f(*values)]
        if isinstance(got, str) or not all(map(within, got, wanted)):
            wrong.append((f.name, got if isinstance(got, str) else (got[:1], wanted[:1])))
    assert not wrong
    assert len(cases) > 400
    if mode == "FAST_COMPILE":  # each op as it stands: none is forgotten
        unseen = {kind for kind in kinds() if kind not in seen and not kind.of_user
                  and kind.__module__.startswith(("tutor.core", "tutor.ops"))} - UNSEEN
        assert not unseen, "no example runs these"
        assert {k for k in NOT_THERE if isinstance(k, type)} - UNSEEN <= {type(o) for o in refused}


def test_every_elementwise_op_has_a_form_or_a_reason() -> None:
    there = {op for op in ELEMENTWISE.values() if is_one_line(op)}
    assert set(ELEMENTWISE.values()) == {fill} | there | {k for k in NOT_THERE
                                                          if not isinstance(k, type)}
    assert not [op.name for op in ONE_LINE if reason(op)]


def test_the_table_is_printed_by_one_command() -> None:
    done = subprocess.run([sys.executable, "-m", "tutor.compile.javascript"], text=True,
                          capture_output=True, check=True)
    lines = done.stdout.splitlines()
    assert "exp                        Math.exp({0})" in lines
    assert any(line.startswith("SVD") and "not there: " in line for line in lines)


def compared(f, *calls):
    """Check that a function gives the same in JavaScript, call after call."""
    start = [v.get_value() for v in f.get_shared()]
    found = answers([(f, list(calls))])
    for v, value in zip(f.get_shared(), start, strict=True):
        v.set_value(value)
    for args, got in zip(calls, found, strict=True):
        wanted = f(*args)
        several = wanted if isinstance(wanted, (list, tuple)) else [wanted]
        got = got if isinstance(got, list) else [got]
        for one, other in zip(got, several, strict=True):
            assert within(one, np.asarray(other)), (one, other)


def test_updates_are_kept_from_call_to_call() -> None:
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = tutor.shared(np.zeros(3), "w"), tutor.shared(0.0, "b")
    p = T.nnet.sigmoid(x.dot(w) + b)
    cost = T.nnet.binary_crossentropy(p, y).mean() + 0.01 * (w ** 2).sum()
    gw, gb = T.grad(cost, [w, b])
    train = tutor.function([x, y], [cost, w, b], updates={w: w - 0.1 * gw, b: b - 0.1 * gb},
                           name="train")
    rows = np.random.default_rng(1).normal(size=(20, 3))
    compared(train, *[(rows, (rows[:, 0] > 0).astype(float))] * 30)


def test_an_update_reads_old_values_whatever_its_name() -> None:
    a, b = tutor.shared(np.arange(3.0), "const"), tutor.shared(np.ones(3), "Math")
    compared(tutor.function([], [a * 2, b], updates={a: b + 1, b: a}, name="swap"), *[()] * 4)


def test_loops_run_as_functions_of_their_step() -> None:
    x, n = T.dvector("x"), T.lscalar("n")
    sums, _ = tutor.scan(lambda v, s: s + v * v, x, outputs_info=np.float64(0.0))
    powers, _ = tutor.scan(lambda p, a: p * a, outputs_info=T.ones_like(x), non_sequences=x,
                           n_steps=n)
    slope = T.grad(sums[-1], x)
    f = tutor.function([x, n], [sums, powers[-1], slope], name="loop")
    compared(f, ([1.0, 2.0, 3.0], 4), (np.arange(6.0), 2))
    value, _ = tutor.scan(lambda s: (s * 2, until(s > 40)), n_steps=50,
                          outputs_info=np.float64(1.0))
    compared(tutor.function([], value, name="until"), ())


def test_an_ifelse_computes_one_branch() -> None:
    x, c = T.dvector("x"), T.lscalar("c")
    wrong = T.nlinalg.matrix_inverse(T.zeros((2, 2)) * x[0]).sum()
    f = tutor.function([c, x], ifelse(c > 0, T.exp(x).sum() * 2, wrong), name="f",
                       on_unused_input="ignore")
    compared(f, (1, [1.0, 2.0]))
    assert "Singular" in answers([(f, [(0, [1.0, 2.0])])])[0]


def test_parts_are_set_to_numbers_and_nothing_is_taken_of_nothing() -> None:
    x, n, p = T.dvector("x"), T.lvector("n"), T.lvector("p")
    f = tutor.function([x, n, p], [
        T.set_subtensor(x[::-2], 1), T.inc_subtensor(n[1:], 3), T.set_subtensor(n[p], -2),
        T.outer(x, x)[:, p], T.inc_subtensor(x[p], 0.5)], name="parts", mode="FAST_COMPILE")
    compared(f, (np.arange(5.0), np.arange(4), [0, 2, 0]), (np.zeros(0), np.zeros(0, "int64"), []))


def test_shapes_are_compared_as_here() -> None:
    x, y = T.dmatrices("x", "y")
    f = tutor.function([x, y], x + y, name="f")
    assert "do not fit" in answers([(f, [(np.ones((2, 3)), np.ones((1, 3)))])])[0]


@pytest.mark.parametrize(("build", "why"), [
    (lambda: T.nlinalg.svd(T.dmatrix("a"))[1], "svd"),
    (lambda: T.zvector("z") * 2, "complex"),
    (lambda: T.fft.rfft(T.dmatrix("a")), "complex")])
def test_what_is_not_there_says_so_when_it_is_written(build, why) -> None:
    y = build()
    inputs = tutor.graph.inputs([y]) if hasattr(tutor, "graph") else y.owner.inputs[:1]
    with pytest.raises(BadValueError, match=why):
        written(tutor.function([v for v in inputs if not hasattr(v, "data")], y))


def test_a_saved_module_runs_by_itself(tmp_path) -> None:
    x = T.dvector("x")
    w = tutor.shared(np.arange(40.0), "w")
    f = tutor.function([x], T.exp(x).sum() + w.sum(), updates={w: w + 1}, name="total")
    path = tutor.save(f, tmp_path / "total.mjs")
    script = f"import {{ total, parameters }} from {str(path)!r};" \
        "console.log(String(total([0, 1])), parameters.w.tolist()[39])"
    node = shutil.which("node") or pytest.skip("this needs node")
    done = subprocess.run([node, "--input-type=module", "-e", script], text=True,
                          capture_output=True, check=True)
    value, last = map(float, done.stdout.split())
    assert value == pytest.approx(float(f([0.0, 1.0])), rel=1e-15) and last == 40


def test_no_two_functions_of_the_runtime_have_one_name() -> None:
    text = "\n".join(path.read_text() for path in RUNTIME.glob("*.js"))
    names = re.findall(r"^(?:function|class|const) (\w+)", text, re.MULTILINE)
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", [(37, 53, 29), (64, 64, 64), (201, 130, 1), (1, 130, 201),
                                   (9, 700, 8), (5, 3, 2), (0, 4, 3), (3, 0, 2)])
def test_products_of_all_sizes_agree(sizes, dtype) -> None:
    """Small ones in JavaScript, large ones by the kernels; of what is constant, and what is not;
    of transposed operands."""
    m, k, n = sizes
    rng = np.random.default_rng(m)
    a, b = (rng.normal(size=shape).astype(dtype) for shape in ((m, k), (k, n)))
    x, y = (T.TensorType(dtype, (False, False))(name) for name in "xy")
    p, v = T.TensorType(dtype, (False,))("p"), T.TensorType(dtype, (False,))("v")
    f = tutor.function([x, y, p, v], [
        T.dot(x, y), T.dot(x * 1.5, y), T.dot((y * 2).T, x.T), T.dot(x, p), T.dot(x.T, v),
        T.dot(v, x), T.dot(x[::2], y[:, ::-1])], name="products", mode="FAST_COMPILE")
    args = [a, b, rng.normal(size=k).astype(dtype), rng.normal(size=m).astype(dtype)]
    digits = 1e-12 if dtype == "float64" else 2e-5
    for found in answers([(f, [args, args])]):
        for got, wanted in zip(found, f(*args), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=digits, atol=digits * max(1, k) ** 0.5)


def test_random_streams_give_the_same_numbers() -> None:
    streams, chances = T.shared_randomstreams.RandomStreams(11), T.dvector("chances")
    n = T.lscalar("n")
    drawn = [streams.uniform((3, 4)), streams.normal((2, 5), avg=1.0, std=2.0),
             streams.binomial((40,), p=0.3), streams.binomial((20,), n=500, p=0.7),
             streams.poisson((15,), lam=3.5), streams.poisson((30,), lam=40.0),
             streams.random_integers((20,), -3, 10), streams.permutation((2,), n=9),
             streams.choice((12,), a=5), streams.choice((10,), a=3, p=chances),
             streams.multinomial((4,), n=20, pvals=[0.2, 0.5, 0.3]), streams.normal((n,)),
             streams.uniform(low=T.arange(3.0), high=T.arange(3.0) + 0.5, size=(2, 3))]
    f = tutor.function([chances, n], drawn, name="drawn")
    args = [0.2, 0.5, 0.3], 7
    for found in answers([(f, [args] * 4)]):
        assert not isinstance(found, str), found
        for got, wanted in zip(found, f(*args), strict=True):
            assert within(got, wanted), (got, wanted)


OWN = """
import numpy as np, tutor, tutor.tensor as T
from tutor.core.elementwise import *
from tutor.core.types import promote
from tests.scripted import answers
bump = Elementwise('bump', 'exp(-{0} * {0}) / (2 / 3)', floats, grad=None, doc='A bump.')
bent = Elementwise('bent', 'where({0} > {1}, {0} * 2 - 1, {1} ** 2) % 7', promote, grad=None,
                   doc='A bend.')
share = Elementwise('share', '{0} / ({1} + 1)', quotient, grad=None, doc='A share.')
fs, calls = [], []
for dtype in 'float64', 'float32', 'int32', 'int64', 'uint8':
    x, y = (T.TensorType(dtype, (False,))(n) for n in 'xy')
    a, b = np.arange(-3, 7).astype(dtype), np.arange(6, -4, -1).astype(dtype)
    f = tutor.function([x, y], [bump(x), bent(x, y), share(x, y * y), bump(x) * bent(y, 3)],
                       name=f'own_{dtype}')
    fs.append(f)
    calls.append((f, [(a, b)]))
for (f, [args]), found in zip(calls, answers(calls)):
    for got, wanted in zip(found, f(*args)):
        assert got.dtype == wanted.dtype, (f.name, got.dtype, wanted.dtype)
        np.testing.assert_allclose(got, wanted, rtol=1e-6 if '32' in got.dtype.name else 1e-15)
odd = Elementwise('odd', 'frompyfunc({0}, 1, 1)', floats, grad=None, doc='Of what is not there.')
tutor.save(tutor.function([x], odd(x)), 'odd.js')
"""


def test_an_op_of_ones_own_is_written_by_those_of_the_table(tmp_path) -> None:
    root = Path(__file__).resolve().parents[1]
    code = f"import sys; sys.path.insert(0, {str(root)!r}); {OWN.strip()}"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path,
                          capture_output=True, text=True)
    assert "BadValueError" in done.stderr and "frompyfunc is not there" in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())
