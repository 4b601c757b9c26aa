"""Every op of the registry against NumPy and against finite differences; nobody writes a test an
op.

An elementwise op is tried on its own domain, in every dtype it accepts, with rows and columns that
stretch; every other op by its examples, in every dtype that they make sense for.
"""

import zlib
from itertools import permutations, product

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.checking import is_balanced
from tutor.core.elementwise import ELEMENTWISE, Elementwise
from tutor.core.errors import TutorError
from tutor.core.op import Op
from tutor.core.types import TensorType, promote
from tutor.core.walk import toposort
from tutor.ops.examples import EXAMPLES

KINDS = {"b": "bool", "i": "int8 int32 int64", "u": "uint8", "f": "float32 float64",
         "c": "complex64 complex128"}
DTYPES = " ".join(KINDS.values()).split()
TOLERANCE = {"float16": 1e-2, "float32": 2e-5, "complex64": 2e-5}
CASES = [(name, i) for name, entries in EXAMPLES.items() for i in range(len(entries))]
DIFFERENTIABLE = [(name, i) for name, i in CASES if EXAMPLES[name][i].differentiable]
SMOOTH = [name for name, op in ELEMENTWISE.items() if op.gradient is not None]
STEPS = {"floor", "ceil", "trunc", "round_half_to_even", "round_half_away_from_zero", "sgn",
         "maximum", "minimum", "relu", "clip"}


def numbers(op, dtype, shapes, seed=0):
    """Numbers of the op's domain, in no order; whole ones for integers, with an imaginary part for
    complex dtypes."""
    rng = np.random.default_rng(zlib.crc32(op.name.encode()) + seed)
    low, high = op.domain
    found = []
    for shape in shapes:
        x = rng.uniform(low, high, shape)
        if np.dtype(dtype).kind == "c":
            x = x + 1j * rng.uniform(-0.4, 0.4, shape)
        elif np.dtype(dtype).kind in "iub":
            x = rng.integers(max(0, np.ceil(low)), np.floor(high) + 1, shape)
        found.append(np.asarray(x, dtype=dtype))
    return found


def shapes_for(n, ndim=2):
    """Shapes that stretch over one another: a matrix, a column, a row."""
    return [(3, 4), (3, 1), (1, 4)][:n] if ndim == 2 else [()] * n


def variables(arrays):
    return [TensorType(a.dtype.name, [n == 1 for n in a.shape])(f"x{i}")
            for i, a in enumerate(arrays)]


def close(got, wanted, dtype=None, factor=1.0):
    rtol = TOLERANCE.get(str(dtype or np.asarray(got).dtype), 1e-9) * factor
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol, equal_nan=True)


def widened(arrays, dtype):
    """Operands as the op converts them: integers as floats where its result is one."""
    if np.dtype(dtype).kind not in "fc":
        return arrays
    return [a.astype(promote(a.dtype.name, "float64")) if a.dtype.kind in "biu" else a
            for a in arrays]


def accepts(op, dtype):
    return np.dtype(dtype).kind in op.accepts


@pytest.mark.parametrize("op", list(ELEMENTWISE.values()), ids=lambda op: op.name)
def test_an_elementwise_op_gives_numpys_values(op):
    for dtype, ndim in product([d for d in DTYPES if accepts(op, d)], (0, 2)):
        gives_numpys_values(op, dtype, ndim)


def gives_numpys_values(op, dtype, ndim):
    assert op.reference, f"{op.name} has no NumPy function of its own: say reference=lambda x: …"
    arrays = numbers(op, dtype, shapes_for(op.nin, ndim))
    inputs = variables(arrays)
    out = op(*inputs)
    for mode in ("FAST_RUN", "FAST_COMPILE", "interpret"):
        got = tutor.function(inputs, out, mode=mode)(*arrays)
        assert got.dtype == out.dtype
        assert got.shape == np.broadcast_shapes(*[a.shape for a in arrays])
        with np.errstate(all="ignore"):
            wanted = op.reference(*widened(arrays, out.dtype))
        close(got, wanted, out.dtype)


@pytest.mark.parametrize(
    "op", [op for op in ELEMENTWISE.values() if op.nin > 1], ids=lambda op: op.name)
def test_operands_of_two_dtypes(op):
    for first, second in permutations(DTYPES, 2):
        if accepts(op, promote(first, second)):
            gives_numpys_value_of_two(op, first, second)


