"""The graph as an indented tree, in the layout Theano prints it in; every node once, with an id.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> print(debugprint(x * 2, file="str"))
Elemwise{mul,no_inplace} [id A] ''...
 |x [id B]
 |TensorConstant{2...} [id C]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tutor.errors import BadValueError, DTypeError
from tutor.graph import Apply, Variable, toposort
from tutor.operators import FUNCTIONS

DEEPEST = 100  # levels that are printed where no depth is asked for
LONGEST = 2000  # lines


def letters(number: int) -> str:
    """The number-th name in A, B, …, Z, AA, AB, …

    >>> letters(0), letters(25), letters(26), letters(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


class Tree:
    """The lines of a tree; what was printed before is named again, and not unfolded again."""

    def __init__(self, ids: str = "CHAR", print_type: bool = False, order: Sequence[Apply] = (),
                 stop_on_name: bool = False) -> None:
        self.ids, self.print_type, self.stop_on_name = ids, print_type, stop_on_name
        self.order = {node: str(i) for i, node in enumerate(order)}
        self.known: dict[Any, str] = {}

    def identity(self, thing: Any) -> str:
        """The id of a node or a leaf, as `[id A]`."""
        if thing not in self.known:
            number = len(self.known)
            names = {"CHAR": letters(number), "int": str(number), "id": str(id(thing)), "": ""}
            if self.ids not in names:
                raise BadValueError(f"ids cannot be {self.ids!r}.",
                                   fix="Choose 'CHAR', 'int', 'id' or ''.")
            self.known[thing] = f"[id {names[self.ids]}]" if self.ids else ""
        return self.known[thing]

    def lines(self, root: Variable, depth: int) -> Iterator[str]:
        """One line a node, each before what it is made of."""
        deepest = depth if depth >= 0 else DEEPEST
        stack = [(root, "", "", deepest)]
        while stack:
            v, prefix, below, left = stack.pop()
            if left == 0:
                if depth < 0:
                    yield f"{prefix}… deeper still: debugprint(…, depth={2 * DEEPEST}) shows more"
                continue
            node = v.owner
            fresh = node is not None and node not in self.known
            yield self.line(v, prefix)
            if node is None or not fresh or (self.stop_on_name and v.name is not None):
                continue
            for i, u in reversed(list(enumerate(node.inputs))):
                last = i == len(node.inputs) - 1
                stack.append((u, f"{below} |", below + ("  " if last else " |"), left - 1))

    def line(self, v: Variable, prefix: str) -> str:
        """What is printed of one variable."""
        kind = f" <{v.type}>" if self.print_type else ""
        if v.owner is None:
            return f"{prefix}{v} {self.identity(v)}{kind}"
        node = v.owner
        which = "" if len(node.outputs) == 1 else f".{v.index}"
        rest = f"{self.identity(node)}{kind} '{v.name or ''}'   {self.order.get(node, '')}"
        return f"{prefix}{node.op}{which} {rest}"


def debugprint(obj: Any, depth: int = -1, print_type: bool = False, file: Any = None,
               ids: str = "CHAR", stop_on_name: bool = False) -> Any:
    """Print the graph of a variable, a list of them, a node or a function, one line a node.

    `depth` is how many levels are printed (-1: all, up to a hundred levels). `file` is where: None
    for the screen, `"str"` to get a string back. `ids` is how nodes are named: "CHAR", "int", "id"
    or "".
    Lines of a function end with the place of the node in the order of execution.
    """
    roots, order = _roots(obj)
    tree = Tree(ids, print_type, order, stop_on_name)
    lines: list[str] = []
    for root in roots:
        for line in tree.lines(root, depth):
            if len(lines) >= LONGEST and depth < 0:
                lines.append("… and more: pass a depth to choose how much is printed")
                break
            lines.append(line)
    text = "\n".join(lines)
    if file == "str":
        return text
    print(text, file=file if file is not None else sys.stdout)
    return None


def _roots(obj: Any) -> tuple[list[Variable], list[Apply]]:
    """The variables to print, and the order of execution where there is one."""
    if isinstance(obj, Variable):
        return [obj], []
    if isinstance(obj, Apply):
        return list(obj.outputs), []
    if isinstance(obj, (list, tuple)):
        parts = [_roots(one) for one in obj]
        return [v for roots, _ in parts for v in roots], [n for _, order in parts for n in order]
    graph = getattr(obj, "graph", obj)
    if not hasattr(graph, "outputs"):
        raise DTypeError(f"{obj!r} has no graph to print.",
                         fix="Pass a variable, a list of them, or a function.")
    roots = [*graph.outputs, *getattr(graph, "updates", {}).values()]
    return roots, toposort(roots, stop=graph.inputs)


def min_informative_str(obj: Any, indent_level: int = 0) -> str:
    """The graph in as few words as tell it: one letter a node, names where there are any.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> print(min_informative_str(x * x))
    A. Elemwise{mul,no_inplace}
     B. x
     <B>
    """
    known: dict[Any, str] = {}
    lines: list[str] = []
    stack = [(obj, indent_level)]
    while stack:
        thing, level = stack.pop()
        indent = " " * level
        if thing in known:
            lines.append(f"{indent}<{known[thing]}>")
            continue
        if level > DEEPEST or len(lines) >= LONGEST:
            lines.append(f"{indent}…")
            continue
        known[thing] = letters(len(known))
        owner = getattr(thing, "owner", None)
        if getattr(thing, "name", None) is not None:
            owner = None
        lines.append(f"{indent}{known[thing]}. {thing if owner is None else owner.op}")
        if owner is not None:
            stack.extend((u, level + 1) for u in reversed(owner.inputs))
    return "\n".join(lines)


def pydotprint(fct: Any, outfile: Any = None, format: str | None = None, **options: Any) -> str:
    """Draw the graph of a function, a variable or a list of them into a file; its path comes back.

    The ending of the file (or `format`) says how: `svg` and `dot` always work; `png` and `pdf` need
    Graphviz's own `dot` command on the machine, and are an error that says so where there is none.
    """
    path: str = FUNCTIONS["pydotprint"](fct, outfile, format, **options)
    return path
