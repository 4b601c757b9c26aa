"""Exercises in a page: a field where the answer is a number or a few, hints, and what is right.

Comes before single pages. The answer goes with the page, so this is to try oneself and no test;
what is written as code is tried in JupyterLab.

>>> import json, base64
>>> json.loads(base64.b64decode(told("08-1")))["right"]
[0.1]
"""

from __future__ import annotations

import base64
import json
import re
from html import escape
from typing import Any

import numpy as np

from tutor.course.exercises import EXERCISES, Key

ASKED = re.compile(r"""\bcourse\.check\(["']([\w-]+)["']""")
FEW = 12  # numbers that are typed
TYPED = 1e-3  # the share by which what is typed may be off, of numbers that are not whole


def tried(source: str) -> str:
    """What stands under a cell that checks an exercise; nothing under another cell."""
    asked = ASKED.search(source)
    if asked is None or asked[1] not in EXERCISES:
        return ""
    packed = told(asked[1])
    if not packed:
        return ('<p class="try">This one is answered with code: open the notebook in '
                '<a href="#lab">JupyterLab</a>.</p>')
    name = escape(asked[1])
    return (f'<form class="try" data-try="{packed}"><label>Your answer to {name} '
            '<input name="answer" autocomplete="off" size="14"></label> '
            '<button>Check</button> <button type="button">Hint</button> <output></output></form>')


def told(name: str) -> str:
    """The numbers that are right, by what share they may be off, hints and what one learns, packed;
    nothing where it is not numbers that are asked for, or the course has no key."""
    try:
        from tutor.course.key import KEY
    except ImportError:
        return ""
    key, exercise = KEY.get(name), EXERCISES[name]
    right = None if key is None else numbers(key)
    if key is None or right is None:
        return ""
    off = 0 if (right == np.trunc(right)).all() else TYPED
    found = {"right": right.ravel().tolist(), "off": off, "hints": exercise.hints,
             "learnt": key.right}
    return base64.b64encode(json.dumps(found).encode()).decode()


def numbers(key: Key) -> np.ndarray[Any, Any] | None:
    """The right answer, where it is a number or a few that are checked by their values alone."""
    answer = key.answer()
    if not isinstance(answer, (int, float, list, tuple, np.ndarray, np.number)):
        return None
    try:
        right = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):  # symbols among them, or words
        return None
    if right.size > FEW:
        return None
    by_value = key.check(right, answer) is None and key.check(right * 1.5 + 1, answer) is not None
    return right if by_value and np.isfinite(right).all() else None
