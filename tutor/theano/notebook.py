"""`%load_ext tutor.theano`: a notebook written for Theano, until `%unload_ext tutor.theano`.

Its cells may be in Python 2: one that is no Python 3 is translated before it runs.

>>> load_ipython_extension(None)
>>> import theano
>>> unload_ipython_extension(None)
"""

from __future__ import annotations

import ast
from typing import Any

from tutor.theano import gone_names
from tutor.theano.finder import bind, unbind
from tutor.theano.python2 import CELL, PythonTwoError, translated


def load_ipython_extension(shell: Any) -> None:
    """Let `theano` mean this engine in the notebook."""
    bind()
    gone_names.serve()
    transformers = getattr(shell, "input_transformers_post", None)
    if transformers is not None and old_cell not in transformers:
        transformers.append(old_cell)


def unload_ipython_extension(shell: Any) -> None:
    """Let `theano` mean what it meant before."""
    unbind()
    gone_names.withdraw()
    transformers = getattr(shell, "input_transformers_post", [])
    if old_cell in transformers:
        transformers.remove(old_cell)


def old_cell(lines: list[str]) -> list[str]:
    """The lines of a cell, in the words of Python 3.

    >>> old_cell(["print 7 / 2"])
    ["print(__import__('tutor.theano.python2_names', fromlist='*').divide(7, 2))"]
    """
    text = "".join(lines)
    try:
        tree = translated(text, CELL)
    except PythonTwoError:
        raise  # IPython shows it, with the command that mends it
    except SyntaxError:
        return lines  # for IPython to say
    return lines if tree is None else ast.unparse(tree).splitlines(keepends=True)
