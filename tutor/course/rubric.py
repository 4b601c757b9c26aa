"""The rubric of the capstone: what a reader of digits is judged by, as its author can read it.

Comes after the definition of an answer. A criterion measures a reader, and gives points for what it
finds; each is run on the definition of the function, so that grading needs nothing of its author's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.compile.function import Function
from tutor.core.errors import ArgumentError, TutorError, plural
from tutor.course.definition import Definition
from tutor.course.digits import Digits, digits
from tutor.course.written import kind
from tutor.misfits import describe
from tutor.signatures import answering

PASSED = 17  # points
LEFT = "style='text-align:left"
Numbers = NDArray[np.float64]


class Reader:
    """A function from images (n, 64) to labels (n,), and what it reads."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.training, self.held_back = digits().split()

    def read(self, images: Numbers) -> Any:
        """The labels of images, (n, 64) or (n, 8, 8)."""
        with np.errstate(all="ignore"):
            return called(self.definition, images.reshape(-1, 64))

    def share(self, images: Numbers, of: Digits) -> float:
        """The share of images that it reads as what they are."""
        return float(np.mean(self.read(images) == of.y))

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(sum(np.size(value) for value in self.definition.now.values()))


class Criterion(NamedTuple):
    """What is looked at, what earns how many points (the least value of each step, or the largest
    where less is better), and how it is measured."""

    name: str
    asks: str
    steps: Sequence[tuple[float, int]]
    measure: Callable[[Reader], float]
    less: bool = False
    shown: str = "{:.1%}"

    @property
    def most(self) -> int:
        """The points that there are."""
        return max(points for _, points in self.steps)

    def points(self, found: float) -> int:
        """The points for what was found."""
        return max([points for bound, points in self.steps
                    if (found <= bound if self.less else found >= bound)], default=0)


def held_back(reader: Reader) -> float:
    """The share of the digits held back that is read."""
    return reader.share(reader.held_back.x, reader.held_back)


def by_heart(reader: Reader) -> float:
    """By how much it is better on what it was trained on."""
    return reader.share(reader.training.x, reader.training) - held_back(reader)


def alone(reader: Reader) -> float:
    """The share of forty digits that it reads alike by themselves and among the others."""
    images = reader.held_back.x[:40]
    return float(np.mean([reader.read(images[i:i + 1])[0] for i in range(40)] ==
                         reader.read(images)))


def moved(reader: Reader) -> float:
    """The share that is read after a move by one pixel, in each of the four directions."""
    images = reader.held_back.images
    ways = [(by, axis) for by in (-1, 1) for axis in (1, 2)]
    return float(np.mean([reader.share(np.roll(images, *way), reader.held_back) for way in ways]))


def noisy(reader: Reader) -> float:
    """The share that is lost where the pixels tremble by a tenth."""
    noise = np.random.RandomState(0).randn(*reader.held_back.x.shape) / 10
    return held_back(reader) - reader.share(reader.held_back.x + noise, reader.held_back)


#: Twenty points in all.
RUBRIC = (
    Criterion("held back", "It reads the 360 digits held back: 90 % of them for 4 points, 94 % for "
              "7, and 96 % (346 digits) for 10. Those are required.",
              ((0.9, 4), (0.94, 7), (346 / 360, 10)), held_back),
    Criterion("alone", "It reads each digit as it does among others: nothing in it depends on the "
              "rest of the batch.", ((1.0, 2),), alone),
    Criterion("not by heart", "On the digits it was trained on it is better by 4 % at most.",
              ((0.04, 1),), by_heart, less=True),
    Criterion("moved", "It reads digits that were moved by one pixel: 60 % for 1 point, 75 % for "
              "3, 90 % for 5.", ((0.6, 1), (0.75, 3), (0.9, 5)), moved),
    Criterion("noise", "Where the pixels tremble by a tenth, it loses 3 % at most.", ((0.03, 1),),
              noisy, less=True),
    Criterion("size", "It holds 10,000 numbers at most.", ((10_000, 1),),
              lambda reader: reader.size, less=True, shown="{:,.0f}"),
)