def gives_numpys_value_of_two(op, first, second):
    arrays = [*numbers(op, first, [(3,)]), *numbers(op, second, [(3,)] * (op.nin - 1), 1)]
    inputs = variables(arrays)
    out = op(*inputs)
    got = tutor.function(inputs, out)(*arrays)
    assert got.dtype == out.dtype
    wide = promote(first, second) if np.dtype(promote(first, second)).kind in "fc" else "int64"
    with np.errstate(all="ignore"):
        wanted = op.reference(*widened([a.astype(promote(wide, "float64") if wide != "int64"
                                                 else wide) for a in arrays], out.dtype))
    if out.dtype not in ("bool", "int8", "uint8", "int16", "int32", "uint32"):
        close(got, wanted, "float32" if "float32" in (first, second) else out.dtype)


@pytest.mark.parametrize("name", list(ELEMENTWISE))
def test_what_an_op_does_not_accept_is_an_error_that_names_it(name):
    op = ELEMENTWISE[name]
    for dtype in DTYPES:
        if not accepts(op, dtype):
            inputs = [TensorType(dtype, ())() for _ in range(op.nin)]
            with pytest.raises(TypeError, match=name):
                op(*inputs)
    if not op.several:
        with pytest.raises(TypeError, match=r"argument|takes"):
            op(*[T.dscalar()] * (op.nin + 1))
    with pytest.raises(TypeError, match=r"argument|takes"):
        op()


def weighted(out):
    """A scalar that depends on every element differently."""
    weights = np.cos(np.arange(7.0) * 1.3 + 0.3)[:, None] * np.ones(5)
    n = T.size(out)
    flat = out.flatten()
    scale = T.as_tensor_variable(weights.ravel())[T.arange(n) % weights.size]
    return T.sum(flat * T.cast(scale, "float64"))


def numerical(f, arrays, i, h=1e-6):
    """The derivative of f with respect to arrays[i], by central differences; for a complex one
    with respect to both parts."""
    x = arrays[i]
    g = np.zeros(x.shape, x.dtype)
    for place in np.ndindex(*x.shape):
        for unit in (1.0, 1j) if x.dtype.kind == "c" else (1.0,):
            values = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[i][place] += sign * h * unit
                values.append(f(*moved))
            g[place] += unit * (values[0] - values[1]) / (2 * h)
    return g


def check_gradient(inputs, cost, arrays, order=2, tolerance=2e-5):
    """The gradient of a cost against differences; then of the gradient, weighted."""
    wrt = [(i, v) for i, v in enumerate(inputs) if v.dtype in ("float64", "complex128")]
    f = tutor.function(inputs, cost, on_unused_input="ignore")
    grads = tutor.grad(cost, [v for _, v in wrt], disconnected_inputs="ignore")
    for (i, v), g in zip(wrt, grads, strict=True):
        assert g.type == v.type, f"the gradient of a {v.type} is a {g.type}"
        got = tutor.function(inputs, g, on_unused_input="ignore")(*arrays)
        wanted = numerical(f, arrays, i)
        assert np.isfinite(wanted).all()
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
        if order > 1 and v.dtype == "float64":
            check_gradient(inputs, weighted(g), arrays, order - 1, tolerance * 10)


@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives(name):
    op = ELEMENTWISE[name]
    if not accepts(op, "float64"):
        pytest.skip("takes no floats")
    if name == "polygamma":
        arrays = [np.array([0.7, 1.5, 3.2])]
        v, = inputs = variables(arrays)
        return check_gradient(inputs, weighted(op(2, v)), arrays)
    arrays = numbers(op, "float64", shapes_for(op.nin))
    inputs = variables(arrays)
    check_gradient(inputs, real_cost(op(*inputs)), arrays)


def real_cost(out):
    """A real scalar that depends on every element, and on both parts of a complex one."""
    if not out.dtype.startswith("complex"):
        return weighted(out)
    return weighted(T.real(out)) + 0.7 * weighted(T.imag(out) * 1.1)


@pytest.mark.parametrize("name", [n for n in SMOOTH if accepts(ELEMENTWISE[n], "complex128")])
def test_complex_derivatives(name):
    op = ELEMENTWISE[name]
    arrays = numbers(op, "complex128", shapes_for(op.nin, 2))
    if name == "switch":
        arrays[0] = arrays[0].real > 0
    inputs = variables(arrays)
    check_gradient(inputs, real_cost(op(*inputs)), arrays, order=1)


