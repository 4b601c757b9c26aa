"""The seams by which layers enter the core: each is set once, by the layer that has what it is for.

Comes before all else. With none of them set, the core runs by itself: a graph is computed as it was
written, node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any


class Seams:
    """What a layer adds to the core."""

    #: Graph to graph: (outputs, inputs) to outputs that are worth the same, in the order they run,
    #: before the core's `function` computes them. `tests/test_core.py` hands in one, which keeps
    #: a logistic regression finite; `tutor.function` takes the place of `function`, with its own.
    passes: tuple[Callable[..., Any], ...] = ()
    #: Object to MIME bundle: what a notebook shows of variables, types and functions.
    display: Callable[[Any], dict[str, Any]] = staticmethod(
        lambda thing: {"text/plain": repr(thing)})
    # The errors for a variable that is no tensor, for what becomes none, for a value that does not
    # fit a type.
    no_tensor: Callable[[Any], Exception] = staticmethod(
        lambda v: TypeError(f"{v} is {v.type}, and no tensor."))
    no_constant: Callable[[Any, Exception], Exception] = staticmethod(
        lambda x, problem: TypeError(f"{x!r} cannot be a tensor."))
    misfit: Callable[..., Exception] | None = None
    #: Variable to its formula, in so many characters, or as long as it is.
    formula: Callable[..., str]
    #: Frame of the learner's program to the part of a model that it writes: a box in pictures.
    #: Asked within functions; elsewhere once a scope was opened.
    scope_of: Callable[[Any], Any] = staticmethod(lambda frame: None)
    scopes = False
    #: How a line is called: (file, number) to words; None for its file's name and its number.
    place: Callable[[str, int], str | None] | None = None
    #: A message, in the names that the learner's program uses.
    reworded: Callable[[str], str] | None = None
    #: Told of each node as it is made, where `config.compute_test_value` is on.
    made: Callable[[Any], None]
    #: The value of a variable for values of its inputs.
    evaluate: Callable[..., Any]
    #: The walk backwards of `grad`: one above the core knows of branches that are not taken.
    pull_back: Callable[..., Any]
    #: The error to raise for one that came up in a node: (problem, node, values of its operands).
    explained: Callable[..., Exception]
    #: The values of the outputs of an op that a user wrote: (node, values of its operands).
    performed: Callable[..., Any]
    #: The node of an op that a user wrote, checked: (op, operands, settings).
    of_user: Callable[..., Any]
    #: Asked of each op that is declared: (op, what it says); raises an error.
    declared: Callable[..., None] = staticmethod(lambda op, said: None)
    kinds: Callable[[str], str] = staticmethod(repr)  # which kinds of numbers these letters are
    #: A whole number, checked: (value, what it is).
    whole: Callable[[Any, str], int] = staticmethod(lambda value, what: index(value))
    #: A setting of an op, checked: (class of the op, name, value).
    setting: Callable[..., Any] = staticmethod(lambda kind, name, value: value)
    #: The error for operands that an op does not take: (op, operands, settings, problem).
    unfit: Callable[..., Exception] = staticmethod(lambda op, given, named, problem: problem)
    stack: Callable[[list[Any]], Any]  # a list of variables as one
    contract: Callable[..., Any]  # a product of more dimensions, summed over pairs of axes


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