class Graded:
    """The rubric, and where a reader was graded, what was found; shows itself as a table."""

    def __init__(self, found: Sequence[float] | None = None) -> None:
        self.found = found

    @property
    def points(self) -> int:
        """The points in all."""
        return sum(row.points(value) for row, value in zip(RUBRIC, self.found or (), strict=False))

    @property
    def lacking(self) -> list[str]:
        """The criteria that have not earned all of their points."""
        return [row.name for row, value in zip(RUBRIC, self.found or (), strict=False)
                if row.points(value) < row.most]

    def rows(self) -> list[tuple[str, ...]]:
        """The table, cell by cell."""
        if self.found is None:
            return [(row.name, row.asks, str(row.most)) for row in RUBRIC]
        return [(row.name, row.asks, row.shown.format(value), f"{row.points(value)} of {row.most}")
                for row, value in zip(RUBRIC, self.found, strict=True)]

    @property
    def verdict(self) -> str:
        """What it comes to."""
        most = sum(row.most for row in RUBRIC)
        asked = f"Required are {PASSED} of {most} points, and 96 % of the digits held back"
        return f"{asked}." if self.found is None else f"{plural(self.points, 'point')}. {asked}."

    def __repr__(self) -> str:
        return "\n".join([*("  ".join((f"{name:12}", *reversed(rest)))
                            for name, *rest in self.rows()), self.verdict])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        heads = ["criterion", "what is asked", *["found"] * (self.found is not None), "points"]
        cells = ["".join(f"<th {LEFT}'>{head}</th>" for head in heads)]
        for name, asks, *rest in self.rows():
            told = "".join(f"<td {LEFT};white-space:nowrap'>{escape(cell)}</td>" for cell in rest)
            cells.append(f"<td {LEFT}'>{name}</td><td {LEFT}'>{escape(asks)}</td>{told}")
        table = "".join(f"<tr>{row}</tr>" for row in cells)
        return {"text/plain": repr(self),
                "text/html": f"<table>{table}</table><div>{escape(self.verdict)}</div>"}


def unfit(answer: Any) -> str | None:
    """What is wrong with the form of an answer: it is to be a function of images."""
    if not isinstance(answer, (Function, Definition)):
        return f"It is {kind(answer)}, and the answer is a compiled function."
    definition = answer if isinstance(answer, Definition) else Definition.of(answer)
    inputs = definition.inputs
    if len(inputs) != 1 or getattr(inputs[0], "ndim", 0) != 2:
        return "It takes " + (", ".join(f"{v} ({v.type})" for v in inputs) or "no argument") + (
            ", and a single matrix of images is asked for.")
    if definition.updates:
        return "It changes shared variables, and reading a digit changes nothing."
    try:
        labels = np.asarray(called(definition, digits().x[:3]))
    except (TutorError, TypeError, ValueError) as problem:
        said = str(problem).splitlines()[0]
        return f"Of three images it makes a {type(problem).__name__}: {said}"
    if labels.shape != (3,) or labels.dtype.kind not in "iuf":
        return f"Of three images it makes {describe(labels)}, and three labels are asked for."
    return None


def called(definition: Definition, images: Numbers) -> Any:
    """What a function, as it is now, makes of images."""
    outputs = definition.called([(images,)], definition.now)[0]
    return outputs[0] if definition.form is None and outputs else outputs


@answering
def rubric(read: Any = None) -> Graded:
    """The rubric of the capstone, to be read; with a reader, what it finds, and the points.

    `read` is a compiled function from images (n, 64) to their labels (n,).

    Raises ArgumentError for what is no such function.

    >>> rubric().points, len(RUBRIC)
    (0, 6)
    """
    if read is None:
        return Graded()
    if (wrong := unfit(read)) is not None:
        raise ArgumentError(f"this is no reader. {wrong}", fix="Compile "
                            "theano.function([x], T.argmax(p, axis=1)), with a matrix x.")
    reader = Reader(read if isinstance(read, Definition) else Definition.of(read))
    return Graded([row.measure(reader) for row in RUBRIC])


def passes(answer: Any, model: Any) -> str | None:
    """A check that a reader has the points that are asked for."""
    if (wrong := unfit(answer)) is not None:
        return wrong
    graded = rubric(answer)
    if graded.points >= PASSED and "held back" not in graded.lacking:
        return None
    found = graded.found or ()
    share = f"It reads {found[0]:.1%} of the digits held back, and 96 % are required. " if (
        "held back" in graded.lacking) else ""
    return (f"{share}It has {plural(graded.points, 'point')}, and {PASSED} are required: look at "
            f"{', '.join(graded.lacking)} in theano.course.rubric(answer).")
