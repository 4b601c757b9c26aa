"""Programs in Python 2: found out, translated by fissix, and given what the translation leaves out.

fissix is the maintained form of the lib2to3 that Python dropped; it turns statements and names
into today's. What it cannot know is added to the parsed program: `/` of integers rounds down, a
pickle of Python 2 is read as text, a tab is eight columns.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import CodeType
from typing import Any

from tutor.names import installing
from tutor.theano.python2_names import GONE

COMMAND = installing("python2")
NO_TRANSLATOR = f"This program is in Python 2. What translates it as it runs comes with: {COMMAND}"
#: What a cell of a notebook is called.
CELL = "a cell"
_reported: list[str] = []
#: Fixers left out: they change style, not meaning, or add lines, which moves those of errors.
LEFT_OUT = ("idioms", "set_literal", "ws_comma", "asserts", "future", "reduce", "reload", "intern")
DIVISIONS = {"__div__": "__truediv__", "__rdiv__": "__rtruediv__", "__idiv__": "__itruediv__"}
HELPERS, PICKLES = "tutor.theano.python2_names", "tutor.theano.pickles"
#: A line that Python 3 cannot read, and Python 2 can.
OLD_LINE = re.compile(r"^\s*(print[ \t](?!\()|(exec|raise) |except .*,)", re.M)


class PythonTwoError(SyntaxError):
    """The program is in Python 2, and what translates it is not installed."""


def compiled(source: bytes, file: str) -> CodeType:
    """The code of a program in Python 3, or in Python 2, which is said on stderr.

    >>> exec(compiled(b"print 7 / 2", "old.py"))
    3
    """
    tree = translated(decoded(source), file)
    with warnings.catch_warnings(action="ignore"):  # what Python says today is no error of it
        return compile(source if tree is None else tree, file, "exec", dont_inherit=True)


def translated(text: str, file: str) -> ast.Module | None:
    """A program in Python 2, parsed as the one in Python 3 that does the same; else None.

    Raises the `SyntaxError` of Python 3 where a program is neither.
    """
    try:
        tree = _parsed(text, file)
    except SyntaxError as error:
        return _unreadable(error, text, file)
    reason = next(signs(tree), "") or _sibling(tree, file) or _company(file)
    if not reason:
        return None
    if not _translator():
        raise PythonTwoError(NO_TRANSLATOR, (file, 1, 1, None))
    _report(file, reason)
    return _meant(translate(text, file, printing=False), file)


def _unreadable(error: SyntaxError, text: str, file: str) -> ast.Module:
    """The program that is no Python 3; the error itself where it is no Python 2 either."""
    error = error.with_traceback(None)  # the parser is no part of the program
    if not _translator():
        if not OLD_LINE.search(text):
            raise error
        place = (file, error.lineno, error.offset, error.text)
        raise PythonTwoError(NO_TRANSLATOR, place) from None
    try:
        tree = _meant(translate(text, file), file)
    except Exception:
        raise error from None  # what Python 3 said is the better message
    _report(file, f"line {error.lineno}")
    return tree


def translate(text: str, file: str, *, printing: bool = True) -> str:
    """A program in Python 2 in the words of Python 3, line by line.

    `printing` says whether `print` is a statement.

    >>> translate("for i in xrange(3): print i,", "old.py")
    "for i in range(3): print(i, end=' ')"
    """
    lines = (_eight_columns(line) for line in text.splitlines())
    tool = _tool(printing)
    tree = tool.refactor_string("\n".join(lines) + "\n", file)
    return str(tree).rstrip("\n")


def decoded(source: bytes) -> str:
    """The text of a source: in the encoding it declares, else UTF-8, else Latin-1."""
    try:
        return importlib.util.decode_source(source)
    except (SyntaxError, UnicodeDecodeError):
        return source.decode("latin-1").replace("\r\n", "\n")


def signs(tree: ast.Module) -> Iterator[str]:
    """Find signs of Python 2 in a program that parses: a builtin, a method or a module now gone.

    >>> list(signs(ast.parse("for i in xrange(3): d.iteritems()")))
    ['xrange', 'iteritems']
    """
    own = _bound(tree)
    for node in _sure(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if told(name, "builtin") and name not in own:
                yield name
            case ast.Call(func=ast.Attribute(value=of, attr=name)) if told(name, "method"):
                if not (isinstance(of, ast.Name) and of.id in ("six", "compat")):
                    yield name
            case ast.Import(names=names):
                yield from (alias.name for alias in names if told(alias.name, "module"))
            case ast.ImportFrom(module=str(name), level=0) if told(name, "module"):
                yield name


def told(name: str, kind: str) -> bool:
    """Return whether a name was of this kind in Python 2, and is no more."""
    return GONE.get(name) == kind


def _sure(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that run whichever Python this is: those under no statement that asks for it."""
    guarded = {inner for node in ast.walk(tree) if _asks(node) for inner in ast.walk(node)}
    return (node for node in ast.walk(tree) if node not in guarded)


def _asks(node: ast.AST) -> bool:
    """Return whether a statement asks which Python this is: it tries, or looks at the version."""
    if isinstance(node, ast.If | ast.IfExp):
        return any(word in ast.unparse(node.test) for word in ("version", "PY2", "PY3"))
    return isinstance(node, ast.Try)


