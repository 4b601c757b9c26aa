"""`%load_ext tutor.theano`: a notebook written for Theano, until `%unload_ext tutor.theano`.

>>> load_ipython_extension(None)
>>> import theano
>>> unload_ipython_extension(None)
"""

from __future__ import annotations

from typing import Any

from tutor.theano import gone_names
from tutor.theano.finder import bind, unbind


def load_ipython_extension(shell: Any) -> None:
    """Let `theano` mean this engine in the notebook."""
    bind()
    gone_names.serve()


def unload_ipython_extension(shell: Any) -> None:
    """Let `theano` mean what it meant before."""
    unbind()
    gone_names.withdraw()
