"""A compiled function as a module of plain NumPy, which runs where this package is not installed.

Each node is a line, by the expression of its op; functions these call are copied from the source.
Shared variables are in `PARAMETERS`, read from a file. Sizes of 1 stretch, as NumPy's do.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> "return np.asarray(v1)" in written(tutor.function([x], x ** 2), "square.npz")
True
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from keyword import kwlist
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from tutor.compile.compiled import Function
from tutor.compile.lowering import Call, lower
from tutor.compile.scope import formed, identifier, is_ours, literal, unlike
from tutor.core.errors import BadValueError, shortened
from tutor.core.graph import Apply, Constant, Variable, made_at, quoted
from tutor.core.op import KERNELS
from tutor.core.scan import Loop
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.memory import empty, zeros
from tutor.threads import evenly, shared_out

WIDE = 96  # characters of a line
RESERVED = frozenset(("np", "PARAMETERS", "Path", "argument", "run_steps",
                      *kwlist, *dir(builtins), *dir(np)))
#: Values of a kind that Python writes as it reads them.
PLAIN = (bool, int, float, complex, str, tuple, list, dict, frozenset, type(None))


def written(f: Function, parameters: str, kind: type[Module] | None = None) -> str:
    """The text of the module; `parameters` is the name of the file that holds what is shared, and
    `kind` the module of another library.

    Raises BadValueError for an op that has no NumPy expression, as one written by a user.
    """
    module = (kind or Module)(parameters)
    body = module.function(f)
    return module.text(f, body)


def shared_of(f: Function) -> dict[str, SharedVariable]:
    """The shared variables that a function reads or updates, by names of their own."""
    found: dict[str, SharedVariable] = {}
    for v in dict.fromkeys([*f.get_shared(), *f.graph.updates]):
        if not isinstance(v.type, TensorType):
            raise BadValueError(f"{quoted(v)} is {v.type}: no program of its own can keep that.",
                                where=made_at(v), fix="Compile the function without random draws, "
                                "or pickle it.")
        found[unlike(found, identifier(v.name) or "p", "p", 2)] = v
    return found


class Module:
    """The parts of a module: copied functions, constants, and the names that are taken."""

    needs = "NumPy alone"
    settings: Sequence[str] = ()  # what is said to a library first

    def __init__(self, parameters: str) -> None:
        self.parameters = parameters
        self.copied: dict[str, str] = {}  # definitions, each after those it needs
        self.kernels: dict[Any, str] = {}  # what the functions that expressions call are called
        self.sources: dict[str, Any] = {}  # by name, what was copied
        self.imports: dict[str, str] = {"np": "import numpy as np"}
        self.steps: list[str] = []
        self.constants: dict[str, str] = {}
        self.names: dict[Variable, str] = {}
        self.taken: set[str] = {*RESERVED, *KERNELS}

    def fresh(self, wanted: str | None, otherwise: str) -> str:
        """A name that is not taken: the wanted one, if Python takes it for a name."""
        name = unlike(self.taken, wanted, otherwise)
        self.taken.add(name)
        return name

    def function(self, f: Function) -> list[str]:
        """The lines of the function, its head included."""
        if f.graph.states:
            raise BadValueError("an input that keeps a state has no place in a program of its own.",
                                fix="Keep the state in a shared variable, with updates.")
        arguments = [self.fresh(v.name, "x") for v in f.inputs]
        self.names.update(zip(f.graph.inputs, arguments, strict=True))
        self.title = self.fresh(f.name or "f", "f")
        head = [f"def {self.title}({', '.join(arguments)}):", *_docstring(f)]
        self.copy("argument", argument)
        head += [f"    {name} = argument({name}, {v.dtype!r}, {v.ndim})"
                 for name, v in zip(arguments, f.inputs, strict=True)
                 if isinstance(v.type, TensorType)]
        return self.computing(f, head, shared_of(f))

    def computing(self, f: Function, head: Sequence[str], shared: Mapping[str, SharedVariable]
                  ) -> list[str]:
        """The lines of the function from its head on: what is read, computed, stored, given."""
        lines = ['@np.errstate(all="ignore")', *head]
        for key, v in shared.items():
            self.names[v] = self.fresh(v.name, "p")
            lines.append(f"    {self.names[v]} = PARAMETERS[{key!r}]")
        results = [*f.graph.outputs, *f.graph.updates.values()]
        lines += [f"    {line}" for line in self.lines(results)]
        finals = [f"np.asarray({self.name(v)})" for v in f.graph.outputs]
        keys = {v: key for key, v in shared.items()}
        if f.graph.updates:
            values = ", ".join(f"{keys[v]!r}: {self.name(new)}"
                               for v, new in f.graph.updates.items())
            lines.append(f"    PARAMETERS.update({{{values}}})")
        return [*lines, f"    return {formed(f._request.form, finals)}"]

    def lines(self, outputs: Sequence[Variable]) -> list[str]:
        """A line for each node, in order, with the formula it computes."""
        found = []
        for call in lower([*self.names], outputs).calls:
            node = call.node
            text = self.loop(node) if isinstance(node.op, Loop) else self.expression(call)
            new = [self.fresh(v.name, "v") for v in node.outputs]
            self.names.update(zip(node.outputs, new, strict=True))
            line = f"{', '.join(new)} = {text}"
            told = shortened(quoted(node.outputs[0]), WIDE)
            found.append(f"{line}  # {told}" if len(line) + len(told) < WIDE else line)
        return found

    def expression(self, call: Call) -> str:
        """The NumPy expression of a node, with NumPy's names as NumPy's."""
        node = call.node
        arguments = [literal(call, v) or self.name(v) for v in call.operands]
        text = node.op.source(node, arguments)
        if text is None:
            raise BadValueError(f"{node.op} is written in Python and has no NumPy expression, so "
                                "it cannot stand in a program of its own.",
                                where=made_at(node.outputs[0]), fix="Write it with the operations "
                                "of tutor.tensor, or pickle the function.")
        own = {name for argument in arguments for name in names_in(argument)}
        return self.said(node, text, own)

    def said(self, node: Apply, text: str, own: set[str]) -> str:
        """The expression as it stands in the program; the names of operands are its own."""
        for name in names_in(text) - own:
            found = node.op.kernels.get(name)
            if isinstance(found, FunctionType):
                new = self.kernel(name, found)
                text = re.sub(rf"\b{name}\b(?=\()", new, text)
                self.copy(new, found)
                own = own | {new}  # what a kernel calls may have the name of a function of NumPy's
        return written_for("np", np, text, own)

    def kernel(self, name: str, function: Callable[..., Any]) -> str:
        """What a kernel is called here: as its op calls it, if nothing else is called so."""
        if function not in self.kernels:
            taken = name in self.kernels.values() or name in self.copied
            plain = not taken and (is_ours(function) or not hasattr(np, name))
            self.kernels[function] = name if plain else self.fresh(name, name)
        return self.kernels[function]

    def name(self, v: Variable) -> str:
        """The name of a variable; a constant gets one when it is first used."""
        if v not in self.names:
            if not isinstance(v, Constant) or not isinstance(v.data, np.ndarray):
                raise BadValueError(f"{quoted(v)} is no number or array, so it cannot stand in a "
                                    "program of its own.", where=made_at(v),
                                    fix="Give the function an input in its place.")
            self.names[v] = name = self.fresh(v.name, "c")
            self.constants[name] = f"np.array({v.data.tolist()!r}, {v.data.dtype.name!r})".replace(
                "inf", "np.inf").replace("nan", "np.nan")
            if v.data.size == 0:
                self.constants[name] = f"np.zeros({v.data.shape}, {v.data.dtype.name!r})"
        return self.names[v]

    @property
    def runner(self) -> Callable[..., Any]:
        """The function that runs a loop."""
        return run_steps

    def loop(self, node: Apply) -> str:
        """The call that runs a loop, whose step becomes a function of its own."""
        op: Any = node.op
        self.copy(self.runner.__name__, self.runner)
        outer, self.names = self.names, {v: n for v, n in self.names.items() if v.owner is None
                                         and isinstance(v, Constant)}
        arguments = [self.fresh(v.name, "u") for v in op.inputs]
        self.names.update(zip(op.inputs, arguments, strict=True))
        step = self.fresh(op.title, "step")
        body = [f"    {line}" for line in self.lines(op.outputs)]
        ends = ", ".join(self.name(v) for v in op.outputs)
        head, tail = f"def {step}({', '.join(arguments)}):", [f"    return [{ends}]", "", ""]
        self.steps += [head, *body, *tail]
        self.names = outer | {v: n for v, n in self.names.items() if isinstance(v, Constant)}
        given = ", ".join(self.name(v) for v in node.inputs)
        shapes = [(v.dtype, v.ndim) for v in op.results]
        call = (f"{self.runner.__name__}({step}, [{given}], {op.sequences}, "
                f"{list(op.keep)}, {shapes})")
        return call if len(node.outputs) > 1 else f"{call}[0]"

    def copy(self, name: str, function: Callable[..., Any]) -> None:
        """Copy a function of this package, and what it calls, from their source."""
        function = ALONE.get(function, function)
        if self.sources.setdefault(name, function) is not function:
            raise BadValueError(f"two functions that the program calls have the name {name}.",
                                fix="Give one of them another name, or pickle the function.")
        if name in self.copied:
            return
        try:
            tree: Any = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        except (OSError, SyntaxError):
            tree = None
        if not isinstance(tree, ast.FunctionDef | ast.ClassDef):
            raise BadValueError(f"the source of {function.__name__} is not to be had, so it cannot "
                                "stand in a program of its own.", fix="Write it with def, in a "
                                "cell or a file, or pickle the function.")
        where = vars(sys.modules[function.__module__])
        tree.name = name
        tree.decorator_list = [d for d in tree.decorator_list
                               if isinstance(d, ast.Name) and where.get(d.id) is cache]
        for part in ast.walk(tree):
            _without_annotations(part)
        text = ast.unparse(tree)
        for used in sorted(names_in(text) - {tree.name}):
            if used in where and used not in dir(builtins):
                self.needed(used, where[used])
        self.copied[name] = text

    def needed(self, name: str, value: Any) -> None:
        """See to what a copied function calls by this name."""
        if isinstance(value, ModuleType):
            same = value.__name__ == name
            self.imports[name] = f"import {name}" if same else f"import {value.__name__} as {name}"
        elif isinstance(inspect.unwrap(value), FunctionType) and (
                is_ours(value) or value.__module__ == "__main__"):
            self.copy(name, value)
        elif isinstance(value, type) and issubclass(value, Exception) and is_ours(value):
            self.copied.setdefault(name, f"class {name}(ValueError):\n    pass")
        elif isinstance(value, type) and is_ours(value):
            self.copy(name, value)
        elif isinstance(value, PLAIN):
            self.copied.setdefault(name, f"{name} = {value!r}")
        elif hasattr(value, "__name__") and not is_ours(value):
            self.imports[name] = f"from {value.__module__} import {value.__name__} as {name}"
        else:
            raise BadValueError(f"{name} stands for {value!r}, which no program of its own has.",
                                fix="Pickle the function instead.")

    def text(self, f: Function, body: Sequence[str]) -> str:
        """The whole module."""
        head = [f'"""{self.title}: a function written by tutor. It needs {self.needs}."""', "",
                *sorted(self.imports.values())]
        if shared_of(f):
            head = [head[0], "", "from pathlib import Path", "", *head[2:], "",
                    "# Trained values; saved anew by np.savez(file, **PARAMETERS).",
                    f"PARAMETERS = dict(np.load(Path(__file__).with_name({self.parameters!r})))"]
        constants = [f"{name} = {value}" for name, value in self.constants.items()]
        copied = [f"{text}\n\n" for text in self.copied.values()]
        head += [*self.settings, *constants, "", ""]
        return "\n".join([*head, *copied, *self.steps, *body, ""])


def argument(value: Any, dtype: Any, ndim: Any) -> Any:
    """The value as an array of this dtype; an error where something of it would be lost."""
    given = np.asarray(value)
    array = given.astype(dtype)
    floats = given.dtype.kind in "fc"
    if array.ndim != ndim or not np.array_equal(array.astype(given.dtype), given, equal_nan=floats):
        raise TypeError(f"{value!r} is no {dtype} of {ndim} dimensions")
    return array


def parts_of_loop(given: Any, n_sequences: Any, keep: Any) -> Any:
    """How many steps a loop takes; its sequences, first states and constants."""
    steps, rest = int(given[0]), given[1:]
    sequences, rest = rest[:n_sequences], rest[n_sequences:]
    if any(len(s) < steps for s in sequences):
        raise ValueError("a sequence is shorter than the loop has steps")
    if steps == 0 and "step" in keep:
        raise IndexError("a loop that took no step has no last value.")
    return steps, sequences, rest[:len(keep)], rest[len(keep):]


def run_steps(step: Any, given: Any, n_sequences: Any, keep: Any, shapes: Any) -> Any:
    """The results of a loop: its step run once for each element of the sequences."""
    steps, sequences, initial, constants = parts_of_loop(given, n_sequences, keep)
    states = initial
    kept: Any = [[] for _ in shapes]
    for t in range(steps):
        found = step(*[s[t] for s in sequences], *states, *constants)
        states = found[:len(keep)]
        for rows, value in zip(kept, found, strict=False):
            rows.append(value)
        if any(map(bool, found[len(shapes):])):
            break
    results, zeros = [], [np.zeros(s.shape[1:], s.dtype) for s in sequences]
    try:  # of no step the shapes are those of one over zeros
        others = [] if steps else step(*zeros, *initial, *constants)
    except Exception:
        others = []
    for i, (rows, (dtype, ndim)) in enumerate(zip(kept, shapes, strict=True)):
        none = initial[i].shape if i < len(keep) else np.shape(others[i]) if others else (0,) * ndim
        last = i < len(keep) and keep[i] != "all"
        results.append(states[i] if last else np.stack(rows) if rows else
                       np.empty((0, *none), dtype))
    return results


def in_turn(work: Any, pieces: Any, products: bool = False, worth: bool = True) -> Any:
    """The whole work, by one thread."""
    return [work(pieces)]


def the_same(n: Any) -> Any:
    """A number as it is."""
    return n


def new_array(shape: Any, dtype: Any) -> Any:
    """An array whose elements are not set."""
    return np.empty(shape, dtype)


def new_zeros(shape: Any, dtype: Any) -> Any:
    """An array of zeros."""
    return np.zeros(shape, dtype)


#: What stands for functions that need more of this package than their source.
ALONE: dict[Any, Any] = {shared_out: in_turn, evenly: the_same, empty: new_array, zeros: new_zeros}


class _Of(ast.NodeTransformer):
    """Write names that are a library's as such: `np.exp`."""

    def __init__(self, short: str, library: ModuleType, own: Collection[str]) -> None:
        self.short, self.library, self.own = short, library, own

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if (node.id in self.own or not hasattr(self.library, node.id)
                or node.id in ("abs", "int", "float")):
            return node
        return ast.Attribute(ast.Name(self.short, ast.Load()), node.id, ast.Load())


