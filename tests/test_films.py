"""Films of rewriting, files of everything that can be shown, and errors of calls on their graph."""

import json
import re

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.pictured import MODELS
from tutor.core.errors import ArgumentError, ShapeError
from tutor.core.walk import rebuild, toposort
from tutor.formulas import TEXT
from tutor.ops.examples import EXAMPLES
from tutor.pictures.latex import in_full
from tutor.pictures.tikz import escaped

x, y = T.dscalars("x", "y")
v, w = T.dvectors("v", "w")
m = T.dmatrix("m")
k = T.lscalar("k")


def test_the_film_has_every_step_its_reason_and_what_it_saved():
    z = T.log(1 + T.exp(x)) * 2 / 2 + 0
    f = tutor.function([x], z)
    film = tutor.rewrites(z)
    assert [s.rule.name for s in film.steps] == [s.rule.name for s in f.rewrites]
    assert sum(film.counts.values()) == len(f.rewrites) == len(film.data["steps"])
    before, after = len(toposort([z])), len(toposort(f.graph.outputs))
    assert sum(film.saved.values()) == before - after
    told = film.data["steps"][1]["html"]
    assert "softplus does not overflow" in told and "went: exp, log1p" in told and "<svg" in told
    table = film._repr_mimebundle_()["text/html"]
    assert "nearer to the true value" in table and "operations saved" in table
    assert "6 operations became 1" in repr(film)
    json.dumps(film.data)
    assert "No rule applies" in repr(tutor.rewrites(x + y))
    thrice = tutor.rewrites(T.exp(x) * T.sin(T.exp(x)) + T.exp(x))
    assert thrice.saved == {"merge": 2} and "exp(x), once in place of 3 times" in repr(thrice)


def test_no_step_of_the_film_goes_from_a_formula_to_the_same():
    for z in (T.log(1 + T.exp(x)), T.exp(v) / (1 + T.exp(v)) + T.exp(v), T.tensor_copy(x) * 1):
        for kind in tutor.rewrites(z).data["steps"]:
            before, _, after = re.search(r"<div>(.*)</div>", kind["html"])[1].partition("→")
            assert before.replace("&nbsp;", "").strip() != after.replace("&nbsp;", "").strip()
        for row in repr(tutor.rewrites(z)).splitlines()[:-1]:
            left, arrow, right = row.partition(": ")[2].partition(" → ")
            assert left != right and (arrow or "once in place of" in left)
    assert repr(tutor.rewrites(T.log(1 + T.exp(x)))).splitlines()[1].endswith("→ softplus(x)")


@pytest.mark.parametrize(("z", "told"), [
    (abs(abs(x)), ["no sign: abs(abs(x)) → abs(x)"]),
    (abs(abs(k)), ["no sign of integers: abs(abs(k)) → abs(k)"]),
    (abs(abs(abs(v))), ["no sign: abs(abs(v)) → abs(v)"] * 2),
    (x * 1 * 1, ["mul by one: x * 1 → x"] * 2),
    (T.exp(v) / T.sum(T.exp(v)), ["merge: exp(v), once in place of twice",
                                  "softmax: exp(v) / sum(exp(v)) → softmax(v)"]),
    (T.log(T.nnet.sigmoid(x)) + T.nnet.sigmoid(x), ["log sigmoid: log(sigmoid(x)) → -softplus(-x)",
     "add negative: -softplus(-x) + sigmoid(x) → sigmoid(x) - softplus(-x)"]),
    (x * -T.constant(2.0), ["constant folding: -2, a number from here on"]),
])
def test_a_film_has_no_step_in_which_nothing_changes(z, told):
    assert repr(tutor.rewrites(z)).splitlines()[:-1] == [
        f"{i:3d}  {line}" for i, line in enumerate(told, 1)]


def test_what_is_merged_in_a_film_is_there_twice(sampled):
    """Over many expressions: each merge takes one of several away."""
    models = [model for name, model in MODELS.items() if name != "fifty_layers"]
    for cost, wrt, _ in (model() for model in sampled(models, 6)):
        outputs = [cost, *tutor.grad(cost, wrt)]
        current = outputs
        for step in tutor.rewrites(outputs).steps:
            before, after = (in_full(v, TEXT, 200).text for v in (step.before, step.after))
            here = [u for node in toposort(current) for u in node.outputs
                    if in_full(u, TEXT, 200).text == before]
            assert len(here) > 1 or before != after or step.rule.name == "constant folding"
            current = rebuild(current, dict.fromkeys(here, step.after))


def test_each_step_of_the_film_keeps_the_value():
    z = T.sqrt(x ** 2 * y / y + T.exp(T.log(y)) * 1)
    for step in tutor.rewrites(z).steps:
        sides = tutor.function([x, y], [step.before, step.after], mode="FAST_COMPILE",
                               on_unused_input="ignore")(1.5, 2.5)
        np.testing.assert_allclose(*sides)


