"""`%load_ext tutor.theano`: a notebook written for Theano, until `%unload_ext tutor.theano`.

Its cells may be in Python 2: one that is no Python 3 is translated before it runs.

>>> load_ipython_extension(None)
>>> import theano
>>> unload_ipython_extension(None)
"""

from __future__ import annotations

import ast
from contextlib import ExitStack
from typing import Any

from tutor.theano.finder import bound
from tutor.theano.gone_names import served
from tutor.theano.python2 import CELL, PythonTwoError, translated

_loaded = ExitStack()


def load_ipython_extension(shell: Any) -> None:
    """Let `theano` mean this engine in the notebook."""
    _loaded.enter_context(bound())
    _loaded.enter_context(served())
    transformers = getattr(shell, "input_transformers_post", [])
    transformers.append(old_cell)
    _loaded.callback(transformers.remove, old_cell)


def unload_ipython_extension(shell: Any) -> None:
    """Let `theano` mean what it meant before."""
    _loaded.close()


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
