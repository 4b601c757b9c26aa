"""Programs in Python 2 run too: found out, translated, and given what its words meant."""

import builtins
import pickle
import shutil
from pathlib import Path

import pytest

from tutor import cli
from tutor.theano import python2
from tutor.theano.python2_names import GONE

PROGRAM = """\
import cPickle, sys
import theano, theano.tensor as T
import layers
class Rate:
    def __div__(self, other): return 'divided'
n_batches = 100 / 30
n_batches /= 2
for index, (key, value) in enumerate({'a': 1}.iteritems()): print key, value,
print n_batches, Rate() / 2, 7 / 2., (T.iscalar() / 2).dtype, `n_batches`
try:
    raise ValueError, 'wrong'
except ValueError, e:
    print e, reduce(lambda a, b: a + b, range(4)), cmp(1, 2)
with open(sys.argv[1], 'w') as f: cPickle.dump({'w': [1]}, f)
with open(sys.argv[1]) as f: print cPickle.load(f), layers.width
"""
LAYERS = "if True:\n\twidth = 7 / 2\n        # a tab is eight columns\n        print 'layers'\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "layers.py").write_text(LAYERS)
    path = tmp_path / "old.py"
    path.write_text(PROGRAM)
    return path


def test_a_program_in_python_2_runs(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", str(program), str(program.with_name("w.pkl"))]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "layers",
        "a 1 1 divided 3.5 int32 1",
        "wrong 6 -1",
        "{'w': [1]} 3",
    ]
    said = captured.err.splitlines()
    assert [line.endswith("translated as it runs.") for line in said] == [True, True]
    assert not list(program.parent.rglob("*.pyc"))


def test_an_error_in_it_names_the_line_that_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.py"
    path.write_text("import urllib\n\nprint reduce(max, [1])\n\nraise ValueError, 'five'\n")
    assert cli.main(["run", str(path)]) == 1
    err = capsys.readouterr().err
    assert "line 5" in err
    assert "raise ValueError, 'five'" in err


@pytest.mark.parametrize(
    ("source", "out"),
    [
        ("print(7 / 2)", "3.5"),
        ("from __future__ import division\nprint 7 / 2", "3.5"),
        ("from __future__ import print_function\nprint(7 / len(xrange(2)), end='')", "3"),
        ("import numpy as np\nx = np.arange(4)\nx /= 2\nprint x", "[0 0 1 1]"),
        ("try:\n    xrange\nexcept NameError:\n    xrange = range\nprint(7 / 2)", "3.5"),
        ("try:\n    import cPickle\nexcept ImportError:\n    cPickle = 1\nprint(7 / 2)", "3.5"),
        ("long = 3\nprint(long / 2)", "1.5"),
    ],
)
def test_division_is_that_of_the_language_the_program_is_in(
    source: str, out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "program.py"
    path.write_text(source)
    assert cli.main(["run", str(path)]) == 0
    assert capsys.readouterr().out.rstrip("\n") == out


def test_a_syntax_error_of_python_3_stays_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("x = (1,\n")
    assert cli.main(["run", str(path)]) == 1
    err = capsys.readouterr().err
    assert "SyntaxError: '(' was never closed" in err
    assert "Python 2" not in err and "ast.py" not in err


def test_without_the_translator_the_message_says_which_command_brings_it(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(python2, "_translator", lambda: False)
    assert cli.main(["run", str(program)]) == 1
    assert python2.COMMAND in capsys.readouterr().err


def test_pickles_of_python_2_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.pkl").write_bytes(b"S'caf\\xe9'\np1\n.")
    with pytest.raises(UnicodeDecodeError):
        pickle.loads((tmp_path / "old.pkl").read_bytes())
    path = str(tmp_path / "old.pkl")
    code = f"import cPickle as p\nwith open({path!r}, 'rb') as f: print(p.load(f))"
    assert cli.main(["run", "-c", code]) == 0
    assert capsys.readouterr().out == "café\n"


def test_the_builtins_that_tell_python_2_are_gone_from_python_3() -> None:
    gone = {name for name, kind in GONE.items() if kind == "builtin"}
    assert "xrange" in gone and not gone & {*dir(builtins)}


def test_a_package_is_in_python_2_in_all_its_parts(tmp_path: Path) -> None:
    """Nothing in `ours` tells its age, but no Python 3 could run what is beside and above it."""
    inner = tmp_path / "old" / "inner"
    inner.mkdir(parents=True)
    for folder in (inner.parent, inner):
        (folder / "__init__.py").write_text("")
    ours = inner / "ours.py"
    ours.write_text("sizes = 7 / 2, {1: 2}.keys()\n")
    assert python2.translated(ours.read_text(), str(ours)) is None
    new = tmp_path / "new"
    shutil.copytree(tmp_path / "old", new)
    (new / "said.py").write_text("print 'hello'\n")
    found: dict[str, object] = {}
    exec(python2.compiled(ours.read_bytes(), str(new / "inner" / "ours.py")), found)
    assert found["sizes"] == (3, [1])


def test_a_package_with_a_module_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Python 2 `from net import Net` of net/__init__.py meant net/net.py, before itself."""
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "net"
    package.mkdir()
    (package / "net.py").write_text("class Net:\n    pass\n")
    (package / "other.py").write_text("from net import Net\n")
    opening = package / "__init__.py"
    opening.write_text("from net import net, other\n")
    assert python2.translated(opening.read_text(), str(opening)) is None
    opening.write_text("from net import Net\n")
    assert python2.translated(opening.read_text(), str(opening)) is not None
    assert python2.translated("import net\n", str(package / "more.py")) is None
