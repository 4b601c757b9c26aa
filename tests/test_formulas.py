"""A formula stands for one value: in text, LaTeX and MathML, what differs in value differs there.

Every op inside every other, in each place, over the same leaves; every op with each of its options;
graphs of some depth, made at random; and names of all kinds. Those that share a formula are run,
and their values compared.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.mode import Mode
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import TutorError
from tutor.core.graph import Variable
from tutor.core.walk import graph_inputs
from tutor.formulas import TEXT
from tutor.ops.examples import EXAMPLES
from tutor.pictures.latex import LATEX, in_full
from tutor.pictures.mathml import mathml
from tutor.pictures.plain import plain

AS_WRITTEN = Mode(optimizer=None)
A, B, C = T.dmatrices("A", "B", "C")
k, p, q = T.lmatrix("k"), T.TensorType("bool", (False, False))("p"), T.dscalar("q")
VALUES = {A: [[0.3, 1.7], [0.9, 0.4]], B: [[1.1, 0.6], [2.3, 0.8]], C: [[0.7, 1.9], [0.2, 1.3]],
          k: [[3, 6], [5, 12]], p: [[True, False], [False, True]], q: 0.37}  # fmt: skip
VALUES = {v: np.asarray(value, v.dtype) for v, value in VALUES.items()}

UNARY: dict[str, Callable[[Any], Any]] = {
    **{name: op for name, op in ELEMENTWISE.items() if op.nin == 1},
    **{f"{kind} {axis} {kept}": lambda x, k=kind, a=axis, d=kept: getattr(T, k)(x, a, keepdims=d)
       for kind in ("sum", "prod", "max", "argmax", "mean", "var", "std", "logsumexp")
       for axis in (None, 0, 1) for kept in (False, True)},
    "T": lambda x: x.T, "[:, None]": lambda x: x[:, None], "[None]": lambda x: x[None],
    "[0]": lambda x: x[0], "[:1]": lambda x: x[:1], "[::-1]": lambda x: x[::-1],
    "[[1, 0]]": lambda x: x[[1, 0]], "[0, 1]": lambda x: x[0, 1], "[:, 0]": lambda x: x[:, 0],
    "dimshuffle": lambda x: x.dimshuffle(1, "x", 0), "flatten": T.flatten,
    "reshape": lambda x: x.reshape((1, 4)), "float32": lambda x: T.cast(x, "float32"),
    "cumsum": lambda x: T.cumsum(x, 1), "sort": lambda x: T.sort(x, 0), "diag": T.diag,
    "inverse": T.nlinalg.matrix_inverse, "pinv": T.nlinalg.pinv, "det": T.nlinalg.det,
    "expm": T.slinalg.expm, "softmax": T.nnet.softmax, "logsoftmax": T.nnet.logsoftmax,
    "stop": tutor.gradient.disconnected_grad, "zero": tutor.gradient.zero_grad,
    "clip": lambda x: tutor.gradient.grad_clip(x, -1, 1),
    "** -1": lambda x: x ** -1,
    "** 2": lambda x: x ** 2, "1 /": lambda x: 1 / x, "1 -": lambda x: 1 - x,
    "* -2": lambda x: x * -2,
    "2 *": lambda x: 2 * x,
    "shape": lambda x: x.shape[0], "tril": T.tril, "diff": T.diff,
}  # fmt: skip
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    **{name: op for name, op in ELEMENTWISE.items() if op.nin == 2},
    "dot": T.dot, "matmul": T.matmul, "outer": T.outer,
    "join 0": lambda x, y: T.join(0, x, y), "join 1": lambda x, y: T.join(1, x, y),
    "tensordot": lambda x, y: T.tensordot(x, y, 1), "tensordot 0": lambda x, y: T.tensordot(
        x, y, [[0], [0]]), "set": lambda x, y: T.set_subtensor(x[0], y[0]),
    "inc": lambda x, y: T.inc_subtensor(x[0], y[0]), "solve": T.slinalg.solve,
    "switch": lambda x, y: T.switch(x > y, x, y), "switch of": lambda x, y: T.switch(p, x, y),
    "clip": lambda x, y: T.clip(x, 0.1, y), "stack": lambda x, y: T.stack([x, y]),
    "index": lambda x, y: x[T.cast(y, "int64") % 2],
}  # fmt: skip
CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12}


def made(*parts: Any) -> list[Variable]:
    """What a function makes of its arguments; nothing where they do not fit."""
    make, *arguments = parts
    try:
        return [make(*arguments)]
    except (TypeError, ValueError, IndexError, TutorError, NotImplementedError):
        return []


def value(v: Variable) -> Any:
    """The value, or the kind of error where there is none."""
    with np.errstate(all="ignore"):
        try:
            return tutor.function([*VALUES], v, AS_WRITTEN, on_unused_input="ignore")(
                *VALUES.values())
        except Exception as problem:
            return type(problem).__name__


def formulas(v: Variable) -> Iterable[tuple[str, str]]:
    """The formula in each script, with nothing left out."""
    text, latex = (in_full(v, script, 400).text for script in (TEXT, LATEX))
    yield from (("text", text), ("latex", latex), ("mathml", mathml(latex)),
                ("plain", plain(latex)))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str)
    return one.shape == other.shape and np.allclose(one, other, equal_nan=True, **CLOSE)


def shared(expressions: Iterable[Variable], run: Callable[[Variable], Any] = value) -> list[str]:
    """The formulas that stand for two values."""
    alike: dict[tuple[str, str], list[Variable]] = defaultdict(list)
    for v in expressions:
        for formula in formulas(v):
            alike[formula].append(v)
    values: dict[Variable, Any] = {}
    wrong = []
    for (script, formula), several in alike.items():
        for v in several if len(several) > 1 else ():
            if v not in values:
                values[v] = run(v)
        first = several[0]
        found = [v for v in several[1:] if not same(values[first], values[v])]
        if found:
            texts = [in_full(v, TEXT, 400).text for v in (first, found[0])]
            wrong.append(f"{script}: {formula}\n    {texts}")
    return wrong




def pairs() -> list[tuple[str, str, int]]:
    """An op, another one, and in which place the second stands in the first."""
    found = [(f, g, -1) for f in UNARY for g in [*UNARY, *BINARY]]
    return found + [(f, g, i) for f in BINARY for g in [*UNARY, *BINARY] for i in (0, 1)]


def built(outer: str, inner: str, place: int, leaves: Sequence[Variable]) -> list[Variable]:
    """One of `pairs` over three leaves, which stand in their order in each of them."""
    a, b, c = leaves
    both = inner in BINARY
    if place < 0:
        return made(lambda: UNARY[outer](BINARY[inner](a, b) if both else UNARY[inner](a)))
    if place == 0:
        part = made(BINARY[inner], a, b) if both else made(UNARY[inner], a)
        return [v for u in part for v in made(BINARY[outer], u, c if both else b)]
    part = made(BINARY[inner], b, c) if both else made(UNARY[inner], b)
    return [v for u in part for v in made(BINARY[outer], a, u)]


@pytest.mark.parametrize("leaves", [(A, B, C), (k, A, k), (p, k, p)],
                         ids=["floats", "integers among floats", "truths"])
def test_every_op_inside_every_other(leaves: Sequence[Variable], sampled: Any) -> None:
    cases = sampled(pairs(), 2000)
    assert not shared(v for case in cases for v in built(*case, leaves))


def options() -> list[tuple[Variable, list[Variable], list[Any]]]:
    """Every example of every op, over inputs that are the same variables for all of them."""
    inputs: dict[Any, Variable] = {}
    found = []
    for one in [one for several in EXAMPLES.values() for one in several]:
        types = [T.constant(value).type for value in one.values]
        own = [inputs.setdefault((i, t), t("abcdefgh"[i])) for i, t in enumerate(types)]
        outputs = one.build(*own)
        found += [(v, own, one.values)
                  for v in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]
    return found


def test_every_op_says_its_options() -> None:
    groups: dict[tuple[Variable, ...], list[Variable]] = defaultdict(list)
    given = {}
    for v, inputs, values in options():
        groups[tuple(inputs)].append(v)
        given[tuple(inputs)] = values

    def run(v: Variable, inputs: Any) -> Any:
        try:
            f = tutor.function(list(inputs), v, AS_WRITTEN, on_unused_input="ignore")
            return f(*given[inputs])
        except Exception as problem:
            return type(problem).__name__

    assert not [found for inputs, expressions in groups.items()
                for found in shared(expressions, partial(run, inputs=inputs))]


@pytest.mark.parametrize("seed", range(4))
def test_graphs_made_at_random(seed: int, request: pytest.FixtureRequest) -> None:
    """Operands come from what was made before, so that small graphs of every form are there."""
    draw = random.Random(seed)
    pool: list[Variable] = [A, B, C, k, p, q]
    for _ in range(5000 if request.config.getoption("--all") else 600):
        name = draw.choice([*UNARY, *BINARY])
        a, b = draw.choice(pool[:6] + pool[-40:]), draw.choice(pool[:60])
        pool += [v for v in made(BINARY[name], a, b) if v.ndim < 5] if name in BINARY else \
            made(UNARY[name], a)
    assert not shared(pool)


LOOPS = {
    "add": lambda h, x: h + x, "first": lambda h, x: h - x, "second": lambda h, x: x - h,
    "mul": lambda h, x: h * x, "twice": lambda h, x: h * 2, "other": lambda h, x: x * 2,
}  # fmt: skip


def test_loops_say_what_a_step_does() -> None:
    v, h = T.dvector("v"), T.dscalar("h")
    found = [tutor.scan(step, v * 1, u)[0][-1] for step in LOOPS.values() for u in (h, h * 1)]
    found += [tutor.scan(lambda a, b, f=f: f(a, b), outputs_info=u, non_sequences=q, n_steps=3)[0]
              for f in LOOPS.values() for u in (h, q)]
    given = {v: np.array([2.0, 3.0, 5.0]), h: 7.0, q: 0.5}
    assert not shared(found, lambda u: tutor.function(list(given), u, on_unused_input="ignore")(
        *given.values()))


NAMES = ["x", "y", "x1", "x_1", "x[1]", "x11", "x1_1", "x_11", "x_1_1", "x₁", "x²", "x^2", "x**2",
         "x ** 2", "alpha", "α", r"\alpha", "Alpha", "mu", "μ", "µ", "phi", "φ", "ϕ", "e", "i",
         "nan", "inf", "True", "1", "2.0", "t1", "t_1", "t[1]", "a + b", "(a + b)", "sin(x)",
         "-x", "", "⟨dscalar⟩", "…", "'x'", '"x"', "x.T", "array(2×2)", "#1", "x'", "x⟨1⟩",
         "a\nb", r"a\nb", "\ud800", "\u202ex", "x ", " x", "x_", "_x", "x__1", "(dx/dy)", "dx",
         "dy", "xout", "x_out", "x_i", "xi", "h[t-1]", "h_t", "n" * 50, "sg",
         "sum", "pi"]  # fmt: skip


def test_names_of_all_kinds_stand_for_themselves() -> None:
    scalars = [T.dscalar(name) for name in NAMES]
    vector, x, y = T.dvector("x"), *scalars[:2]
    others = [vector[1], x**2, x * x, T.exp(x), scalars[NAMES.index("e")] ** x, -x, x / y, x + y,
              T.sin(x), T.dscalar() + 0, T.dscalar() * 1, T.constant(np.nan), T.constant(np.inf),
              T.constant(True), T.constant(1), T.constant(2.0), T.constant(np.e)]  # fmt: skip
    given = {v: 0.1 + 0.01 * i for i, v in enumerate(scalars)} | {vector: np.array([0.7, 0.9, 1.1])}

    def run(v: Variable) -> Any:  # whatever its inputs are called
        free = {u: 9.0 for u in graph_inputs([v]) if not hasattr(u, "data")} | given
        return tutor.function([], v, AS_WRITTEN, givens=[*free.items()])()

    sums = [u * v + w for u, v, w in zip(scalars, scalars[1:], scalars[2:], strict=False)]
    pairs = [u + v for u in scalars for v in [*scalars[:8], *others[:9]]]
    found = [*shared([*scalars, *sums, *others[:9], *others[11:]], run), *shared(pairs, run)]
    assert not [one for one in found if not one.startswith("plain")]  # there α is alpha, x₁ is x1


def test_things_that_would_be_written_alike_get_numbers() -> None:
    x, y = T.dscalar("x"), T.dscalar("x")
    long = [T.dscalar("n" * 50 + end) for end in "ab"]
    arrays = [T.constant(np.arange(20.0).reshape(4, 5) + i) for i in (0, 0, 1)]
    assert repr(x + y * x) == "x⟨1⟩ + x⟨2⟩ * x⟨1⟩"
    assert "⟨1⟩" in repr(long[0] - long[1]) and "⟨2⟩" in repr(long[0] - long[1])
    assert repr(arrays[2] - (arrays[0] + arrays[1])) == (
        "array(4×5)⟨1⟩ - (array(4×5)⟨2⟩ + array(4×5)⟨2⟩)")
    assert LATEX.numbered.format("x", 2) in in_full(x + y, LATEX).text


#: What LaTeX with amsmath, KaTeX and MathJax all know.
KNOWN = frozenset(
    "alpha beta mu phi xi pi frac sqrt sum prod log sin cos tan sinh cosh tanh arcsin arccos "
    "arctan arg det max min left right mathrm operatorname text cdot odot otimes ast star "
    "circ hat top leq geq neq wedge vee oplus neg sim ll gg bmod mathbin mathrel lfloor "
    "rfloor lceil rceil overline infty partial langle rangle begin end backslash ldots cdots "
    "Gamma sigma psi bigvee bigwedge leftarrow times lVert rVert nabla".split())


def unsound(latex: str) -> list[str]:
    """What LaTeX would not take: unknown commands, what is not balanced, double scripts."""
    wrong = [f"\\{name}" for name in re.findall(r"\\([a-zA-Z]+)", latex) if name not in KNOWN]
    depth, scripts = 0, [""]
    for token in re.findall(r"\\[a-zA-Z]+|\\.|[{}^_]|[^\s\\{}^_]", latex):
        if token == "{":
            depth += 1
            scripts.append("")
        elif token == "}":
            depth -= 1
            scripts.pop()
            if not scripts:
                return [*wrong, "}"]
            scripts[-1] = scripts[-1].replace("!", "") if "!" in scripts[-1] else ""
        elif token in "^_":
            if token in scripts[-1]:
                wrong.append(f"two {token}")
            scripts[-1] += token + "!"
        elif "!" in scripts[-1]:
            scripts[-1] = scripts[-1].replace("!", "")
        else:
            scripts[-1] = ""
    return [*wrong, *["{"] * depth]


def test_a_checker_of_latex_finds_what_is_wrong() -> None:
    assert not unsound(r"{x^{2}}^{3} + x_{1}^{2} + \frac{x^{2}}{y^{2}}")
    for wrong in ("x^{2}^{3}", "x_{1}^{2}_{3}", "x^{2", "x}", r"\nothing{x}"):
        assert unsound(wrong)


def test_all_latex_is_of_known_commands_and_balanced(sampled: Any) -> None:
    expressions = [v for v, _, _ in options()]
    for case in sampled(pairs(), 700):
        expressions += [v for leaves in ((A, B, C), (k, p, k)) for v in built(*case, leaves)]
    scalars = [T.dscalar(name) for name in NAMES]
    expressions += [u**v * T.sum(w) for u, v, w in zip(
        scalars, scalars[1:], [T.dvector(name) for name in NAMES], strict=False)]
    expressions += [T.dscalar("x") ** T.dscalar("x"), T.dmatrix("x").T ** T.dmatrix("x").T]
    found = [(unsound(in_full(v, LATEX, 400).text), v) for v in expressions]
    assert not [(wrong, v) for wrong, v in found if wrong]
