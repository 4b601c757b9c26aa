"""Programs written for Theano: the name `theano` is this engine, for one program alone."""

import importlib
import inspect
import subprocess
import sys
import types
from pathlib import Path

import numpy
import pytest

import tutor
from tutor import cli
from tutor.frames import python_hook
from tutor.theano import bound, load_ipython_extension, unload_ipython_extension
from tutor.theano.finder import look_up, names
from tutor.theano.inside import attribute
from tutor.theano.places import EXCEPTIONS, FRONT, HOMES, MODULES, public
from tutor.theano.report import Difference, differences, table

#: Imports as programs write them, gathered from tutorials, courses and libraries.
IMPORTS = """
import theano
import theano.tensor as T
import theano.tensor.nnet as nnet
import theano.tensor.signal.pool as pool
import theano.sandbox.rng_mrg
from theano import function, shared, config, tensor, grad, scan, printing, gradient, pp
from theano.tensor import *
from theano.tensor.basic import as_tensor_variable
from theano.tensor.nnet import conv2d, sigmoid, softmax
from theano.tensor.nnet.conv import conv2d
from theano.tensor.nnet.abstract_conv import conv2d
from theano.tensor.nnet.nnet import categorical_crossentropy
from theano.tensor.nnet.sigm import hard_sigmoid
from theano.tensor.signal import downsample, pool
from theano.tensor.signal.pool import pool_2d
from theano.tensor.shared_randomstreams import RandomStreams
from theano.tensor.raw_random import RandomFunction
from theano.tensor.extra_ops import repeat
from theano.tensor.nlinalg import matrix_inverse
from theano.tensor.slinalg import cholesky
from theano.tensor.sharedvar import TensorSharedVariable
from theano.tensor.type import TensorType
from theano.tensor.var import TensorVariable
from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams
from theano.sandbox.cuda import cuda_available
from theano.gof import Variable
from theano.gof.graph import Apply, Variable
from theano.gradient import disconnected_grad
from theano.ifelse import ifelse
from theano.compile.sharedvalue import SharedVariable
from theano.printing import debugprint, pydotprint
from theano.gof import local_optimizer
from theano.gof.opt import LocalOptimizer, local_optimizer
from theano.tensor.opt import register_canonicalize, register_specialize
from theano.compile.mode import optdb
from theano.tests import unittest_tools
""".strip().splitlines()


@pytest.mark.parametrize("line", IMPORTS)
def test_a_program_imports_what_it_imports(line: str) -> None:
    with bound():
        exec(line, {})


def test_the_binding_ends_with_its_block_and_a_theano_of_before_is_back() -> None:
    real = types.ModuleType("theano")
    sys.modules["theano"] = real
    try:
        with bound():
            assert importlib.import_module("theano").function is tutor.function
            with bound():
                pass
            assert importlib.import_module("theano").function is tutor.function
        assert sys.modules["theano"] is real
    finally:
        del sys.modules["theano"]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("theano")


def test_a_module_and_a_function_of_one_name_are_what_they_were_in_theano() -> None:
    with bound():
        theano = importlib.import_module("theano")
        importlib.import_module("theano.ifelse")
        importlib.import_module("theano.compile.function")
        importlib.import_module("theano.tensor.sort")
        assert theano.tensor.sort is tutor.tensor.sort
        assert theano.compile.function is tutor.function
        assert theano.ifelse.ifelse is tutor.ifelse.ifelse
        assert isinstance(theano.gradient, types.ModuleType)
        assert isinstance(theano.tensor, types.ModuleType)


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("from theano.tensor import sqtr", ImportError, "nearest that is: .*theano.tensor.sqrt"),
        ("from theano import nothing_like_it", ImportError, "no such name"),
        ("import theano.tensor as T; T.sqtr", AttributeError, "theano.tensor.sqrt"),
        ("import theano.tensor.nett", ModuleNotFoundError, "that is: theano.tensor.nnet"),
        ("from theano.gof import DestroyHandler", ImportError, "DestroyHandler is not in tutor"),
    ],
)
def test_what_is_not_there_is_said_by_name(line: str, error: type[Exception], words: str) -> None:
    with bound(), pytest.raises(error, match=words):
        exec(line, {})


def test_asking_whether_a_name_is_there_is_answered() -> None:
    with bound():
        theano = importlib.import_module("theano")
        assert not hasattr(theano, "exp")  # `tutor.tensor` has it, but Theano's top never did
        assert hasattr(theano, "function")
        assert not hasattr(theano.tensor, "no_such_op")


def test_a_room_of_a_modules_own_name_is_where_its_names_are() -> None:
    with bound():
        conv = importlib.import_module("theano.tensor.nnet.conv")
        assert conv.conv2d is importlib.import_module("tutor.theano.nnet_names").old_conv2d
        assert conv.conv2d is not importlib.import_module("theano.tensor.nnet").conv2d


