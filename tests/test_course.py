"""Exercises and data: no wrong answer breaks a check, and help comes step by step."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import TutorError
from tutor.course import (
    check,
    curves,
    digits,
    hint,
    places,
    progress,
    record,
    solution,
)
from tutor.course.checks import key_of
from tutor.course.exercises import EXERCISES
from tutor.course.learning import learns

WRONG = [0, 17.25, "x", [1, 2], object(), T.dscalar, T.dscalar("x"), T.dvector("q"), print]


@pytest.mark.parametrize("name", EXERCISES)
def test_no_answer_is_the_question(name: str) -> None:
    verdict = check(name)
    assert verdict.right is None
    assert repr(verdict) == f"Exercise {name}. {EXERCISES[name].question}"


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: type(answer).__name__)
def test_a_wrong_answer_is_told_where_help_is(name: str, answer: object) -> None:
    first = check(name, answer)
    assert first.right is False
    assert f'theano.course.hint("{name}")' in repr(first)
    assert " at 0x" not in repr(first)
    assert not progress().solved


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_come_one_at_a_time_and_a_solution_after_two_tries(name: str) -> None:
    hints = EXERCISES[name].hints
    assert len(hints) > 1
    assert "Try it twice" in solution(name).text
    for i, text in enumerate(hints, 1):
        check(name, object())
        assert repr(hint(name)).startswith(f"Hint {i} of {len(hints)}. {text[:20]}")
    assert all(text in hint(name).text for text in hints)
    assert f'theano.course.solution("{name}")' in check(name, object()).text
    key = key_of(EXERCISES[name])
    assert (solution(name).text, solution(name).code) == (key.why, key.solution)


def test_a_cell_that_raises_before_its_check_is_a_try(monkeypatch) -> None:
    ran = ["answer = None\ntheano.course.check('04-2', answer)", "check('04-3', T.nonsense)"]
    shell = SimpleNamespace(history_manager=SimpleNamespace(input_hist_raw=ran))
    monkeypatch.setattr(record, "ipython_shell", lambda: shell)
    ran.append('answer = T.nonsense\ntheano.course.check("04-2", answer)')
    assert "Try it twice" in solution("04-2").text
    ran.append('answer = 3\nassert check("04-2", answer)')  # was judged, and raised as well
    check("04-2", 3)
    assert solution("04-2").code
    assert "Try it twice" in solution("04-3").text
    assert "Try it twice" in solution("05-1").text


@pytest.mark.parametrize(("answer", "words"), [
    (T.constant(6.0), "Its method eval() computes"), (2 * T.dscalar("x"), "before x has one"),
    (tutor.function([], T.constant(6.0)), "What a call of it gives"), (6j, "the answer is real")])
def test_what_is_no_number_is_told_how_it_becomes_one(answer, words) -> None:
    assert words in check("00-1", answer).text


def test_a_slow_rule_is_not_right_because_it_was_called_often() -> None:
    x, t, w = T.dscalar("x"), T.dscalar("t"), tutor.shared(2.0, "w")
    cost = (w * x - t) ** 2
    slow = tutor.function([x, t], cost, updates={w: w - 0.001 * T.grad(cost, w)})
    judge = learns(lambda: [(1.0, 0.0)] * 20, below=0.5)
    assert "and 0.5 is asked for" in judge(slow, slow)
    for _ in range(3000):
        slow(1.0, 0.0)
    assert "it has been trained already" in judge(slow, slow)
    w.set_value(1.4)
    fast = tutor.function([x, t], cost, updates={w: w - 0.1 * T.grad(cost, w)})
    assert judge(fast, fast) is None


def test_a_check_says_at_which_point_an_expression_is_wrong() -> None:
    x = T.dscalar("x")
    assert "At x = -2 it gives -8, and 10 is right." in repr(check("05-1", x**3))
    assert "It needs y" in repr(check("05-1", x + T.dscalar("y")))


def test_hints_are_escaped_where_they_become_html() -> None:
    assert "<b>x" not in check("01-1", T.fmatrix("<b>x"))._repr_html_()


def test_an_unknown_exercise_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="01-1"):
        check("1")


def test_digits_are_the_1797_of_their_source() -> None:
    data = digits()
    assert data.x.shape == (1797, 64) and data.x.dtype == np.float64
    assert data.y.shape == (1797,) and data.y.dtype == np.int64
    assert np.bincount(data.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (data.x.min(), data.x.max()) == (0.0, 1.0)
    assert np.array_equal(data.x * 16, np.round(data.x * 16))
    assert data.x.sum() * 16 == 561718
    assert data.images.shape == (1797, 8, 8)
    licence = (inspect.getfile(tutor)[: -len("__init__.py")]) + "course/data/digits.txt"
    with open(licence, encoding="utf-8") as text:
        assert "CC BY 4.0" in text.read()


def test_the_split_is_the_same_every_time_and_loses_no_digit() -> None:
    (train, test), (again, _) = digits().split(), digits().split()
    assert np.array_equal(train.x, again.x)
    assert len(train.y) + len(test.y) == 1797
    rows = {row.tobytes() for row in test.x}
    assert not any(row.tobytes() in rows for row in train.x)
    assert np.bincount(test.y).min() > 25
    with pytest.raises(ValueError, match="held_back"):
        digits().split(0)


def test_digits_cannot_be_spoiled_for_the_next_who_asks() -> None:
    digits().x[:] = 0
    assert digits().x.max() == 1


def test_a_function_is_compiled_and_reads_what_the_exercise_is_about() -> None:
    x = T.dscalar("x")
    python = check("03-1", lambda x, y: x * x + y * y)
    assert not python and "It is a Python function" in python.text
    without = check("06-1", tutor.function([x], x * 6))
    assert not without and "reads no shared variable" in without.text


REPLACED = [
    "theano.course.check = lambda *a: True", "del theano.course.check",
    "theano.course.checks.check = theano.course.check = lambda *a: True",
    "theano.course.checks.judged = lambda *a: None",
    "theano.course.checks.Verdict.__bool__ = lambda self: True",
    "theano.course.checks.Verdict = dict",
    "theano.course.checks.EXERCISES = {}", "theano.course.exercises.OWN = {}",
    "theano.course.slips.agree = theano.course.answers.agree = lambda *a: True",
    "theano.course.hint('05-1'); theano.course.solution('05-1'); theano.course.key.KEY = {}",
    "theano.course.exercises.EXERCISES['05-1'] = theano.course.exercises.EXERCISES['07-1']",
    "E = theano.course.exercises.EXERCISES; E['05-1'] = E['05-1']._replace(key=1)",
    "theano.course.exercises.EXERCISES.clear()",
    "theano.course.exercises.OWN['05-1'] = None",
    "check = theano = lambda *a: True",
]  # fmt: skip
GRADED = """
from tutor.course import check
assert check("05-1", 3.0)
"""


@pytest.mark.parametrize("cell", REPLACED)
def test_a_cell_that_replaces_the_check_gives_itself_no_points(cell):
    kept = dict(EXERCISES)
    notebook = {"theano": tutor}
    try:
        with pytest.raises((TutorError, TypeError)) as noticed:
            exec(cell, notebook)
            exec(GRADED, notebook)
        exec("from tutor.course import check", notebook)
        assert notebook["check"] is check
    finally:
        EXERCISES.update(kept)
    words = "checked by", "was replaced", "does not support item assignment", "Not yet. It is"
    assert any(word in str(noticed.value) for word in words)


def test_a_notebook_may_have_exercises_of_its_own():
    row = EXERCISES["05-1"]
    for right in ("Good.", "Well done."):
        key = key_of(row)._replace(right=right)
        EXERCISES["my-1"] = row._replace(name="my-1", key=key)
        try:
            verdict = check("my-1", 3 * T.dscalar("x") ** 2 - 2)
            assert verdict.right and verdict.text == right
        finally:
            del EXERCISES["my-1"]


def test_places_are_names_of_small_letters() -> None:
    names = places()
    assert len(names) == 398 and names == sorted(set(names))
    assert all(name.isascii() and name.isalpha() and name.islower() for name in names)
    assert {len(name) for name in names} == set(range(3, 13))


def test_curves_are_drawn_from_gap_to_gap() -> None:
    drawn = curves([0, 1, 2, 3], {"a": [1, np.nan, 2, 4], "b": [0, 1, 0, 1]}, "time")
    assert repr(drawn) == "<2 curves over time from 0 to 3: a from 1 to 4, b from 0 to 1>"
    bundle = drawn._repr_mimebundle_()
    svg = bundle["image/svg+xml"]
    assert (svg.count('class="lane hue0'), svg.count("hue1 ")) == (2, 1)
    assert ">time</text>" in bundle["text/html"]


@pytest.mark.parametrize(("x", "lines", "error"), [
    ([0, 1], [1, 2], "a dict from names to values"), ([0, 1], {}, "a dict from names"),
    ([0, 1], {"a": [1]}, "a has the shape"), ([0, 1], {"a": ["b", 2]}, "made of numbers"),
    ([0, 1], {"a": T.dvector("v")}, "made of numbers|has the shape")])
def test_what_is_no_curve_is_told(x: object, lines: object, error: str) -> None:
    with pytest.raises((ValueError, TypeError), match=error):
        curves(x, lines)
