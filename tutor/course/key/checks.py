"""How each answer is checked: at which points, by which calls, and what the wording asks for.

A row has the points alone; what is right at them, the solution says. Points are hostile: negative,
unsorted, of several lengths, and none of them alike.
"""

from __future__ import annotations

import numpy as np

from tutor.course.answers import (
    Check,
    both,
    by_givens,
    does,
    follows,
    is_close,
    means,
    no_derivative,
    only,
    same_type,
    takes,
)

POINTS = (-2.0, -0.3, 0.5, 1.7, 3.0)
PAIRS = (1.0, 2.0, 10.0, 20.0, 100.0, 200.0)  # the data of notebook 04
VECTORS = ([3.0, 4.0], [1.0, -1.0, 1.0, -1.0], [-2.0], [0.5, 7.0, -3.0])

CHECKS: dict[str, Check] = {
    "00-1": is_close(),
    "01-1": same_type,
    "01-2": same_type,
    "02-1": means(x=POINTS),
    "02-2": means(v=VECTORS),
    "03-1": both(takes, does((3.0, 4.0), (-1.0, 2.0), (0.5, -3.0))),
    "03-2": both(takes, does(([1.0, 2.0, 6.0],), ([4.0],), ([3.0, -5.0, 7.0, 1.0],))),
    "04-1": both(does((3.0,), (-1.0,), (0.5,)),
                 by_givens(lambda x, y: 2 * x + y, (3.0, 4.0), (-1.0, 0.5))),
    "04-2": both(does((0,), (1,), (2,)),
                 by_givens(np.sum, ([1.0, 2.0],), ([3.0, -1.0, 5.0],)),
                 follows(PAIRS, PAIRS[::-1], (0,), (2,), what="pairs")),
    "05-1": both(means(x=POINTS), no_derivative),
    "05-2": means(x=POINTS),
    "06-1": both(takes, does((2.0,), (-1.0,)),
                 follows([1.0, 2.0, 3.0], [10.0, -1.0, 4.0, 2.0], (2.0,), what="b")),
    "07-1": both(takes, does((5.0,), (2.5,), (0.0,)),
                 follows(0.0, 10.0, (5.0,), (1.0,), what="the total")),
    "07-2": both(takes, does((), (), (), ()), follows(1.0, 4.0, (), (), what="r")),
    "08-1": is_close(),
    "08-2": is_close(),
    "09-1": both(means(z=([-1.0, 0.0, 2.0], [3.0, -4.0])), only("exp")),
    "09-2": is_close(),
    "10-1": both(takes, does((), (), (), (), ()), follows(0.0, 1.0, (), (), (), (), what="c")),
    "10-2": is_close(),
}
