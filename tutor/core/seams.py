"""The seams by which layers enter the core: each is set once, by the layer that has what it is for.

Comes before all else. With none of them set, the core runs by itself: a graph is computed as it was
written, node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any


class Seams:
    """What a layer adds to the core.

    seam        is given, and gives                                           set by
    passes      outputs, inputs: outputs that are worth the same              a program
    pull_back   seeds, targets, constants: `grad`'s walk backwards            derivatives/pulling.py
    evaluate    a variable, values of its inputs: its value                   compile/function.py
    performed   a node of a user's op, operands: the values of its outputs    compile/loops.py
    explained   a problem, its node, operands: the error to raise             compile/loops.py
    of_user     a user's op, operands, settings: its node, checked            ops/checks.py
    stack       a list of variables: one variable                             ops/stacks.py
    contract    two variables, pairs of axes: the product of more dimensions  ops/linalg.py
    no_tensor   a variable of another type: the error                         ops/shared.py
    no_constant a value that becomes no tensor, the problem: the error        misfits.py
    misfit      a type, a value that does not fit, two flags: the error       misfits.py
    unfit       an op, operands it refuses, settings, problem: the error      signatures.py
    declared    an op, what it says: nothing, or an error raised              checking.py
    setting     the class of an op, a name, a value: the value, checked       checking.py
    whole       a value, what it is: a whole number, checked                  checking.py
    kinds       letters of NumPy's kinds: these kinds in words                checking.py
    scope_of    a frame of the learner's: the part of a model it writes       scopes.py
    scopes      True once a scope is open: frames of modules are asked too    scopes.py
    place       a file, a line: what the line is called, or None              frames.py
    reworded    a message: the message in the names of the program            frames.py
    formula     a variable, so many characters or None: its formula           formulas.py
    display     a variable, type or function: the MIME bundle of a notebook   __init__.py
    made        a node, as it is made: nothing (where test values are on)     testvalues.py

    The core sets pull_back, evaluate, explained and formula first; of the others those without a
    value here are not asked where it is alone. `tutor.function` has passes of its own.
    """

    passes: tuple[Callable[..., Any], ...] = ()
    pull_back: Callable[..., Any]
    evaluate: Callable[..., Any]
    performed: Callable[..., Any]
    explained: Callable[..., Exception]
    of_user: Callable[..., Any]
    stack: Callable[[list[Any]], Any]
    contract: Callable[..., Any]
    no_tensor: Callable[[Any], Exception] = staticmethod(
        lambda v: TypeError(f"{v} is {v.type}, and no tensor."))
    no_constant: Callable[[Any, Exception], Exception] = staticmethod(
        lambda x, problem: TypeError(f"{x!r} cannot be a tensor."))
    misfit: Callable[..., Exception] | None = None
    unfit: Callable[..., Exception] = staticmethod(lambda op, given, named, problem: problem)
    declared: Callable[..., None] = staticmethod(lambda op, said: None)
    setting: Callable[..., Any] = staticmethod(lambda kind, name, value: value)
    whole: Callable[[Any, str], int] = staticmethod(lambda value, what: index(value))
    kinds: Callable[[str], str] = staticmethod(repr)
    scope_of: Callable[[Any], Any] = staticmethod(lambda frame: None)
    scopes = False
    place: Callable[[str, int], str | None] | None = None
    reworded: Callable[[str], str] | None = None
    formula: Callable[..., str]
    display: Callable[[Any], dict[str, Any]] = staticmethod(
        lambda thing: {"text/plain": repr(thing)})
    made: Callable[[Any], None]


class Old:
    """What programs written for Theano see otherwise than a learner does; off until such a program
    runs, and switched on by `tutor.theano` alone."""

    #: What `str` and `repr` write of a variable.
    text: Callable[[Any], str] | None = None
    #: How ops and nodes are written, by themselves and in trees.
    reader: Any = None
    #: An attribute that a type, a node or a function has not got here: (thing, name).
    attribute: Callable[[Any, str], Any] | None = None


class Config:
    """The settings that the core asks for; `tutor.config` has them checked, with all the others."""

    floatX = "float64"  # noqa: N815 - Theano's name
    compute_test_value = "off"
    print_test_value = False


seams, old, config = Seams(), Old(), Config()


class Asked:
    """What programs written for Theano may ask for what is not here: types, ops, nodes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if old.attribute is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return old.attribute(self, name)
