"""How each answer is checked: at which points, by which calls, and what the wording asks for.

A row has the points alone; what is right at them, the solution says. Points are hostile: negative,
unsorted, of several lengths, and none of them alike. An exercise without a row asks for numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tutor import tensor
from tutor.core.graph import Variable
from tutor.core.variables import SharedVariable
from tutor.core.walk import interpret
from tutor.course.answers import (
    Check,
    both,
    by_givens,
    defined,
    does,
    enough,
    finite_slope,
    follows,
    is_close,
    means,
    no_derivative,
    no_table,
    only,
    same_type,
    takes,
    uses,
)
from tutor.course.definition import free
from tutor.course.digits import digits
from tutor.course.key.slips import SLIPS
from tutor.course.learning import learns
from tutor.course.remarks import brief
from tutor.course.rewriting import at_most, exactly, false_at, rule_for
from tutor.course.rubric import passes
from tutor.course.slips import agree

POINTS = (-2.0, -0.3, 0.5, 1.7, 3.0)
PAIRS = (1.0, 2.0, 10.0, 20.0, 100.0, 200.0)  # the data of notebook 04
VECTORS = ([3.0, 4.0], [1.0, -1.0, 1.0, -1.0], [-2.0], [0.5, 7.0, -3.0])

TABLES = ([[1.0, -2.0, 0.5], [3.0, 5.0, 7.0]], [[4.0], [-1.0], [0.5]], [[2.0, -3.0]])
SHARES = ([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.25, 0.05, 0.5, 0.2]],
          [[0.3, 0.6, 0.1], [0.2, 0.1, 0.7]],
          [[0.05, 0.05, 0.9], [0.4, 0.35, 0.25], [0.1, 0.3, 0.6]])
RANKED = ([[0.1, 0.2, 0.4, 0.3], [0.65, 0.05, 0.2, 0.1], [0.25, 0.02, 0.5, 0.23]],
          [[0.3, 0.6, 0.1], [0.2, 0.1, 0.7]],
          [[0.05, 0.06, 0.89], [0.4, 0.35, 0.25], [0.1, 0.3, 0.6]])
CLASSES = ([3, 1, 3], [0, 2], [2, 0, 2])
ROWS = ([2, 1, 2], [1, 0], [2, 0, 1])  # classes that are numbers of rows as well
BRACKETS = ([1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, 1.0, -1.0, -1.0, 1.0, -1.0],
            [1.0, -1.0, -1.0, 1.0, 1.0, -1.0], [-1.0], [1.0, 1.0, -1.0, 1.0, -1.0, -1.0])


def noise(*shape: int, seed: int = 7) -> Any:
    """Numbers around 0 in no order."""
    return np.random.RandomState(seed + sum(shape)).randn(*shape)


def portions() -> list[tuple[Any, Any]]:
    """Sixty minibatches of fifty training digits."""
    training = digits().split()[0]
    rows = [np.random.RandomState(number).randint(len(training.y), size=50)
            for number in range(60)]
    return [(training.x[some], training.y[some]) for some in rows]


def starts(answer: Any, model: SharedVariable) -> str | None:
    """A check that a shared variable has the type and the name that are asked for, and a value
    like the right one."""
    if isinstance(answer, Variable) and not isinstance(answer, SharedVariable):
        return "It is a symbol without a value: theano.shared makes one that has a value."
    if isinstance(answer, SharedVariable) and not isinstance(answer.get_value(), np.ndarray):
        return f"It keeps a {type(answer.get_value()).__name__} as it is: make the value an array."
    if (wrong := same_type(answer, model)) is not None:
        return wrong
    value, right = answer.get_value(), model.get_value()
    return None if agree(value, right) else (
        f"It holds {brief(value)}." if np.shape(value) == np.shape(right) else
        f"Its value has the shape {np.shape(value)}, and {np.shape(right)} is asked for.")


def stays(formula: Any, **points: Any) -> Check:
    """A check that the output of a function was written as this formula of these variables,
    whatever givens put in the place of its parts."""
    def checked(answer: Any, model: Any) -> str | None:
        found = defined(answer)
        if isinstance(found, str):
            return found
        output, unknown = found.outputs[0], {v.name: v for v in free(found.outputs[:1])}
        if {*unknown} == {*points}:
            values = {v: np.asarray(points[name]) for name, v in unknown.items() if name}
            if agree(interpret([output], values)[0], formula(**points)):
                return None
        return (f"Its values are right. It is written as {output!r}: keep the formula, and let "
                "givens put in what changes.")
    return checked


CHECKS: dict[str, Check] = {
    "01-1": same_type,
    "01-2": same_type,
    "02-1": means(*SLIPS["02-1"], x=POINTS),
    "02-2": means(*SLIPS["02-2"], v=VECTORS),
    "02-3": means(*SLIPS["02-3"], X=[noise(5, 3), noise(2, 2)], W=[noise(3, 2), noise(2, 4)],
                  b=[noise(2), noise(4)]),
    "03-1": both(takes, does((3.0, 4.0), (-1.0, 2.0), (0.5, -3.0), slips=SLIPS["03-1"])),
    "03-2": both(takes, does(([1.0, 2.0, 6.0],), ([4.0],), ([3.0, -5.0, 7.0, 1.0],))),
    "03-3": both(takes, does(([1.0, 2.0, 6.0], 0.5), ([4.0], -1.0), ([3.0, -5.0, 7.0, 1.0], 2.0),
                                slips=SLIPS["03-3"])),
    "04-1": both(does((3.0,), (-1.0,), (0.5,), slips=SLIPS["04-1"]),
                 by_givens(lambda x, y: 2 * x + y, (3.0, 4.0), (-1.0, 0.5))),
    "04-2": both(does((0,), (1,), (2,), slips=SLIPS["04-2"]),
                 by_givens(np.sum, ([1.0, 2.0],), ([3.0, -1.0, 5.0],)),
                 follows((PAIRS, PAIRS[::-1]), calls=[(0,), (2,)], what="pairs")),
    "04-3": both(takes, does((2.0, 1.0), (-1.5, 0.5), (0.5, -3.0), slips=SLIPS["04-3"]),
                 stays(lambda x, y: x * 2 + y, x=0.7, y=-0.4)),
    "05-1": both(means(*SLIPS["05-1"], x=POINTS), no_derivative),
    "05-2": means(*SLIPS["05-2"], x=POINTS),
    "05-3": both(means(*SLIPS["05-3"], v=VECTORS), no_derivative),
    "06-1": both(takes, does((2.0,), (-1.0,)),
                 follows(([1.0, 2.0, 3.0], [10.0, -1.0, 4.0, 2.0]), calls=[(2.0,)], what="prices")),
    "06-2": starts,
    "06-3": both(takes, does(([1.0, 2.0, 6.0],), ([4.0, -1.0],), slips=SLIPS["06-3"]),
                 follows((2.0, -5.0), calls=[([1.0, 2.0, 6.0],)], what="m")),
    "07-1": both(takes, does((5.0,), (2.5,), (0.0,)),
                 follows((0.0, 10.0), calls=[(5.0,), (1.0,)], what="the total")),
    "07-2": both(takes, does((), (), (), ()), follows((1.0, 4.0), calls=[(), ()], what="r")),
    "07-3": both(takes, does((), (), (), (), slips=SLIPS["07-3"]),
                 follows((1.0, -2.0), (0.0, 3.0), calls=[()] * 5, what="p and q")),
    "08-3": both(takes, does(([1.0, 2.0, -0.5], [2.0, 5.0, 0.3]), ([0.5, -2.0], [1.0, 3.0]),
                               ([1.0, 2.0, -0.5], [2.0, 5.0, 0.3])),
                 follows((0.0, 2.0), calls=[([1.0, 2.0], [3.0, 1.0])], what="k")),
    "09-1": means(*SLIPS["09-1"], p=([0.2, 0.5, 0.9], [0.95, 0.02])),
    "09-3": means(*SLIPS["09-3"], q=([0.2, 0.9, 0.4], [0.7, 0.1]),
                  a=([1.0, -1.0, 1.0], [1.0, -1.0])),
    "10-1": both(takes, does((), (), (), (), (), slips=SLIPS["10-1"]),
                 follows((0.0, 1.0), calls=[()] * 4, what="c")),
    "10-3": both(takes, does((), (), (), (), (), slips=SLIPS["10-3"]),
                 follows((0.0, 1.0), (0.0, 2.0), calls=[()] * 7, what="c and s")),
    "11-3": both(means(*SLIPS["11-3"], x=(-2.0, 3.0, 0.5, 0.4, 0.7)), no_derivative),
    "11-4": means(G=TABLES),
    "11-5": means(X=[noise(5, 3), noise(2, 4)], G=[noise(5, 2), noise(2, 3)]),
    "11-6": both(means(*SLIPS["11-6"], X=[noise(5, 3), noise(2, 4)], w=[noise(3), noise(4)],
                       t=[noise(5), noise(2)]), no_derivative),
    "12-1": both(means(*SLIPS["12-1"],
                       z=([2.0, 1.0, -1.0], [1000.0, 999.0], [-1000.0, 1000.0, -999.0], [7.0])),
                 only("exp", "sum", "max")),
    "12-3": means(*SLIPS["12-3"], P=SHARES, t=ROWS),
    "12-4": both(means(*SLIPS["12-4"], Z=[noise(3, 4), noise(2, 3), noise(3, 3)], t=CLASSES),
                 no_derivative),
    "12-5": means(*SLIPS["12-5"], P=RANKED, t=CLASSES),
    "12-6": both(takes, does((noise(5, 4), [2, 0, 1, 1, 0]), (noise(3, 4), [1, 2, 0]),
                               (noise(7, 4), [0, 1, 2, 2, 1, 0, 2])),
                 follows((np.zeros((4, 3)), noise(4, 3)), (np.zeros(3), noise(3)),
                         calls=[(noise(5, 4), [2, 0, 1, 1, 0])] * 2, what="V and d")),
    "13-1": means(x=[noise(3, 2)], W=[noise(2, 4)], b=[noise(4)], v=[noise(4, seed=9)], d=[0.3]),
    "13-4": both(takes, does((1,), (2,), (0,), (2,), slips=SLIPS["13-4"]),
                 by_givens(lambda x: np.mean((x @ [1.0, -0.5]) ** 2), (noise(3, 2),)),
                 follows((np.arange(12.0).reshape(6, 2), noise(6, 2)), ([1.0, -0.5], [0.5, 2.0]),
                         calls=[(0,), (2,), (1,), (2,)], what="data and w")),
    "13-5": means(*SLIPS["13-5"], H=[noise(6, 3), noise(4, 2)], W=[noise(3, 4), noise(2, 3)],
                  b=[noise(4), noise(3)]),
    "13-6": enough(digits().split()[1].y, 346),
    "14-4": means(*SLIPS["14-4"], v=(noise(7), [3.0, -4.0, 0.5], [0.5, 7.0, -3.0, 2.0, 1.0]),
                  G=(noise(5), [2.0], [1.0, -2.0, 0.5])),
    "14-5": means(*SLIPS["14-5"], x=[noise(4, 6), noise(2, 2), noise(6, 4)]),
    "14-6": learns(portions, 0.5, using="conv"),
    "14-7": enough(digits().split()[1].y, 325),
    "14-8": means(*SLIPS["14-8"], w=(noise(3), [1.0, 2.0, 3.0], [3.0, 0.5, -2.0]),
                  G=(noise(5), [10.0, 0.0, 0.0, 1.0], [2.0])),
    "15-1": both(means(x=POINTS), at_most(2)),
    "15-3": both(means(*SLIPS["15-3"], x=(1e-9, 1e-5, 0.5, -2.0, 3.0)),
                 exactly(*(10.0 ** (-k / 2) for k in range(2, 19)))),
    "15-4": rule_for(lambda x, y: tensor.log(x ** y), "pow", "assumes",
                     [(2.0, 3.0), (0.5, -1.5), (7.0, 0.2)], others=[(-2.0, 2.0), (-2.0, 3.0)]),
    "15-5": false_at(lambda x, y: np.log(x * y), lambda x, y: np.log(x) + np.log(y)),
    "16-1": both(means(*SLIPS["16-1"], v=VECTORS), uses("scan")),
    "16-2": both(means(*SLIPS["16-2"], a=[2.0, 9.0, 0.3], n=[5, 1, 3]), uses("scan")),
    "16-4": means(*SLIPS["16-4"], g=([30.0, -40.0], [0.3, -0.4], [3.0, 4.0], [-6.0, 1.0, 2.0],
                                       [0.0, 0.0])),
    "16-5": means(*SLIPS["16-5"], s=BRACKETS),
    "16-6": both(takes, does(([1.0, -2.0, 0.5], 0.3), ([0.7], -1.0), ([2.0, 0.1], 0.9),
                             slips=SLIPS["16-6"])),
    "17-3": means(*SLIPS["17-3"], x=(-2.0, 0.5, 1.7, 3.0)),
    "17-4": both(takes, does((), (), (), slips=SLIPS["17-4"]),
                 follows(([2.0, -1.0], [1.0, 0.7]), calls=[()] * 4, what="w")),
    "17-5": both(means(*SLIPS["17-5"], v=VECTORS,
                       p=([1.0, -2.0], [0.5, 3.0, -1.0, 2.0], [7.0], [1.0, 0.3, -2.0])), no_table),
    "18-2": both(means(*SLIPS["18-2"], v=VECTORS),
                 finite_slope([0.0, 0.0], same=([1.0, -2.0], [0.0, 4.0]))),
    "18-3": both(means(X=[noise(3, 2), [[3.0, -4.0], [0.0, 0.0]]]),
                 finite_slope([[0.0, 0.0], [3.0, 4.0]], same=([[0.0, 4.0], [-3.0, 1.0]],))),
    "18-4": both(means(*SLIPS["18-4"],
                       v=([0.5, -2.0, 1.0], [1000.0, 999.0], [-1000.0, -1001.0], [7.0],
                          [1000.0, -1000.0], [-1000.0, 1000.0])),
                 only("exp", "log", "sum", "max")),
    "18-5": means(*SLIPS["18-5"], z=([0.5, -2.0, 1.0], [800.0, -800.0], [-800.0, 800.0]),
                  y=([1.0, 0.0, 0.0], [1.0, 0.0], [1.0, 1.0])),
    "18-6": both(takes, does((1.0,), (math.nan,), (2.0,), (math.inf,), (-3.0,), (200.0,), (1.0,),
                             slips=SLIPS["18-6"])),
    "19-2": means(*SLIPS["19-2"], S=[noise(3, 4), noise(2, 2), noise(1, 3)],
                  V=[noise(4, 2), noise(2, 3), noise(3, 1)]),
    "19-4": both(means(*SLIPS["19-4"], s=([0.0, 1.0, 0.5], [3.0, -2.0], noise(4)),
                       v=([3.0, 5.0, 10.0], [-1.0, 4.0], noise(4, seed=9))), no_derivative),
    "19-5": means(*SLIPS["19-5"], x=[noise(4, 3), noise(2, 5)], Wq=[noise(3, 2), noise(5, 4)],
                  Wk=[noise(3, 2, seed=8), noise(5, 4, seed=8)], Wv=[noise(3, 3), noise(5, 1)]),
    "19-6": means(*SLIPS["19-6"],
                  S=[noise(3, 4), noise(2, 2), noise(1, 5), [[-600.0, 600.0], [5.0, -600.0]]],
                  n=([2, 4, 1], [1, 2], [3], [1, 2])),
    "20-2": means(*SLIPS["20-2"], Q=[[[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], noise(2, 5)],
                  K=[noise(6, 2), noise(7, 5)], V=[noise(6, 1), noise(7, 4)]),
    "20-3": means(*SLIPS["20-3"], S=[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]],
                                     noise(4, 4), [[-600.0, 600.0], [5.0, -600.0]]]),
    "20-5": means(*SLIPS["20-5"], z=([0.5, -2.0, 1.0], [3.0, 1.0], [7.0]), tau=(0.5, 2.0, 3.0)),
    "21-2": means(*SLIPS["21-2"], y=[2.0, -0.5, 3.0], z=[0.7, 1.3, -2.0], g=[1.0, -4.0, 0.6]),
    "21-5": is_close(1e-4, slips=SLIPS["21-5"]),
    "22-1": means(*SLIPS["22-1"], x=(-2.0, 3.0, -0.3, 0.5)),
    "22-2": means(*SLIPS["22-2"], X=[[[1.0, 2.0, 0.0], [3.0, 0.0, -1.0]],
                                     noise(3, 4), noise(1, 2)]),
    "22-3": means(*SLIPS["22-3"], x=[noise(5, 3), noise(2, 4)], W=[noise(2, 3), noise(3, 4)],
                  b=[noise(2), noise(3)], v=[noise(2, seed=9), noise(3, seed=9)],
                  t=[noise(5), noise(2, seed=8)]),
    "22-4": is_close(1e-9, slips=SLIPS["22-4"]),
    "23-3": passes,
}