def _company(file: str) -> str:
    """Find a sign of Python 2 beside `file`, in the rest of its package, where it has none itself.

    There `d.keys()` is a list and 7 / 2 is 3, since no other Python could run its neighbours.
    """
    for folder in Path(file).parents:
        if not (folder / "__init__.py").is_file():
            break
        if found := _neighbours(folder):
            return found
    return ""


@cache
def _neighbours(folder: Path) -> str:
    """The first module in the folder of a package that Python 3 cannot run, in words."""
    for path in sorted(folder.glob("*.py")):
        text = decoded(path.read_bytes())
        try:
            tree = _parsed(text, path.name)
        except SyntaxError:
            old = bool(OLD_LINE.search(text))
        else:
            found = _sibling(tree, str(path))
            old = bool(found) or any(told(sign, "module") for sign in signs(tree))
        if old:
            return f"{path.name} of its package is"
    return ""


def _sibling(tree: ast.Module, file: str) -> str:
    """The module of its own package that `file` imports as Python 2 did, without a dot."""
    folder = Path(file).parent
    if not (folder / "__init__.py").is_file():
        return ""
    for node in _sure(tree):
        match node:
            case ast.Import(names=[ast.alias(name=name), *_]):
                top = name.partition(".")[0]
            case ast.ImportFrom(module=str(name), names=names, level=0):
                top = name.partition(".")[0]
                if _of_its_name(file, name, names):
                    return f"from {name} import"
            case _:
                continue
        beside = (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file()
        if beside and top not in sys.stdlib_module_names and PathFinder.find_spec(top) is None:
            return f"import {top}"
    return ""


def _of_its_name(file: str, module: str, names: list[ast.alias]) -> bool:
    """Return whether an `__init__` takes `names` from its module of the package's own name."""
    folder = Path(file).parent
    if Path(file).name != "__init__.py" or module != folder.name:
        return False
    submodules = {path.stem for path in folder.iterdir()}
    return module in submodules and any(alias.name not in submodules for alias in names)


def _parsed(text: str, file: str) -> ast.Module:
    with warnings.catch_warnings(action="ignore"):
        return ast.parse(text, file)


def _bound(tree: ast.Module) -> set[str]:
    """Every name that the program itself defines, anywhere."""
    own: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                own.add(name)
            case ast.alias(name=name, asname=other):
                own.add(other or name.partition(".")[0])
    return own


class _Meaning(ast.NodeTransformer):
    """Gives a program the meaning of Python 2: division, pickles, builtins, names of methods."""

    def __init__(self, tree: ast.Module) -> None:
        self.own, self.divides = _bound(tree), "division" not in _futures(tree)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if self.divides and isinstance(node.op, ast.Div):
            return _call(node, "divide", node.left, node.right)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not self.divides or not isinstance(node.op, ast.Div):
            return node
        before = ast.parse(ast.unparse(node.target), mode="eval").body
        value = _call(node, "divide_in_place", before, node.value)
        return ast.copy_location(ast.Assign([node.target], value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        node.name = DIVISIONS.get(node.name, node.name)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        known = told(node.id, "builtin") and not hasattr(builtins, node.id)
        if known and isinstance(node.ctx, ast.Load) and node.id not in self.own:
            return _helper(node, node.id)
        return node

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        for alias in node.names:
            if alias.name == "pickle":
                alias.name, alias.asname = PICKLES, alias.asname or "pickle"
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        if node.module == "pickle" and node.level == 0:
            node.module = PICKLES
        return node


def _meant(text: str, file: str) -> ast.Module:
    """A translated program, parsed, with what Python 2 meant by its words."""
    tree = ast.parse(text, file)
    return ast.fix_missing_locations(_Meaning(tree).visit(tree))


def _futures(tree: ast.Module) -> set[str]:
    """The names that a program takes from `__future__`."""
    return {alias.name for node in tree.body for alias in getattr(node, "names", ())
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"}


def _helper(node: ast.AST, name: str) -> ast.expr:
    """`__import__(…).name`: a helper, whatever the program itself calls by that name."""
    load = ast.Load()
    module = ast.Call(ast.Name("__import__", load), [ast.Constant(HELPERS)],
                      [ast.keyword("fromlist", ast.Constant("*"))])
    return ast.copy_location(ast.Attribute(module, name, load), node)


def _call(node: ast.AST, name: str, *arguments: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(_helper(node, name), list(arguments), []), node)


def _eight_columns(line: str) -> str:
    """A line whose indentation has no tabs, which Python 2 read as steps of eight columns."""
    rest = line.lstrip(" \t")
    return line[: len(line) - len(rest)].expandtabs(8) + rest


def _translator() -> bool:
    return importlib.util.find_spec("fissix") is not None


@cache
def _tool(printing: bool) -> Any:
    from fissix import refactor

    left_out = LEFT_OUT if printing else (*LEFT_OUT, "print")
    fixers = [
        fixer
        for fixer in refactor.get_fixers_from_package("fissix.fixes")
        if fixer.removeprefix("fissix.fixes.fix_") not in left_out
    ]
    options = {} if printing else {"print_function": True}
    for logger in ("RefactoringTool", "fissix"):  # a program that logs everything logs not this
        logging.getLogger(logger).setLevel(logging.ERROR)
    return refactor.RefactoringTool(fixers, options)


def _report(file: str, reason: str) -> None:
    """Say it on stderr: of a notebook once, of a program once a file."""
    if file != CELL or CELL not in _reported:
        _reported.append(file)
        print(f"tutor: {file} is in Python 2 ({reason}); translated as it runs.", file=sys.stderr)
