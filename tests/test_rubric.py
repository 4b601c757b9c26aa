"""The rubric of the capstone: what a reader is judged by, and what is no reader."""

import json

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import ArgumentError
from tutor.course import digits, rubric
from tutor.course.rubric import PASSED, RUBRIC, Graded
from tutor.course.written import read, written

TRAINING, HELD_BACK = digits().split()
x = T.dmatrix("x")


def reading(images, labels):
    """A reader that knows these images by heart: it gives the label of the nearest."""
    near = T.dot(x, images.T) * 2 - T.sum(T.constant(images) ** 2, axis=1)
    return tutor.function([x], T.constant(labels)[T.argmax(near, axis=1)])


def found(reader):
    return dict(zip((row.name for row in RUBRIC), rubric(reader).found, strict=True))


def test_there_are_twenty_points_and_the_table_can_be_read():
    assert sum(row.most for row in RUBRIC) == 20 > PASSED
    assert all(row.asks in repr(rubric()) for row in RUBRIC)
    assert "found" not in rubric()._repr_mimebundle_()["text/html"]


def test_what_is_measured():
    by_heart = found(reading(HELD_BACK.x, HELD_BACK.y))
    assert by_heart["held back"] == 1 and by_heart["alone"] == 1
    assert by_heart["not by heart"] < 0
    neighbours = found(reading(TRAINING.x, TRAINING.y))
    assert 0.97 < neighbours["held back"] < 1 and neighbours["not by heart"] > 0
    assert neighbours["moved"] < 0.7


def test_who_looks_at_the_whole_batch_is_found_out():
    W = tutor.shared(np.random.RandomState(0).randn(64, 10), "W")
    centred = tutor.function([x], T.argmax(T.dot(x - x.mean(axis=0), W), axis=1))
    assert found(centred)["alone"] < 0.5
    assert found(tutor.function([x], T.argmax(T.dot(x, W), axis=1)))["alone"] == 1


def test_the_weights_are_those_of_now_and_are_counted():
    W = tutor.shared(np.zeros((64, 10)), "W")
    f = tutor.function([x], T.argmax(T.dot(x, W), axis=1))
    before = found(f)
    W.set_value(np.stack([TRAINING.x[TRAINING.y == k].mean(axis=0) for k in range(10)], axis=1))
    assert before["size"] == 640
    assert found(f)["held back"] > before["held back"] + 0.3
    assert found(read(json.loads(json.dumps(written(f))))) == found(f)


@pytest.mark.parametrize(("value", "points"), [(0.5, 0), (0.9, 4), (0.95, 7), (346 / 360, 10)])
def test_points_come_in_steps(value, points):
    assert RUBRIC[0].points(value) == points


def test_less_may_be_better():
    size = RUBRIC[-1]
    assert (size.points(10_000), size.points(10_001)) == (1, 0)
    assert Graded([1.0, 1.0, 0.0, 0.95, 0.0, 10]).points == 20
    assert Graded([0.95, 1.0, 0.0, 0.95, 0.0, 10]).lacking == ["held back"]


@pytest.mark.parametrize(("answer", "said"), [
    (3, "a number"), (lambda images: images, "a Python function"),
    (tutor.function([x], x), r"shape \(3, 64\)"),
    (tutor.function([x], [x[:, 0]]), r"shape \(1, 3\)"),
    (tutor.function([x, T.dscalar("y")], x[:, 0], on_unused_input="ignore"), "a single matrix"),
    (tutor.function([], 3), "no argument"),
    (tutor.function([x], T.dot(x, np.ones((10, 3)))), "ShapeError"),
    (tutor.function([x], x[:, 0], updates={tutor.shared(0.0): 1.0}), "changes shared")])
def test_what_is_no_reader_is_told_why(answer, said):
    with pytest.raises(ArgumentError, match=said):
        rubric(answer)