def test_the_tables_name_rooms_that_are_there() -> None:
    for room in {*HOMES, *" ".join(MODULES.values()).split()}:
        importlib.import_module(room)
    for name in EXCEPTIONS:
        assert look_up(*f"theano.{name}".rsplit(".", 1)) is not None
    assert public().keys() <= {f"theano.{module}".rstrip(".") for module in MODULES}


def test_a_symbol_is_told_from_a_constant_and_a_shared_variable() -> None:
    """Lasagne builds a layer one way around a symbol, and another around a parameter."""
    with bound():
        theano = importlib.import_module("theano")
        T = theano.tensor
        kinds = [T.TensorVariable, T.TensorConstant, T.sharedvar.TensorSharedVariable]
        things = [T.dvector() + 1, T.constant(1), theano.shared(numpy.ones(2))]
        told = [[isinstance(thing, kind) for kind in kinds] for thing in things]
        assert told == [[True, False, False], [False, True, False], [False, False, True]]
        assert all(isinstance(thing, theano.Variable) for thing in things)


def test_a_class_of_theanos_is_the_one_that_takes_what_theanos_took() -> None:
    """Not the core's of that name, of which another room has the whole."""
    for module in public():
        for name in names(module):
            found = look_up(module, name)
            whole = found.__subclasses__() if inspect.isclass(found) and found is not type else []
            ours = {kind.__name__ for kind in whole if kind.__module__.startswith("tutor.")
                    and getattr(sys.modules[kind.__module__], kind.__name__, None) is kind}
            assert name not in ours, f"{module}.{name}"
    with bound():
        shared = importlib.import_module("theano.compile").SharedVariable
        kind = type("Weights", (shared,), {})
        w = kind("w", tutor.tensor.dvector, numpy.ones(2), strict=False, container=None)
        assert tutor.function([], w * 2)().tolist() == [2, 2]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Write a program beside a module of its own."""
    (tmp_path / "helper.py").write_text("import theano\nanswer = theano.shared(42)\n")
    path = tmp_path / "old.py"
    path.write_text(
        "import sys, pickle, theano, helper\n"
        "print(__name__, sys.argv[1:], helper.answer.get_value())\n"
        "class Model(object):\n    rate = 0.5\n"
        "print(pickle.loads(pickle.dumps(Model())).rate)\n"
        "sys.exit(len(sys.argv))\n"
    )
    return path


def test_run_is_the_programs_own_process(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sys.argv, sys.path[:], sys.modules["__main__"], sys.meta_path[:]
    assert cli.main(["run", str(program), "--rate", "-x"]) == 3
    out = capsys.readouterr().out.splitlines()
    assert out == ["__main__ ['--rate', '-x'] 42", "0.5"]
    assert (sys.argv, sys.path, sys.modules["__main__"], sys.meta_path) == before
    assert "theano" not in sys.modules
    del sys.modules["helper"]


def test_run_takes_modules_and_code_too(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(program.parent)
    assert cli.main(["run", "-m", "old"]) == 1
    assert cli.main(["run", "-c", "import sys, helper; print(sys.argv)", "-v"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "['-c', '-v']"
    del sys.modules["helper"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "no program to run"),
        (["run", "nowhere.py"], "nowhere.py cannot be read"),
        (["run", "-m", "nowhere"], "no module nowhere"),
    ],
)
def test_a_program_that_is_not_there(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 1
    assert words in capsys.readouterr().err


def test_an_error_shows_the_programs_lines_alone_unless_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("import theano.tensor as T\nT.dot(T.dscalar() + 'a', 2)\n")
    monkeypatch.setattr(sys, "excepthook", python_hook)  # as `import tutor` leaves it
    assert cli.main(["run", str(path)]) == 1
    err = capsys.readouterr().err
    assert err.count("  File ") == 1
    assert "line 2, in <module>" in err
    assert "the str 'a' is not made of numbers" in err
    assert cli.main(["run", "--traceback", str(path)]) == 1
    assert "graph.py" in capsys.readouterr().err


def test_exit_with_words_is_said_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "-c", "import sys; sys.exit('no data')"]) == 1
    assert capsys.readouterr().err == "no data\n"


def test_numpys_old_names_are_served_and_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import numpy as np; print(np.product([2, np.int(3)]), np.product([2]), np.object)"
    assert cli.main(["run", "-c", code]) == 0
    captured = capsys.readouterr()
    assert captured.out == "6 2 <class 'object'>\n"
    assert captured.err.count("numpy.product is gone") == 1
    assert not hasattr(numpy, "product") or numpy.__version__ < "2"
    assert cli.main(["run", "-c", "import numpy; numpy.no_such_thing"]) == 1
    assert "no attribute 'no_such_thing'" in capsys.readouterr().err


def test_rows_of_unequal_lengths_are_an_array_of_lists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Sentences, in every tutorial on recurrent networks."""
    code = "import numpy as np; print(np.asarray([[1, 2], [3]]).dtype, np.array([[1, 2]]).ndim)"
    assert cli.main(["run", "-c", code]) == 0
    captured = capsys.readouterr()
    assert captured.out == "object 2\n"
    assert "numpy.asarray(rows, dtype=object)" in captured.err
    with pytest.raises(ValueError, match="inhomogeneous"):
        numpy.asarray([[1, 2], [3]])