def written_for(short: str, library: ModuleType, text: str, own: Collection[str]) -> str:
    """An expression whose names are a library's, which is known by a short name, save its own.

    >>> written_for("np", np, "exp(x) + kernel(x)", ["x", "kernel"])
    'np.exp(x) + kernel(x)'
    """
    return ast.unparse(_Of(short, library, own).visit(ast.parse(text, mode="eval")))


def names_in(text: str) -> set[str]:
    """The names that a piece of Python reads, save those that it sets itself."""
    tree = ast.parse(text)
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    made = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)
             and isinstance(n.ctx, ast.Store)}
    return read - made - {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}


def _without_annotations(part: Any) -> None:
    if isinstance(part, ast.FunctionDef):
        part.returns = None
    if isinstance(part, ast.arg):
        part.annotation = None
    for name, body in ast.iter_fields(part):
        if isinstance(body, list) and any(isinstance(line, ast.AnnAssign) for line in body):
            setattr(part, name, [ast.Assign([line.target], line.value, lineno=line.lineno)
                                 if isinstance(line, ast.AnnAssign) and line.value else line
                                 for line in body])


def _docstring(f: Function) -> list[str]:
    """The function in a line, by its formulas."""
    told = ", ".join(quoted(v, WIDE) for v in f.outputs) or "nothing; it updates PARAMETERS"
    return [f'    """Compute {shortened(told, WIDE)}."""'.replace("\\", r"\\")]