@pytest.mark.parametrize(("x", "cost", "wanted"), [
    (0.0, lambda x: abs(x), 0.0), (0.0, lambda x: x**2, 0.0), (0.0, lambda x: x**1, 1.0),
    (0.0, lambda x: T.sqr(x), 0.0), (-800.0, lambda x: T.nnet.sigmoid(x), 0.0),
    (800.0, lambda x: T.nnet.softplus(x), 1.0), (-800.0, lambda x: T.nnet.softplus(x), 0.0),
    (400.0, lambda x: T.tanh(x), 0.0), (800.0, lambda x: T.nnet.elu(x), 1.0),
    (-800.0, lambda x: T.nnet.elu(x), 0.0), (800.0, lambda x: T.nnet.selu(x), 1.0507009873554805),
    (0.0, lambda x: T.expm1(x), 1.0), (0.0, lambda x: T.log1p(x), 1.0),
    (0.0, lambda x: T.prod(T.stack([x, 2.0, 3.0])), 6.0),
    (0.0, lambda x: T.prod(T.stack([x, x, 3.0])), 0.0),
    (0.0, lambda x: T.exp2(x), np.log(2)), (900.0, lambda x: T.logaddexp(x, 1.0), 1.0),
    (0.0, lambda x: T.nnet.relu(x), 0.5), (0.0, lambda x: T.maximum(x, 0), 1.0),
    (0.0, lambda x: T.arctan2(x, 1.0), 1.0)])
def test_a_derivative_at_the_edge_is_finite_and_right(x, cost, wanted):
    v = T.dscalar("x")
    for mode in ("FAST_RUN", "FAST_COMPILE", "interpret"):
        got = tutor.function([v], tutor.grad(cost(v), v), mode=mode, on_unused_input="ignore")(x)
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-300)


def is_free(given, value):
    """Whether an input of an example may have any dtype; whole numbers given are positions."""
    return isinstance(given, tuple) or value.dtype.kind == "f"


def cast_values(entry, dtype):
    """The values of an example in a dtype; integers that stand for positions stay."""
    found = []
    for given, value in zip(entry.inputs, entry.values, strict=True):
        free = is_free(given, value)
        if free and np.dtype(dtype).kind == "c":
            value = value + 0.5j * value[..., ::-1] if value.ndim else value + 0.5j
        if free:
            with np.errstate(all="ignore"):
                value = np.abs(value) if np.dtype(dtype).kind == "u" else value
                value = value.astype(dtype)
        found.append(np.asarray(value))
    return found


@pytest.mark.parametrize(("name", "i"), CASES)
def test_an_example_gives_numpys_value(name, i):
    entry = EXAMPLES[name][i]
    for dtype in DTYPES:
        if np.dtype(dtype).kind in entry.kinds:
            example_gives_numpys_value(entry, dtype)


def example_gives_numpys_value(entry, dtype):
    arrays = cast_values(entry, dtype)
    inputs = [TensorType(a.dtype.name, (False,) * a.ndim)(f"x{i}") for i, a in enumerate(arrays)]
    try:
        out = entry.build(*inputs)
    except TypeError as refused:
        assert isinstance(refused, TutorError), "an error of NumPy at graph building"
        assert np.dtype(dtype).kind in "bc", f"{dtype} is refused: {refused}"
        return
    with np.errstate(all="ignore"):
        free = [is_free(*pair) for pair in zip(entry.inputs, entry.values, strict=True)]
        wide = widened(arrays, out.dtype)
        wanted = np.asarray(entry.reference(*[
            w if ok else a for w, a, ok in zip(wide, arrays, free, strict=True)]))
    for mode in ("FAST_RUN", "FAST_COMPILE", "interpret"):
        got = tutor.function(inputs, out, mode=mode)(*arrays)
        assert out.type.is_super(got), f"{out.type} is not what came: {got!r}"
        assert got.shape == wanted.shape
        close(got, wanted, out.dtype, 5)


@pytest.mark.parametrize(("name", "i"), DIFFERENTIABLE)
def test_an_example_has_the_gradient_of_differences(name, i):
    entry = EXAMPLES[name][i]
    arrays = cast_values(entry, "float64")
    inputs = variables(arrays)
    out = entry.build(*inputs)
    smooth = not any(getattr(n.op, "name", "") in ("max", "min", "prod", "cumprod")
                     for n in toposort([out]))
    check_gradient(inputs, weighted(out), arrays, order=2 if smooth else 1)


@pytest.mark.parametrize(("name", "i"), [
    (name, i) for name, i in DIFFERENTIABLE if "c" in EXAMPLES[name][i].kinds])