def test_an_excepthook_of_the_programs_own_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.excepthook
    code = "import sys; sys.excepthook = lambda kind, *rest: print('caught', kind.__name__); 1 / 0"
    assert cli.main(["run", "-c", code]) == 1
    assert capsys.readouterr().out == "caught ZeroDivisionError\n"
    assert sys.excepthook is before


def test_a_notebook_is_bound_until_it_is_not() -> None:
    load_ipython_extension(None)
    try:
        assert importlib.import_module("theano.tensor").dot is tutor.tensor.dot
    finally:
        unload_ipython_extension(None)
    assert "theano" not in sys.modules


def test_the_command_itself(program: Path) -> None:
    """The console command in a process of its own, as a learner starts it."""
    done = subprocess.run(
        [sys.executable, "-m", "tutor.cli", "run", program.name, "a"],
        cwd=program.parent, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("__main__ ['a'] 42")


def test_names_tells_every_name_of_theanos_front(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["names"]) == 0
    out = capsys.readouterr().out
    for module in FRONT:
        here, had = names(module), public()[module]
        assert f"{module}: {len(here)} of {len(had)} names are here." in out
        assert had <= set(out.split())
    assert cli.main(["names", "--missing", "tensor.nnet"]) == 0
    words = set(capsys.readouterr().out.split())
    assert words & public()["theano.tensor.nnet"] == (
        public()["theano.tensor.nnet"] - names("theano.tensor.nnet")
    )


def test_names_of_no_module_of_theanos(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["names", "theano.tensr"]) == 1
    assert "The nearest that is: theano.tensor." in capsys.readouterr().err


@pytest.mark.parametrize("row", differences(), ids=lambda row: str(row.thing))
def test_a_difference_in_the_table_is_still_one(
    row: Difference, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import numpy as np, theano, theano.tensor as T\n" + row.lines
    assert cli.main(["run", "-c", code]) == 0
    assert capsys.readouterr().out == row.shown


def test_the_readme_has_the_table_of_differences(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["names", "--differences"]) == 0
    assert capsys.readouterr().out == table() + "\n"
    assert table() in (root / "README.md").read_text(encoding="utf-8")


def test_graphs_are_walked_in_theanos_order():
    program = (
        "import theano.tensor as T; from theano.gof.graph import ancestors, inputs; "
        "x, y, z = T.dscalars('x', 'y', 'z'); e = x + y * z; "
        "print(inputs([e]), ancestors([e])[0] is e)"
    )
    done = subprocess.run(
        [sys.executable, "-m", "tutor.cli", "run", "-c", program],
        capture_output=True, text=True, check=True,
    )
    assert done.stdout == "[x, y, z] True\n"


def test_a_programs_own_rewrites_are_taken_and_do_not_run():
    program = (
        "import theano, theano.tensor as T; from theano import gof; "
        "rule = gof.local_optimizer([T.Elemwise])(lambda node: 1 / 0); "
        "assert T.opt.register_canonicalize(rule) is rule; "
        "assert theano.compile.optdb.register('mine', rule, 'fast_run') is rule; "
        "x = T.dscalar('x'); print(theano.function([x], x * 2)(2), rule.tracks() == [T.Elemwise])"
    )
    done = subprocess.run(
        [sys.executable, "-m", "tutor.cli", "run", "-c", program],
        capture_output=True, text=True, check=True,
    )
    assert done.stdout == "4.0 True\n"


def test_what_old_programs_ask_of_nodes_and_types_is_answered():
    x, z = tutor.tensor.fvector("x"), tutor.tensor.fvector("z")
    node = tutor.tensor.exp(x).owner
    other = attribute(node, "clone_with_new_inputs")([z])
    assert (attribute(node, "nin"), attribute(node, "nout")) == (1, 1)
    assert other.op is node.op and other.inputs == [z] and other.outputs[0].type is x.type
    assert attribute(node, "clone")().inputs == attribute(node, "get_parents")() == [x]
    assert attribute(node, "default_output")() is node.outputs[0]
    ones, more = numpy.ones(2, "float32"), numpy.full(2, 1 + 1e-6, "float32")
    assert attribute(x.type, "is_valid_value")(ones)
    assert not attribute(x.type, "is_valid_value")(ones.astype(float))
    assert attribute(x.type, "values_eq_approx")(ones, more)
    assert not attribute(x.type, "values_eq")(ones, more)
    assert attribute(x.type, "value_zeros")((2,)).dtype == "float32"
    for thing, said in ((node, "a node"), (x.type, "a type")):
        for name in ("nothing", "node", "type", "_type"):
            with pytest.raises(AttributeError, match=f"{said} has no attribute {name!r}"):
                attribute(thing, name)
