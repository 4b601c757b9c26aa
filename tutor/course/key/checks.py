"""How each answer is checked: at which points, by which calls, and what the wording asks for.

A row has the points alone; what is right at them, the solution says. Points are hostile: negative,
unsorted, of several lengths, and none of them alike.
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
from tutor.course.key.formulas import (
    blanked,
    cost_of,
    fixed,
    head,
    noise,
    portions,
    spread,
    weighed,
    within,
)
from tutor.course.key.slips import SLIPS
from tutor.course.key.steps import STEPS
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
    "00-1": is_close(slips=SLIPS["00-1"]),
    "01-1": same_type,
    "01-2": same_type,
    "01-3": is_close(slips=SLIPS["01-3"]),
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
    "07-3": both(takes, does((), (), (), (), slips=STEPS["07-3"]),
                 follows((1.0, -2.0), (0.0, 3.0), calls=[()] * 5, what="p and q")),
    "08-1": is_close(slips=SLIPS["08-1"]),
    "08-2": is_close(slips=SLIPS["08-2"]),
    "08-3": both(takes, does(([1.0, 2.0, -0.5], [2.0, 5.0, 0.3]), ([0.5, -2.0], [1.0, 3.0]),
                               ([1.0, 2.0, -0.5], [2.0, 5.0, 0.3])),
                 follows((0.0, 2.0), calls=[([1.0, 2.0], [3.0, 1.0])], what="k")),
    "09-1": means(*SLIPS["09-1"], p=([0.2, 0.5, 0.9], [0.95, 0.02])),
    "09-2": is_close(slips=SLIPS["09-2"]),
    "09-3": means(*SLIPS["09-3"], q=([0.2, 0.9, 0.4], [0.7, 0.1]),
                  a=([1.0, -1.0, 1.0], [1.0, -1.0])),
    "10-1": both(takes, does((), (), (), (), (), slips=STEPS["10-1"]),
                 follows((0.0, 1.0), calls=[()] * 4, what="c")),
    "10-2": is_close(slips=SLIPS["10-2"]),
    "10-3": both(takes, does((), (), (), (), (), slips=STEPS["10-3"]),
                 follows((0.0, 1.0), (0.0, 2.0), calls=[()] * 7, what="c and s")),
    "11-1": is_close(slips=SLIPS["11-1"]),
    "11-2": is_close(slips=SLIPS["11-2"]),
    "11-3": both(means(*SLIPS["11-3"], x=(-2.0, 3.0, 0.5, 0.4, 0.7)), no_derivative),
    "11-4": means(G=TABLES),
    "11-5": means(X=[noise(5, 3), noise(2, 4)], G=[noise(5, 2), noise(2, 3)]),
    "11-6": both(means(*SLIPS["11-6"], X=[noise(5, 3), noise(2, 4)], w=[noise(3), noise(4)],
                       t=[noise(5), noise(2)]), no_derivative),
    "12-1": both(means(*SLIPS["12-1"],
                       z=([2.0, 1.0, -1.0], [1000.0, 999.0], [-1000.0, 1000.0, -999.0], [7.0])),
                 only("exp", "sum", "max")),
    "12-2": is_close(slips=SLIPS["12-2"]),
    "12-3": means(*SLIPS["12-3"], P=SHARES, t=ROWS),
    "12-4": both(means(*SLIPS["12-4"], Z=[noise(3, 4), noise(2, 3), noise(3, 3)], t=CLASSES),
                 no_derivative),
    "12-5": means(*SLIPS["12-5"], P=RANKED, t=CLASSES),
    "12-6": both(takes, does((noise(5, 4), [2, 0, 1, 1, 0]), (noise(3, 4), [1, 2, 0]),
                               (noise(7, 4), [0, 1, 2, 2, 1, 0, 2])),
                 follows((np.zeros((4, 3)), noise(4, 3)), (np.zeros(3), noise(3)),
                         calls=[(noise(5, 4), [2, 0, 1, 1, 0])] * 2, what="V and d")),
    "13-1": means(x=[noise(3, 2)], W=[noise(2, 4)], b=[noise(4)], v=[noise(4, seed=9)], d=[0.3]),
    "13-2": is_close(slips=SLIPS["13-2"]),
    "13-3": is_close(slips=SLIPS["13-3"]),
    "13-4": both(takes, does((1,), (2,), (0,), (2,), slips=STEPS["13-4"]),
                 by_givens(lambda x: np.mean((x @ [1.0, -0.5]) ** 2), (noise(3, 2),)),
                 follows((np.arange(12.0).reshape(6, 2), noise(6, 2)), ([1.0, -0.5], [0.5, 2.0]),
                         calls=[(0,), (2,), (1,), (2,)], what="data and w")),
    "13-5": means(*SLIPS["13-5"], H=[noise(6, 3), noise(4, 2)], W=[noise(3, 4), noise(2, 3)],
                  b=[noise(4), noise(3)]),
    "13-6": enough(digits().split()[1].y, 346),
    "14-1": is_close(slips=[
        ([-2, -3, 8], "The window is turned: its first weight belongs to the first number."),
        ([9, 16, 4], "The first weight is −1: its sign is missing.")]),
    "14-2": is_close(slips=[
        ([20, 8, 28, 28], "That is the shape with a border; without one the maps are smaller."),
        ([20, 3, 24, 24], "The channels are added up: there is a map for each filter."),
        ([20, 8, 23, 23], "It is off by one: a window of 5 fits once into 5 pixels."),
        ([20, 24, 24, 24], "Each filter adds the three channels up, and makes one map.")]),
    "14-3": is_close(slips=[
        (72, "The biases are missing."), (73, "Each filter has a bias of its own."),
        (72 + 288, "There is one bias for each filter, and not one for each place of its map.")]),
    "14-4": means(
        (lambda v, G: tensor.stack([tensor.sum(G * v[2:]), tensor.sum(G * v[1:-1]),
                                    tensor.sum(G * v[:-2])]),
         "The order is reversed: w₀ meets the numbers v₀, v₁, …, so it is the first."),
        (lambda v, G: tensor.stack([tensor.mean(G * v[:-2]), tensor.mean(G * v[1:-1]),
                                    tensor.mean(G * v[2:])]),
         "It takes the mean where the sum is asked for."),
        (lambda v, G: tensor.stack([tensor.sum(v[:-2]), tensor.sum(v[1:-1]), tensor.sum(v[2:])]),
         "G has no part in it: what arrives is multiplied by the numbers that the weight met."),
        v=(noise(7), [3.0, -4.0, 0.5], [0.5, 7.0, -3.0, 2.0, 1.0]),
        G=(noise(5), [2.0], [1.0, -2.0, 0.5])),
    "14-5": means(
        (lambda x: tensor.signal.pool.pool_2d(x, (2, 2), ignore_border=True),
         "That is the largest of each square, and the mean is asked for."),
        (lambda x: x[::2, ::2], "That is one of the four corners of each square."),
        (lambda x: (x[::2, ::2] + x[1::2, 1::2]) / 2, "Two of the four corners are missing."),
        x=[noise(4, 6), noise(2, 2), noise(6, 4)]),
    "14-6": learns(portions, 0.5, using="conv"),
    "14-7": enough(digits().split()[1].y, 325),
    "14-8": means(
        (lambda w, G: spread(w, G, G.size + 2),
         "The window is not turned: v₀ was used with w₀ alone, so it gets w₀ G₀."),
        (lambda w, G: spread(w[::-1], G, G.size), "The border is missing: v is two longer than G."),
        (lambda w, G: spread(w, G, G.size), "The border is missing, and the window is not turned."),
        (lambda w, G: spread(tensor.ones_like(w), G, G.size + 2),
         "w has no part in it: what arrives goes back times the weight through which it came."),
        (lambda w, G: tensor.outer(w, G), "What arrives at the same element of v is to be added."),
        w=(noise(3), [1.0, 2.0, 3.0], [3.0, 0.5, -2.0]),
        G=(noise(5), [10.0, 0.0, 0.0, 1.0], [2.0])),
    "15-1": both(means(x=POINTS), at_most(2)),
    "15-2": is_close(slips=[
        ([1, 1, 3, 2], "∞ − ∞ is nan, and not 0: what does the second one assume?"),
        ([1, 2, 3, 2], "∞ − ∞ is nan, and not 0: what does the second one assume?"),
        ([1, 4, 2, 2], "1 − σ(40) is 0, and σ(−40) is not: the third is more than rounding."),
        ([1, 4, 1, 2], "1 − σ(40) is 0, and σ(−40) is not: the third is not exact."),
        ([1, 4, 3, 1], "Each product rounds: with a · b known beforehand there is one less."),
        ([2, 4, 3, 2], "Changing the sign twice leaves every bit where it was.")]),
    "15-3": both(means(
        (lambda x: (1 - tensor.cos(x)) / x ** 2,
         "That is the formula itself: 1 − cos x loses its digits, as cos x is close to 1."),
        (lambda x: tensor.sin(x) ** 2 / x ** 2,
         "sin² x is 1 − cos² x, and not 1 − cos x: what is the angle?"),
        (lambda x: 0.5 + 0 * x, "½ is what it comes to at 0 alone."),
        x=(1e-9, 1e-5, 0.5, -2.0, 3.0)),
        exactly(*(10.0 ** (-k / 2) for k in range(2, 19)))),
    "15-4": rule_for(lambda x, y: tensor.log(x ** y), "pow", "assumes",
                     [(2.0, 3.0), (0.5, -1.5), (7.0, 0.2)], others=[(-2.0, 2.0), (-2.0, 3.0)]),
    "15-5": false_at(lambda x, y: np.log(x * y), lambda x, y: np.log(x) + np.log(y)),
    "16-1": both(means(*SLIPS["16-1"], v=VECTORS), uses("scan")),
    "16-2": both(means(*SLIPS["16-2"], a=[2.0, 9.0, 0.3], n=[5, 1, 3]), uses("scan")),
    "16-3": is_close(slips=SLIPS["16-3"]),
    "16-4": means(*SLIPS["16-4"], g=([30.0, -40.0], [0.3, -0.4], [3.0, 4.0], [-6.0, 1.0, 2.0],
                                       [0.0, 0.0])),
    "16-5": means(*SLIPS["16-5"], s=BRACKETS),
    "16-6": both(takes, does(([1.0, -2.0, 0.5], 0.3), ([0.7], -1.0), ([2.0, 0.1], 0.9),
                             slips=STEPS["16-6"])),
    "17-1": is_close(slips=SLIPS["17-1"]),
    "17-2": is_close(slips=SLIPS["17-2"]),
    "17-3": means(*SLIPS["17-3"], x=(-2.0, 0.5, 1.7, 3.0)),
    "17-4": both(takes, does((), (), (), slips=STEPS["17-4"]),
                 follows(([2.0, -1.0], [1.0, 0.7]), calls=[()] * 4, what="w")),
    "17-5": both(means(*SLIPS["17-5"], v=VECTORS,
                       p=([1.0, -2.0], [0.5, 3.0, -1.0, 2.0], [7.0], [1.0, 0.3, -2.0])), no_table),
    "18-1": is_close(slips=SLIPS["18-1"]),
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
                             slips=STEPS["18-6"])),
    "19-1": is_close(slips=[
        (16 * math.log(5) / math.log(10),
         "Those weights are the scores themselves: softmax takes their exponentials first."),
        (16, "That is the value of the best key alone: softmax gives the others a share, too."),
        (8, "That is the mean with equal weights: what do the scores say?"),
        (88, "The weights have to add up to 1: divide by the sum of the exponentials."),
        (88 / 6, "The key with the value 0 has a weight, too.")]),
    "19-2": means(
        (lambda S, V: tensor.dot(tensor.exp(S), V),
         "The weights of a query do not add up to 1: they are divided by their sum."),
        (lambda S, V: tensor.dot(weighed(S), V),
         "All weights together add up to 1: each row is divided by a sum of its own."),
        S=[noise(3, 4), noise(2, 2), noise(1, 3)],
        V=[noise(4, 2), noise(2, 3), noise(3, 1)]),
    "19-3": is_close(slips=[
        (64, "It would be that if all products were 1: they have both signs, and partly cancel."),
        (1, "That is the standard deviation of one product, and 64 of them are added.")]),
    "19-4": both(means(
        (lambda s, v: weighed(s) * (1 - weighed(s)),
         "That is how each weight changes with its own score: the values have no part in it."),
        (lambda s, v: weighed(s) * (1 - weighed(s)) * v,
         "A score changes the other weights, too, since all of them are divided by one sum."),
        (lambda s, v: weighed(s) * (v - tensor.mean(v)),
         "The mean is the one with the weights w, and not that of equal weights."),
        (lambda s, v: weighed(s) * v,
         "That is the part through a score's own exponential; the sum below changes, too."),
        (lambda s, v: v - tensor.sum(weighed(s) * v),
         "The weight is missing: a score whose weight is small can do little."),
        s=([0.0, 1.0, 0.5], [3.0, -2.0], noise(4)),
        v=([3.0, 5.0, 10.0], [-1.0, 4.0], noise(4, seed=9))), no_derivative),
    "19-5": means(
        (lambda x, Wq, Wk, Wv: head(x, Wq, Wk, Wv, x.shape[1]),
         "d is the number of columns of Wq, and not that of x."),
        (lambda x, Wq, Wk, Wv: head(x, Wq, Wk, Wv, x.shape[0]),
         "d is the number of columns of Wq, and not the number of letters."),
        (lambda x, Wq, Wk, Wv: head(x, Wq, Wk, Wv, Wv.shape[1]),
         "d is the number of columns of Wq, and not that of Wv."),
        (lambda x, Wq, Wk, Wv: head(x, Wq, Wk, None, Wq.shape[1]),
         "The values are x Wv, and not x itself."),
        *(fixed(d) for d in (2, 3, 4, 8)),
        x=[noise(4, 3), noise(2, 5)], Wq=[noise(3, 2), noise(5, 4)],
        Wk=[noise(3, 2, seed=8), noise(5, 4, seed=8)], Wv=[noise(3, 3), noise(5, 1)]),
    "19-6": means(
        (lambda S, n: tensor.nnet.softmax(S) * within(S, n),
         "Its rows do not add up to 1: the mask comes before the softmax."),
        (lambda S, n: tensor.nnet.softmax(S * within(S, n)),
         "A score of 0 is not forbidden: its weight is exp(0), which is 1, before dividing."),
        (lambda S, n: tensor.nnet.softmax(tensor.switch(within(S, n), -1e9, S)),
         "It forbids the letters, and looks at the blanks."),
        *(blanked(number) for number in (-10.0, -20.0, -30.0, -50.0, -100.0)),
        S=[noise(3, 4), noise(2, 2), noise(1, 5), [[-600.0, 600.0], [5.0, -600.0]]],
        n=([2, 4, 1], [1, 2], [3], [1, 2])),
    "20-1": is_close(slips=SLIPS["20-1"]),
    "20-2": means(*SLIPS["20-2"], Q=[[[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], noise(2, 5)],
                  K=[noise(6, 2), noise(7, 5)], V=[noise(6, 1), noise(7, 4)]),
    "20-3": means(*SLIPS["20-3"], S=[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]],
                                     noise(4, 4), [[-600.0, 600.0], [5.0, -600.0]]]),
    "20-4": is_close(slips=SLIPS["20-4"]),
    "20-5": means(*SLIPS["20-5"], z=([0.5, -2.0, 1.0], [3.0, 1.0], [7.0]), tau=(0.5, 2.0, 3.0)),
    "21-1": is_close(slips=[
        (7, "That is the tree: a is one symbol, though it is used twice."),
        (5, "That is one too many: a is one symbol, though it is used twice."),
        (2, "Those are the operations: inputs and constants are symbols as well."),
        (3, "The constant 1.0 is a symbol, too.")]),
    "21-2": means(
        (lambda y, z, g: g / y, "That is what x gets."),
        (lambda y, z, g: -z / y, "That is the slope: it is multiplied by what arrives, g."),
        (lambda y, z, g: -g / y ** 2, "The derivative of x / y is −x / y²: the x is missing."),
        (lambda y, z, g: -g * z / y ** 2, "x / y² is z / y: one y is in z already."),
        y=[2.0, -0.5, 3.0], z=[0.7, 1.3, -2.0], g=[1.0, -4.0, 0.6]),
    "21-3": is_close(slips=[
        (24, "Those are all orders of four things: each needs its inputs before it."),
        (1, "u and v do not need each other."), (6, "w has to come after u and after v."),
        (3, "z needs w, so it is the last.")]),
    "21-4": is_close(slips=[
        (12, "That is the true derivative: two of the three ways are lost here."),
        (8, "Both inputs of x · x are x: the second one writes over the first."),
        (2, "That is what arrives at x · x: it goes on from there.")]),
    "21-5": is_close(1e-4, slips=[
        ([-2.021517, 1.795356, 1.110693],
         "That is the first derivative: differentiate it once more."),
        ([1.523188, 0.475977, 2.927384], "That is the function itself, without a derivative."),
        ([-10, 2.375, -172],
         "In the rule of tanh z is the output: its slope is 1 − z · z, and not 1 − x · x."),
        ([-1.519, 2.629, -0.171], "That is rounded to three digits: five are asked for.")]),
    "22-1": means(*SLIPS["22-1"], x=(-2.0, 3.0, -0.3, 0.5)),
    "22-2": means(*SLIPS["22-2"], X=[[[1.0, 2.0, 0.0], [3.0, 0.0, -1.0]],
                                     noise(3, 4), noise(1, 2)]),
    "22-3": means(
        *SLIPS["22-3"],
        (lambda x, W, b, v, t: cost_of(tensor.tanh, 2, x, W, b, v, t),
         "It has tanh in it where relu is asked for."),
        (lambda x, W, b, v, t: cost_of(lambda a: tensor.maximum(0, a), 1, x, W, b, v, t),
         "The sum is that of the squares of W."),
        x=[noise(5, 3), noise(2, 4)], W=[noise(2, 3), noise(3, 4)],
        b=[noise(2), noise(3)], v=[noise(2, seed=9), noise(3, seed=9)],
        t=[noise(5), noise(2, seed=8)]),
    "22-4": is_close(1e-9, slips=SLIPS["22-4"]),
    "23-1": is_close(slips=[
        (0.1, "That is a good guess: count, for the labels are not all equally frequent."),
        (np.mean(digits().split()[0].y == np.argmax(np.bincount(digits().split()[0].y))),
         "That is its share of the training digits: those held back are asked for."),
        (np.bincount(digits().split()[1].y).max() / 360,
         "That is the most frequent label of those held back: nobody may look at them.")]),
    "23-2": is_close(slips=[
        (0.96 * 0.04 / 360, "That is the variance: take its root."),
        (np.sqrt(0.96 * 0.04), "That is for a single digit: the mean of 360 varies less."),
        (np.sqrt(0.96 * 0.04 * 360), "That is for the number of digits: the share is asked for."),
        (np.sqrt(0.96 / 360), "The variance of one digit is p (1 − p)."),
        (0.01, "That is about right: three digits of it are asked for."),
        (0.0104217, "That is measured, and near: a formula gives it, from one digit's variance.")]),
    "23-3": passes,
}