def test_an_example_has_the_complex_gradient_of_differences(name, i):
    entry = EXAMPLES[name][i]
    arrays = cast_values(entry, "complex128")
    if not any(a.dtype.kind == "c" for a in arrays):
        pytest.skip("takes integers only")
    inputs = variables(arrays)
    try:
        out = entry.build(*inputs)
    except TutorError:
        pytest.skip("refused, with an error of its own")
    check_gradient(inputs, real_cost(out), arrays, order=1)


def all_ops(kind=Op):
    for sub in kind.__subclasses__():
        yield sub
        yield from all_ops(sub)


def nodes_of_examples():
    for name, i in CASES:
        entry = EXAMPLES[name][i]
        inputs = variables(cast_values(entry, "float64"))
        out = entry.build(*inputs)
        outputs = [out]
        if entry.differentiable:
            wrt = [v for v in inputs if v.dtype == "float64"]
            cost = T.sum(out)
            first = tutor.grad(cost, wrt)
            outputs += first
            smooth = [T.sum(g) for g in first]
            for g in smooth:
                outputs += tutor.grad(g, wrt, disconnected_inputs="ignore")
        yield from toposort(outputs)


NODES = {(type(n.op), getattr(n.op, "name", "")): n for n in nodes_of_examples()}


def test_every_op_is_in_the_registry():
    """An op has an entry among the elementwise ones, or stands in the graph of an example."""
    tested = {kind for kind, _ in NODES}
    for kind in all_ops():
        if kind.__module__.startswith(("tutor.ops.random", "tutor.ops.checks")):
            continue  # test_random.py compares draws, other tests what a user wrote
        if "__call__" in vars(kind):
            continue  # it makes nodes of another op, under a name of its own
        if kind.__module__.startswith("tutor.ops") and kind is not Elementwise:
            bases = {k for k in tested for k in k.__mro__[1:]}
            assert kind in tested or kind in bases, f"{kind.__name__} has no example"
    for op in ELEMENTWISE.values():
        assert op.reference is not None, f"{op.name} names no reference to be compared with"


def example_nodes():
    for op in ELEMENTWISE.values():
        dtype = next(d for d in ("float64", "int64", "complex128", "bool") if accepts(op, d))
        yield op.make_node(*[TensorType(dtype, ())() for _ in range(op.nin)])
    yield from NODES.values()


@pytest.mark.parametrize("node", list(example_nodes()), ids=lambda n: n.op.name)
def test_every_op_can_be_written_and_read(node):
    op, names = node.op, [f"<{i}>" for i in range(len(node.inputs))]
    notation = op.notation(node)
    assert is_balanced(notation, len(names))
    text = notation.text.format(*names)
    assert "{" not in text and notation.latex.format(*names)
    assert len(notation.needs) in (0, len(names))
    assert op.label(node) and len(op.label(node)) < 30
    assert op.doc and op.doc.endswith(".") and "\n" not in op.doc
    assert op.name
    assert node.op.source(node, names) is not None


@pytest.mark.parametrize(
    "op", [op for op in ELEMENTWISE.values() if op.scalar is not None], ids=lambda op: op.name)
def test_the_scalar_program_gives_numpys_value_or_raises(op):
    """What is computed with Python floats is what NumPy computes, infinities and nan included."""
    import math
    special = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-320, 1e300, -1e300, 745.0, -745.0, 171.7,
               math.inf, -math.inf, math.nan, *numbers(op, "float64", [(20,)])[0].tolist()]
    code = compile(op.scalar.format("x", "y"), "<scalar>", "eval")
    for x, y in product(special, special if op.nin == 2 else [0.0]):
        if op.name == "pow" and not 0 < x < math.inf:
            continue  # what NumPy gives for (-inf) ** 0.5 and (-0.0) ** 0.5 depends on its version
        arguments = (np.array(x), np.array(y))[:op.nin]
        inputs = variables(arguments)
        try:
            got = eval(code, {**vars(math), "x": x, "y": y})
        except (ValueError, OverflowError, ZeroDivisionError):
            continue
        key = op.name
        if key not in PROGRAMS:
            # Two outputs, one of them an integer: no scalar program is made of this.
            PROGRAMS[key] = tutor.function(inputs, [op(*inputs), T.constant(1, dtype="int64")])
        wanted = PROGRAMS[key](*arguments)[0]
        assert isinstance(got, float), f"{op.name} of {x}, {y} gave {got!r}"
        np.testing.assert_allclose(got, wanted, rtol=1e-15, atol=5e-324, err_msg=f"{x}, {y}")
        if got == 0:
            assert math.copysign(1, got) == np.copysign(1, wanted), (x, y)


PROGRAMS = {}
