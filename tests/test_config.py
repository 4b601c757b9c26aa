"""The configuration: values, sections, blocks with other flags, files and the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tutor
from tutor.config import SETTINGS, change_flags, config, get, put
from tutor.theano import settings as theanos

OTHER = {"floatX": "float32", "mode": "FAST_COMPILE", "threads": "3", "gcc.cxxflags": "-O3",
         "NanGuardMode.nan_is_error": False, "lib.cnmem": "0.8", "warn.round": "True"}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_keeps_its_own_value(name: str) -> None:
    put(name, get(name))
    assert get(name) == SETTINGS[name].default or name in ("floatX", "threads")


def test_other_values_hold_for_a_block_only() -> None:
    before = {name: get(name) for name in OTHER}
    with change_flags(OTHER):
        assert config.threads == 3
        assert config.lib.cnmem == 0.8
        assert config.warn.round is True
        assert tutor.tensor.scalar().dtype == "float32"
    assert before == {name: get(name) for name in OTHER}


def test_flags_can_hold_while_a_function_runs_and_blocks_nest() -> None:
    @config.change_flags(floatX="float32")
    def seen(deeper: bool) -> tuple[str, ...]:
        return (config.floatX, *(seen(False) if deeper else ()), config.floatX)

    assert seen(True) == ("float32",) * 4
    assert config.floatX == "float64"
    with pytest.raises(ZeroDivisionError), change_flags(floatX="float32"):
        raise ZeroDivisionError
    with pytest.raises(ValueError, match="on_unused_input"), change_flags(
        floatX="float32", on_unused_input="no"
    ):
        pass
    assert config.floatX == "float64"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("floatX", "float63", "'float32'"),
        ("threads", 0, "at least 1"),
        ("threads", "many", "at least 1"),
        ("threads", 1.5, "at least 1"),
        ("profile", "perhaps", "True or False"),
        ("device", "abacus", "cuda"),
        ("compute_test_value", True, "'raise'"),
    ],
)
def test_a_wrong_value_is_an_error_and_changes_nothing(name, value, words) -> None:
    before = get(name)
    with pytest.raises(ValueError, match=words):
        put(name, value)
    assert get(name) == before


def test_what_means_nothing_here_is_accepted() -> None:
    config.device = "cuda0"
    assert config.device == "cpu"
    with change_flags({"openmp": "as you like", "dnn.enabled": "False"}):
        assert config.openmp == "as you like"
    config.nvcc.of_a_later_version = 1


def test_flags_of_theanos_compilers_are_there_for_old_programs_alone() -> None:
    probe = ("from tutor import config as c; print(hasattr(c, 'gcc'), hasattr(c, 'openmp'))\n"
             "import tutor.theano; print(c.gcc.cxxflags == '-O1', c.openmp)")
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True,
                          env={**os.environ, "THEANO_FLAGS": "gcc.cxxflags=-O1"})
    assert done.stdout.splitlines() == ["False False", "True False"]


def test_a_name_nobody_knows_is_an_error_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="floatX"):
        config.floatx = "float32"
    with pytest.raises(AttributeError, match="exception_verbosity"):
        config.exceptions_verbosity  # noqa: B018
    with pytest.raises(AttributeError, match="nan_is_error"):
        config.NanGuardMode.nan_is_an_error = True
    with pytest.raises(AttributeError, match="floatX"):
        change_flags(floatx="float32")


def first_values(folder: Path, files: dict[str, str], **environment: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    probe = ("import tutor.theano; from tutor import config as c\n"
             "print(c.floatX, c.threads, c.nvcc.fastmath, c.linker)")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THEANO", "TUTOR"))}
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False,
        env={**kept, "HOME": str(folder), **environment},
    )  # fmt: skip
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


THEANORC = "[global]\nfloatX = float32\ndevice = gpu\n[nvcc]\nfastmath = True\n[unknown]\nx=1\n"


@pytest.mark.parametrize(
    ("files", "environment", "expected"),
    [
        ({}, {"TUTOR_FLAGS": "threads=2"}, "float64 2 False cvm"),
        ({".theanorc": THEANORC}, {"TUTOR_FLAGS": "threads=2"}, "float32 2 True cvm"),
        ({".theanorc": THEANORC}, {"THEANO_FLAGS": "floatX=float64,threads=4,linker=py,other=1"},
         "float64 4 True py"),
        ({"mine": "[global]\nthreads=5"}, {"THEANORC": "HERE/mine"}, "float64 5 False cvm"),
        ({}, {"THEANO_FLAGS": "floatX=float63"},
         "ValueError: config.floatX cannot be 'float63'; choose one of 'float64', 'float32', "
         "'float16'"),
        ({".theanorc": "floatX = float32"}, {},
         "the configuration file cannot be read: File contains no section headers."),
    ],
)  # fmt: skip
def test_first_values_come_from_files_and_the_environment(
    tmp_path: Path, files: dict[str, str], environment: dict[str, str], expected: str
) -> None:
    environment = {k: v.replace("HERE", str(tmp_path)) for k, v in environment.items()}
    assert expected in first_values(tmp_path, files, **environment)


def test_a_program_can_add_settings_of_its_own() -> None:
    room = sys.modules["tutor.config"]
    room.FLAGS["added.how"] = "slow"
    theanos.AddConfigVar("added.how", "How it goes.", theanos.EnumStr("quick", "slow"))
    theanos.AddConfigVar("added.often", "How often.", theanos.BoolParam(True), in_c_key=False)
    try:
        assert (config.added.how, config.added.often) == ("slow", True)
        with pytest.raises(ValueError, match="'quick'"):
            config.added.how = "never"
        assert "added.how (('quick', 'slow')) \n    Doc:  How it goes. \n" in str(config)
    finally:
        del SETTINGS["added.how"], SETTINGS["added.often"], room.FLAGS["added.how"]


def test_printed_it_says_what_every_setting_is() -> None:
    text = str(config)
    assert "floatX (('float64', 'float32', 'float16')) \n    Doc:  " in text
    assert all(f"\n{name} (" in f"\n{text}" for name in SETTINGS)
    assert repr(config.NanGuardMode).splitlines()[0] == "NanGuardMode.nan_is_error = True"