@pytest.mark.parametrize("kind", ["svg", "png", "html", "dot", "tex"])
def test_everything_is_saved_in_every_format(kind, tmp_path):
    z = T.sum(T.tanh(T.dot(m, v)) ** 2)
    f = tutor.function([m, v], z)
    for i, (thing, more) in enumerate([(z, {}), (z, {"wrt": v}), ([x, y], {}), (f, {}),
                                       (T.exp(x), {"wrt": x, "values": {x: 1}})]):
        path = tutor.save(thing, tmp_path / f"{i}.{kind}", **more)
        content = (tmp_path / f"{i}.{kind}").read_bytes()
        assert path == str(tmp_path / f"{i}.{kind}") and len(content) > 300
        marks = {"svg": b"<svg", "png": b"\x89PNG", "html": b"<!DOCTYPE html>", "dot": b"digraph",
                 "tex": b"\\documentclass"}
        assert content.startswith(marks[kind])
        if kind == "html":
            steps = b"const STORY" in content
            assert steps == ("values" in more)


def test_a_film_is_saved_as_a_page_and_what_cannot_be_saved_is_said(tmp_path):
    film = tutor.rewrites(x * 1)
    for one in (film, film.steps, tutor.function([x], x * 1).rewrites):
        tutor.save(one, tmp_path / "film.html")
        assert "mul by one" in (tmp_path / "film.html").read_text(encoding="utf-8")
    for wrong in ("film.svg", "graph.docx", "graph"):
        with pytest.raises(ValueError, match=r"\.html|format"):
            tutor.save(film, tmp_path / wrong)
    with pytest.raises(ArgumentError):
        tutor.save(x, 3)
    with pytest.raises(OSError):
        tutor.save(x * 2, tmp_path / "nowhere" / "graph.svg")
    assert [p.name for p in tmp_path.iterdir()] == ["film.html"]


def test_tikz_has_every_label_in_letters_that_latex_has():
    labels = {node.op.label(node) for several in EXAMPLES.values() for one in several
              for built in [one.build(*[T.constant(value).type() for value in one.values])]
              for node in toposort(built if isinstance(built, (list, tuple)) else [built])}
    assert not {c for label in labels for c in escaped(label) if not c.isascii()}


def test_tikz_escapes_what_a_name_holds():
    from tutor.pictures.picture import build
    from tutor.pictures.tikz import tikz
    source = tikz(build([T.dscalar(r"5%_$\{#&") * 2]))
    assert r"5\%\_\$\textbackslash{}\{\#\&" in source


def test_greek_letters_and_indices_are_what_any_latex_has():
    from tutor.pictures.picture import build
    from tutor.pictures.tikz import tikz
    source = tikz(build([T.dscalar("θ₁") * T.dscalar("λ") + T.dscalar("ε²")]))
    assert source.isascii() and r"$\theta$$_1$" in source
    assert r"$\lambda$" in source and r"$\varepsilon$$^2$" in source


def test_an_error_of_a_call_marks_the_part_that_failed_and_the_shapes_that_met():
    from tutor.pictures.failure import Failure
    f = tutor.function([v, w], [T.sqrt((T.exp(v) * w + 1).sum()), v * 2])
    with pytest.raises(ShapeError) as caught:
        f([1, 2], [1, 2, 3])
    page = Failure(caught.value).html()
    marked = page[page.index('<mrow class="tutor-failing">'):]
    assert "<msqrt>" in page[:page.index('<mrow class="tutor-failing">')]
    assert marked.index("<mi>w</mi>") < marked.index("<mo>+</mo>")
    assert "shape (2,)" in page and "shape (3,)" in page and "Fix" in page
    assert "tutor-wrong" in page and "test_films.py" in page and "<script" not in page
    assert re.search(r'data-node="[^"]+"><title>[^<]*exp\(v\)', page) and ">(3,)<" in page


def test_the_failure_of_every_kind_of_call_is_drawn():
    from tutor.pictures.failure import Failure
    long = x
    for _ in range(100):
        long = T.tanh(long + 0.5)
    calls = [
        (lambda: tutor.function([v], v[5])([1, 2])),
        (lambda: tutor.function([m], T.nlinalg.matrix_inverse(m))([[1, 1], [1, 1]])),
        (lambda: tutor.function([m, v], T.dot(m, v))([[1, 2]], [1, 2, 3])),
        (lambda: tutor.function([x, v], long * v[3])(1.0, [1])),
        (lambda: tutor.function([v], m * 2, givens={m: v.reshape((2, 2))})([1, 2, 3])),
    ]
    for call in calls:
        with pytest.raises(Exception) as caught:
            call()
        page = Failure(caught.value).html()
        assert "<svg" in page and len(page) < 200_000
        assert "tutor-failing" in page
