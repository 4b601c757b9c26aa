"""Derivatives by hand: each line is worth what the line before is, down to a formula that is short.

The lines are expressions, so they are evaluated: for the models of the course, and for expressions
made at random, at points where something is zero, tied, negative or large.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.checking import is_balanced
from tutor.core.graph import Variable
from tutor.core.walk import ancestors, interpret
from tutor.notation import Notation
from tutor.pictures.derivation.derivation import Derivation
from tutor.pictures.derivation.unevaluated import taken, those_waiting
from tutor.pictures.gradients import bare

a, b = T.dscalars("a", "b")
x, W, V, Y, Z = T.dmatrices("x", "W", "V", "Y", "Z")
w, v, t, c = T.dvectors("w", "v", "t", "c")
k, y = T.iscalar("k"), T.ivector("y")
SHAPES = {a: (), b: (), x: (4, 3), W: (3, 3), V: (3, 3), Y: (4, 3), Z: (4, 3), w: (3,), v: (3,),
          t: (4,), c: (3,)}  # fmt: skip
HOSTILE = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 2.0, 1e-8, 30.0, -30.0)
SIGMOID = 1 / (1 + T.exp(-T.dot(x, w)))
ODDS = 1 / (1 + T.exp(-T.dot(x, w) - a))
SOFTMAX = T.nnet.softmax(T.dot(x, W) + c)
HIDDEN = T.tanh(T.dot(x, W) + c)


def powers() -> Variable:
    found, _ = tutor.scan(lambda p, m: T.dot(p, m), outputs_info=T.eye(3), non_sequences=W,
                          n_steps=k)  # fmt: skip
    return found[-1].sum()


def recurrent() -> Variable:
    h, _ = tutor.scan(lambda s, h: T.tanh(a * h + s), sequences=w,
                      outputs_info=T.constant(0.0, dtype="float64"))  # fmt: skip
    return (h[-1] - 1) ** 2


def cross_entropy(p: Variable) -> Variable:
    return T.nnet.categorical_crossentropy(p, y).mean()


#: What is derived by what, and the last line; the models of the course among them.
EXAMPLES: dict[str, tuple[Callable[[], Variable], Variable, str]] = {
    "product": (lambda: (3 * a**2 + 2 * a) * T.sin(a), a,
                "(6a + 2) sin(a) + (3a² + 2a) cos(a)"),
    "sigmoid": (lambda: 1 / (1 + T.exp(-a)), a, "y (1 − y)"),
    "sigmoid of a sum": (lambda: 1 / (1 + T.exp(-a - b)), a, "y (1 − y)"),
    "falling": (lambda: 1 / (1 + T.exp(2 * a)), a, "−2y (1 − y)"),
    "bell": (lambda: T.exp(-(a**2)), a, "−2a e^(−a²)"),
    "power": (lambda: a**b, a, "b aᵇ⁻¹"),
    "exponent": (lambda: a**b, b, "aᵇ log(a)"),
    "quotient": (lambda: T.log(a) / a, a, "(1 − log(a))/a²"),
    "root": (lambda: T.sqrt(1 + a**2), a, "a/√(1 + a²)"),
    "difference": (lambda: (a - b) ** 2, b, "−2(a − b)"),
    "fan-out": (lambda: a * a, a, "2a"),
    "sums that cancel": (lambda: (a + 1) / (a - 1), a, "−2/(a − 1)²"),
    "root below": (lambda: a / T.sqrt(1 + a**2), a, "1/((1 + a²) √(1 + a²))"),
    "sum below": (lambda: T.log(a + T.sqrt(a**2 + 1)), a, "1/√(a² + 1)"),
    "bell of a width": (lambda: T.exp(-(b**2) / (2 * a**2)) / (a * T.sqrt(2 * np.pi)), a,
                        "e^(−b²/(2a²))(b²/a² − 1)/(a² √(2π))"),
    "third": (lambda: (1 + a) ** (1 / 3), a, "1/(3(1 + a)^(2/3))"),
    "cube": (lambda: a**3 - 2 * a**2 + 5 * a, a, "3a² − 4a + 5"),
    "second": (lambda: tutor.grad(a**3 * T.exp(a), a), a, "6a² eᵃ + a³ eᵃ + 6a eᵃ"),
    "the same in all cases": (lambda: T.maximum(a, a) ** 2, a, "2 max(a, a)"),
    "product of all": (lambda: w.prod(), w, "[∏_(j ≠ i) w_j]_i"),
    "entropy": (lambda: -T.sum(w * T.log(w)), w, "−1 − log(w)"),
    "variance": (lambda: T.mean((w - T.mean(w)) ** 2), w,
                 "2(w − mean(w))/n − 2 ∑(w − mean(w))/n²"),
    "said twice": (lambda: T.mean(-t * T.log(T.nnet.sigmoid(T.dot(x, w))) - (1 - t) * T.log(
        1 - T.nnet.sigmoid(T.dot(x, w)))), w, "xᵀ(p − t)/n"),
    "two ways": (lambda: T.exp(a) + a**2, a, "eᵃ + 2a"),
    "nothing": (lambda: a - a, a, "0"),
    "root by power": (lambda: a**0.5, a, "½/a^½"),
    "tower": (lambda: T.log(a) ** 2 / 3, a, "2 log(a)/(3a)"),
    "layer": (lambda: T.mean((T.dot(HIDDEN, v) - t) ** 2), HIDDEN, "2((h v − t) ⊗ v)/n"),
    "itself": (lambda: a, a, "1"),
    "floor": (lambda: T.floor(a), a, "0"),
    "no influence": (lambda: T.cast(a > 0, "float64"), a, "0"),
    "max": (lambda: T.maximum(0, a), a, "[a > 0]"),
    "wave": (lambda: T.exp(-(a**2)) * T.sin(3 * a), a, "3 e^(−a²) cos(3a) − 2a e^(−a²) sin(3a)"),
    "valley": (lambda: (a - 3) ** 2 + (b - 5) ** 2 + 4 * (a - b) ** 2, a, "2(a − 3) + 8(a − b)"),
    "squares": (lambda: (w**2).sum(), w, "2w"),
    "length": (lambda: T.sqrt((w**2).sum()), w, "w/y"),
    "dot": (lambda: T.dot(w, v), w, "v"),
    "ridge": (lambda: a * (w**2).sum(), w, "2a w"),
    "middle": (lambda: ((w - a) ** 2).sum(), a, "−2 ∑(w − a)"),
    "mean": (lambda: w.mean(), w, "𝟏/n"),
    "linear": (lambda: T.mean((T.dot(x, w) - t) ** 2), w, "2xᵀ(x w − t)/n"),
    "half": (lambda: 0.5 * ((T.dot(x, w) - t) ** 2).sum(), w, "xᵀ(x w − t)"),
    "logistic": (lambda: (-t * T.log(SIGMOID) - (1 - t) * T.log(1 - SIGMOID)).mean()
                 + 0.01 * (w**2).sum(), w, "xᵀ(p − t)/n + 0.02w"),
    "logistic as Theano has it": (
        lambda: (-t * T.log(ODDS) - (1 - t) * T.log(1 - ODDS)).mean() + 0.01 * (w**2).sum(), w,
        "0.02w + xᵀ(p − t)/n"),
    "cross-entropy": (lambda: T.nnet.binary_crossentropy(
        T.nnet.sigmoid(T.dot(x, w)), t).mean(), w, "xᵀ(p − t)/n"),
    "softmax": (lambda: cross_entropy(SOFTMAX), W, "xᵀ(p − onehot(y))/n"),
    "softmax bias": (lambda: cross_entropy(SOFTMAX), c, "∑_rows (p − onehot(y))/n"),
    "log-likelihood": (lambda: -T.mean(T.log(SOFTMAX)[T.arange(y.shape[0]), y]), W,
                       "xᵀ(p − onehot(y))/n"),
    "logsoftmax": (lambda: -T.mean(T.nnet.logsoftmax(Z)[T.arange(y.shape[0]), y]), Z,
                   "(p − onehot(y))/n"),
    "rows of targets": (lambda: -T.sum(Y * T.log(T.nnet.softmax(Z))), Z, "p ⊙ ∑_columns Y − Y"),
    "second layer": (lambda: cross_entropy(T.nnet.softmax(T.dot(HIDDEN, V))), V,
                     "hᵀ(p − onehot(y))/n"),
    "first layer": (lambda: cross_entropy(T.nnet.softmax(T.dot(HIDDEN, V))), W,
                    "xᵀ((p − onehot(y)) Vᵀ ⊙ (1 − h²))/n"),
    "rectified": (lambda: T.nnet.relu(T.dot(x, w)).sum(), w, "xᵀ[x w > 0]"),
    "regression net": (lambda: T.mean((T.dot(HIDDEN, v) - t) ** 2), W,
                       "2xᵀ((h v − t) ⊗ v ⊙ (1 − h²))/n"),
    "log-sum-exp": (lambda: T.log(T.exp(w).sum()), w, "softmax(w)"),
    "attention": (lambda: (T.dot(T.nnet.softmax(T.dot(T.dot(x, W), T.dot(x, W).T)), T.dot(x, V))
                           * Y).sum(), V, "xᵀ(hᵀ Y)"),
    "normalized": (lambda: T.sum((x - x.mean(axis=0)) * Y), x, "Y − (∑_rows Y)/n"),
    "powers": (powers, W, "∑ₜ ∂y/∂Wₜ"),
    "recurrent": (recurrent, a, "∑ₜ ∂y/∂aₜ"),
    "sequence": (recurrent, w, "[∂y/∂wₜ]ₜ"),
}  # fmt: skip


def drawn(variables: Sequence[Variable], rng: np.random.RandomState) -> dict[Variable, Any]:
    """Values for these: numbers that are hostile, or near zero."""
    found: dict[Variable, Any] = {k: np.int32(3), y: rng.randint(0, 3, 4).astype("int32")}
    for one in variables:
        if one in SHAPES:
            size = SHAPES[one]
            hostile = rng.choice(HOSTILE, size)
            found[one] = np.asarray(hostile if rng.rand() < 0.5 or not size else rng.randn(*size))
    return {one: found[one] for one in variables if one in found}


def inputs_of(cost: Variable) -> list[Variable]:
    return [one for one in ancestors([cost]) if one.owner is None and one.name is not None]


def values_of(found: Derivation, given: Mapping[Variable, Any]) -> list[Any]:
    """The value of every line; and last, the derivative itself."""
    lines = [found.steps[0].before, *[step.after for step in found.steps]]
    return interpret([*taken(lines), tutor.grad(found.y, found.x)], given)


def compared(found: Derivation, given: Mapping[Variable, Any]) -> int:
    """How many numbers were compared: where both are finite, each line equals the next."""
    values, count = values_of(found, given), 0
    for one, other in pairwise(values):
        there = np.isfinite(one) & np.isfinite(other)
        size = max(1.0, np.abs(one[there]).max(initial=0))
        assert np.shape(one) == np.shape(other)
        assert np.allclose(one[there], other[there], rtol=1e-6, atol=1e-6 * size), found
        count += int(there.sum())
    return count


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_line_of_a_model_equals_the_next(name: str) -> None:
    build, wrt, _ = EXAMPLES[name]
    found = tutor.derive(cost := build(), wrt)
    rng = np.random.RandomState(0)
    assert sum(compared(found, drawn(inputs_of(cost), rng)) for _ in range(9)) > 3


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_last_line_is_short_and_all_is_derived(name: str) -> None:
    build, wrt, last = EXAMPLES[name]
    found = tutor.derive(build(), wrt)
    assert re.split(r" {4,}", found.text.splitlines()[-1].partition("= ")[2])[0] == last
    assert not list(those_waiting([found.steps[-1].after]))
    for step, then in pairwise(found.steps):
        assert step.after is then.before
    assert all(step.rule for step in found.steps if name != "itself")


def scalar(rng: random.Random) -> Variable:
    """An expression of a and b, made at random; parts of it are used in several places."""
    made: list[Any] = [a, b, a]
    for _ in range(rng.randrange(2, 7)):
        u, s = rng.choice(made[-3:]), rng.choice(made)
        made.append(rng.choice([
            lambda u, s: u + s, lambda u, s: u - s, lambda u, s: u * s, lambda u, s: u / (s + 3),
            lambda u, s: u**2, lambda u, s: u**3, lambda u, s: T.exp(-(u**2)),
            lambda u, s: T.log(1 + u**2), lambda u, s: T.sin(u), lambda u, s: T.tanh(u),
            lambda u, s: T.sqrt(1 + s**2), lambda u, s: T.nnet.sigmoid(u), lambda u, s: abs(u),
            lambda u, s: T.maximum(u, s), lambda u, s: 1 / (1 + T.exp(-u)), lambda u, s: -3 * u,
            lambda u, s: T.switch(s > 0, u, s), lambda u, s: T.minimum(s, u),
        ])(u, s))
    return made[-1] + 0 * a


def network(rng: random.Random) -> Variable:
    """Layers made at random, and a loss over them."""
    made = [x]
    for _ in range(rng.randrange(1, 5)):
        m, s = rng.choice(made[-2:]), rng.choice(made)
        made.append(rng.choice([
            lambda m, s: T.dot(m, W) + c, lambda m, s: T.tanh(m), lambda m, s: T.nnet.sigmoid(m),
            lambda m, s: T.nnet.relu(m), lambda m, s: T.maximum(m, 0.1 * m), lambda m, s: m * a,
            lambda m, s: m + s, lambda m, s: T.dot(m, V), lambda m, s: m * s,
            lambda m, s: T.nnet.softmax(m), lambda m, s: 1 / (1 + T.exp(-m)),
            lambda m, s: m - m.mean(axis=0), lambda m, s: T.switch(m > 0, m, T.exp(m) - 1),
        ])(m, s))
    m = made[-1]
    score, soft = T.dot(m, w), T.nnet.softmax(m)
    p = T.nnet.sigmoid(score)
    loss = rng.choice([
        lambda: (m**2).sum(), lambda: T.mean((score - t) ** 2), lambda: abs(score - t).sum(),
        lambda: T.nnet.binary_crossentropy(p, t > 0).mean(), lambda: cross_entropy(soft),
        lambda: (-t * T.log(p) - (1 - t) * T.log(1 - p)).mean(), lambda: m.max(axis=1).sum(),
        lambda: -T.mean(T.log(soft)[T.arange(y.shape[0]), y]), lambda: T.sqrt((m**2).sum() + 1),
        lambda: T.log(1 + T.exp(-t * score)).mean(), lambda: -T.sum(Y * T.log(soft)),
        lambda: p[0] * p[1] - T.log(p).sum(), lambda: T.mean(T.nnet.logsoftmax(m) * soft),
    ])()
    return loss + 0.01 * (W**2).sum()


@pytest.mark.parametrize("make", [scalar, network])
@pytest.mark.parametrize("seed", range(10))
def test_each_line_equals_the_next_for_expressions_made_at_random(
    make: Callable[[random.Random], Variable], seed: int
) -> None:
    rng, numbers, count, tried = random.Random(seed), np.random.RandomState(seed), 0, 0
    for _ in range(10):
        cost = make(rng)
        for wrt in (a,) if make is scalar else (W, w):
            if wrt not in ancestors([cost]):
                continue
            found = tutor.derive(cost, wrt)
            assert not list(those_waiting([found.steps[-1].after]))
            given = [drawn(inputs_of(cost), numbers) for _ in range(4)]
            count += sum(compared(found, one) for one in given)
            tried += 4 * (1 + len(found.steps)) * (1 if make is scalar else 3)
    assert count > 0.8 * tried  # most are finite


def test_a_wrong_line_would_be_seen() -> None:
    found = tutor.derive(a**2, a)
    step = found.steps[-1]
    wrong = Derivation(found.y, found.x, (*found.steps[:-1], type(step)(
        step.before, 3 * a, step.rule)), found.called, found.names)  # fmt: skip
    with pytest.raises(AssertionError):
        compared(wrong, {a: np.asarray(2.0)})


def test_what_is_known_by_heart_gives_way_where_a_part_of_it_is_used_elsewhere() -> None:
    cost = T.nnet.categorical_crossentropy(SOFTMAX, y).mean() + (SOFTMAX**2).sum()
    found = tutor.derive(cost, W)
    assert "cross-entropy" not in found.text
    assert compared(found, drawn(inputs_of(cost), np.random.RandomState(1))) > 0
    twice = tutor.derive(-T.sum(SOFTMAX * T.log(SOFTMAX)), W)  # the targets depend on W too
    assert "cross-entropy" not in twice.text


def test_integers_are_indexed_as_numpy_does() -> None:
    """A target of -1 is the last column, and so is its place in onehot."""
    cost = cross_entropy(T.nnet.softmax(Z))
    given = {Z: np.random.RandomState(0).randn(4, 3), y: np.array([-1, 0, 2, -3], "int32")}
    assert compared(tutor.derive(cost, Z), given) == 24


def test_the_power_rule_holds_where_a_logarithm_would_not() -> None:
    given = {a: np.asarray(0.0), b: np.asarray(2.0)}
    for wrt in (a, b):
        values = values_of(tutor.derive(a**b, wrt), given)
        assert all(value == 0 for value in values)


@pytest.mark.parametrize("kink", [
    T.nnet.relu, abs, lambda u: T.maximum(u, 0), lambda u: T.maximum(0, u), lambda u: u.max(),
    lambda u: T.minimum(u, 0), lambda u: T.minimum(0, u), lambda u: T.switch(u > 0, u, 3 * u),
])  # fmt: skip
def test_at_kinks_and_ties_the_slope_is_that_of_the_engine(kink: Callable[[Any], Any]) -> None:
    found = tutor.derive(kink(T.dot(x, w)).sum(), w)
    given = {x: np.ones((4, 3)), w: np.zeros(3)}
    assert compared(found, given) == 3 * (1 + len(found.steps))


def test_text_latex_and_html_are_the_same_lines() -> None:
    cost = cross_entropy(T.nnet.softmax(T.dot(HIDDEN, V)))
    found = tutor.derive(cost, W)
    bundle = found._repr_mimebundle_()
    assert bundle["text/plain"] == repr(found) == str(found) == found.text
    assert bundle["text/html"] == found._repr_html_()
    lines = len(found.steps)
    assert found.latex.count(r"&& \text{") == lines
    assert bundle["text/html"].count("<tr data-of=") == lines
    latex = found.latex.replace("{", "{{").replace("}", "}}")
    assert is_balanced(Notation("", latex), 0)
    for step in found.steps:
        assert step.rule in found.text
        assert step.rule in found.latex
        assert f"<b>{step.rule}</b>" in bundle["text/html"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_line_lights_edges_that_are_in_the_graph(name: str) -> None:
    build, wrt, _ = EXAMPLES[name]
    page = tutor.derive(build(), wrt)._repr_html_()
    ElementTree.fromstring(page)
    lit = set(re.findall(r'\[data-edge="([^"]+)"\]', page))
    assert lit <= set(re.findall(r' data-edge="([^"]+)"', page))
    assert lit or name in ("itself", "floor", "no influence")


@pytest.mark.parametrize(("made", "rule", "last"), [
    (lambda: 2**a, "exponential rule", "2ᵃ log(2)"),
    (lambda: b**a, "exponential rule", "bᵃ log(b)"),
    (lambda: a**b, "power rule", "b aᵇ⁻¹"),
    (lambda: a**a, "general power rule", "a aᵃ⁻¹ + aᵃ log(a)"),
])
def test_a_power_is_derived_by_the_rule_for_what_varies(made: Any, rule: str, last: str) -> None:
    found = tutor.derive(made(), a)
    assert [step.rule for step in found.steps] == [rule]
    assert found.text.splitlines()[-1].split(" = ")[1].split("   ")[0] == last


@pytest.mark.parametrize(("made", "last"), [
    (lambda: w[0] * w[1], "w[1] e₀ + w[0] e₁"), (lambda: w[k], "e_k"),
    (lambda: 3 * w[0] ** 2 - w[1], "6w[0] e₀ − e₁"), (lambda: (w[1:] * w[:-1]).sum(),
     "(0[1:] += w[:−1]) + (0[:−1] += w[1:])"),
])
def test_what_goes_back_to_one_element_is_a_unit_vector(made: Any, last: str) -> None:
    assert tutor.derive(made(), w).text.splitlines()[-1].split(" = ", 1)[1].split("   ")[0] == last


@pytest.mark.parametrize("name", EXAMPLES)
def test_show_writes_a_derivative_as_a_derivation_ends(name: str) -> None:
    build, wrt, _ = EXAMPLES[name]
    cost = build()
    told = repr(tutor.show(cost, wrt=wrt))
    if "where" in told or "Loop" in str(cost.owner):
        return  # parts have names, or a loop is told as a whole
    last = tutor.derive(cost, wrt).text.splitlines()[-1].split(" = ", 1)[-1].split("   ")[0]
    assert last in told or bare(last) in bare(told)


def test_names_are_free() -> None:
    """What has a name keeps it, and what gets one takes none that is there."""
    p, n, y = T.dmatrix("p"), T.dvector("n"), T.dvector("y")
    inner = T.tanh(T.dot(p, n))
    inner.name = "h"
    found = tutor.derive(T.mean((inner - y) ** 2), n)
    assert found.text.startswith("cost = mean((h − y)²)")
    assert "h = tanh(p n)" in found.text
    assert "m = number of elements" in found.text
    x = T.dmatrix("x")
    text = tutor.derive(T.mean((x - x.mean(1, keepdims=True)) ** 2), x).text
    assert "number of columns of x" in text and "number of elements of x" in text
    named = a**2
    named.name = "energy"
    assert "denergy/da = 2a" in tutor.derive(named, a).text


def test_several_derivatives_are_several_derivations() -> None:
    cost = T.mean((T.dot(x, w) - t) ** 2)
    found = tutor.derive(cost, [w, t])
    assert [one.x for one in found] == [w, t]
    assert repr(found) == f"{found[0].text}\n\n{found[1].text}"
    bundle = found._repr_mimebundle_()
    assert bundle["text/html"].count("<table") == 2 * found[0]._repr_html_().count("<table")


@pytest.mark.parametrize(("call", "says"), [
    (lambda: tutor.derive(w**2, w), "is not a scalar: it is a vector"),
    (lambda: tutor.derive(3.0, a), "the cost must be a symbol, and it is 3.0"),
    (lambda: tutor.derive(a**2, 3.0), "wrt must be a symbol, and it is 3.0"),
    (lambda: tutor.derive(a**2, b), "does not depend on b"),
    (lambda: tutor.derive(k**2, k), "integers do not change smoothly"),
    (lambda: tutor.derive(a**2), "derive"),
])  # fmt: skip
def test_wrong_arguments_are_told(call: Callable[[], object], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call()




def test_a_derivation_is_saved_as_a_page(tmp_path):
    x = T.dscalar("x")
    tutor.save(tutor.derive(T.sin(x ** 2), x), tmp_path / "sine.html")
    page = (tmp_path / "sine.html").read_text(encoding="utf-8")
    assert "chain rule" in page and "<svg" in page
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        tutor.save(x, tmp_path / "nowhere" / "x.html")
