"""Programs written for Theano: the name `theano` is this engine, for one program alone.

    tutor run old_script.py         a program
    %load_ext tutor.theano          a notebook, until `%unload_ext tutor.theano`
    with tutor.theano.bound(): …    a block of Python

Comes after everything that a program can ask of Theano; nothing above it knows of it.
"""

from tutor.theano.finder import bound
from tutor.theano.notebook import load_ipython_extension, unload_ipython_extension

__all__ = ["bound", "load_ipython_extension", "unload_ipython_extension"]
