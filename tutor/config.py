"""The configuration: the one place where settings live, under Theano's names.

What is in `EFFECTIVE` changes what happens; the names in `ACCEPTED` are those of Theano's compilers
and devices, which programs set and which mean nothing here. First values come from `~/.theanorc`
(or the files in `THEANORC`), then from `THEANO_FLAGS` and `TUTOR_FLAGS` in the environment.

>>> config.floatX, config.blas.ldflags
('float64', '')
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

MODES = ("Mode", "FAST_RUN", "FAST_COMPILE", "DebugMode", "DEBUG_MODE", "NanGuardMode",
         "MonitorMode", "ProfileMode", "PROFILE_MODE", "FAST_RUN_NOGC", "JAX", "jax")  # fmt: skip
WARNINGS = ("ignore", "warn", "raise", "pdb")


class Setting(NamedTuple):
    """A setting: its first value, what it may be (choices, or a reader of values), what it does."""

    default: Any
    kind: tuple[Any, ...] | Callable[[Any], Any]
    doc: str = "Accepted, without effect here."

    def checked(self, name: str, value: Any) -> Any:
        """The value as it is stored; a `ValueError` where it cannot be this setting's."""
        if isinstance(self.kind, tuple):
            if value in self.kind:
                return value
            choices = ", ".join(map(repr, self.kind))
            raise ValueError(f"config.{name} cannot be {value!r}; choose one of {choices}")
        try:
            return self.kind(value)
        except (ValueError, TypeError, KeyError):
            wanted = self.kind.__doc__ if self.kind.__name__[0] == "_" else self.kind.__name__
            raise ValueError(f"config.{name} cannot be {value!r}; it is {wanted}") from None


def _boolean(value: Any) -> bool:
    """True or False"""
    words = {"true": True, "1": True, "false": False, "0": False}
    return words[str(value).strip().lower()]


def _count(value: Any) -> int:
    """a whole number, at least 1"""
    if isinstance(value, bool) or float(value) != int(value) or int(value) < 1:
        raise ValueError
    return int(value)


def _device(value: Any) -> str:
    """cpu, cuda, gpu or opencl, perhaps with a number"""
    if not str(value).startswith(("cpu", "cuda", "gpu", "opencl")):
        raise ValueError
    return "cpu"


CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

EFFECTIVE: dict[str, Setting] = {
    "floatX": Setting("float64", ("float64", "float32", "float16"),
                      "The dtype of constructors without a prefix."),
    "mode": Setting("Mode", MODES, "How functions are compiled where no mode is given."),
    "on_unused_input": Setting("raise", ("raise", "warn", "ignore"),
                               "What an input without influence on any output is."),
    "exception_verbosity": Setting("low", ("low", "high"),
                                   "high: errors show the graph and the shapes of all values."),
    "compute_test_value": Setting("off", ("off", "ignore", "warn", "raise", "pdb"),
                                  "Compute the value of every node from tag.test_value at once."),
    "print_test_value": Setting(False, _boolean, "Show test values where variables are printed."),
    "optimizer": Setting("o4", ("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile",
                                "merge", "None"), "Which rewrite rules are used."),
    "linker": Setting("cvm", str),
    "warn_float64": Setting("ignore", WARNINGS),
    "profile": Setting(False, _boolean, "Time the nodes of every function."),
    "threads": Setting(max(CPUS, 1), _count, "How many threads work on large arrays."),
    "device": Setting("cpu", _device, "Always cpu: other devices are accepted, and not used."),
    "cast_policy": Setting("custom", ("custom", "numpy+floatX")),
    "int_division": Setting("int", ("int", "raise", "floatX")),
    "NanGuardMode.nan_is_error": Setting(True, _boolean, "NanGuardMode stops at nan."),
    "NanGuardMode.inf_is_error": Setting(True, _boolean, "NanGuardMode stops at infinities."),
    "NanGuardMode.big_is_error": Setting(True, _boolean, "NanGuardMode stops beyond 1e10."),
    "NanGuardMode.action": Setting("raise", ("raise", "warn", "pdb"), "What it then does."),
    "unittests.rseed": Setting("666", str, "The seed of tests; random draws another each time."),
}  # fmt: skip

#: Names without effect, by what their values are; `=` gives a first value other than False, 0, "".
ACCEPTED: tuple[tuple[Callable[[Any], Any], str], ...] = (
    (_boolean,
     "force_device print_global_stats optimizer_verbose nocleanup openmp cache_optimizations "
     "reoptimize_unpickled_function profile_optimizer profile_memory conv.assert_shape "
     "gpuarray.sync magma.enabled lib.amdlibm experimental.unpickle_gpu_on_cpu "
     "profiling.min_peak_memory profiling.debugprint profiling.ignore_first_call "
     "cmodule.warn_no_version cmodule.remove_gxx_opt cmodule.compilation_warning "
     "cmodule.preload_cache cmodule.debug scan.allow_gc scan.debug warn.argmax_pushdown_bug "
     "warn.gpusum_01_011_0111_bug warn.sum_sum_bug warn.sum_div_dimshuffle_bug "
     "warn.subtensor_merge_bug warn.gpu_set_subtensor1 warn.vm_gc_bug "
     "warn.signal_conv2d_interface warn.reduce_join warn.inc_set_subtensor1 warn.round "
     "warn.identify_1pexp_bug nvcc.fastmath pickle_test_value=True print_active_device=True "
     "allow_gc=True unpickle_function=True check_input=True gpuarray.single_stream=True "
     "tensor.local_elemwise_fusion=True gpu.local_elemwise_fusion=True gpuelemwise.sync=True "
     "warn.inc_subtensor1_opt=True DebugMode.check_c=True DebugMode.check_py=True "
     "DebugMode.check_finite=True DebugMode.warn_input_not_reused=True "
     "profiling.time_thunks=True blas.check_openmp=True experimental.local_alloc_elemwise=True "
     "experimental.local_alloc_elemwise_assert=True scan.allow_output_prealloc=True"),
    (int,
     "tensor.cmp_sloppy DebugMode.check_strides=0 metaopt.verbose traceback.compile_limit "
     "traceback.limit=8 openmp_elemwise_minsize=200000 compile.wait=5 compile.timeout=120 "
     "cmodule.age_thresh_use=2073600 DebugMode.patience=10 profiling.n_apply=20 "
     "DebugMode.check_preallocated_output_ndim=4 profiling.n_ops=20 "
     "profiling.output_line_width=512 profiling.min_memory_size=1024 "
     "tensor.insert_inplace_optimizer_validate_nb=-1"),
    (float, "gpuarray.preallocate lib.cnmem optdb.max_use_ratio=8 optdb.position_cutoff=inf"),
    (str,
     "init_gpu_device contexts cxx cuda.root cuda.include_path dnn.base_path dnn.include_path "
     "dnn.library_path dnn.bin_path dnn.conv.workmem dnn.conv.workmem_bwd dnn.conv.algo_bwd "
     "magma.include_path magma.library_path optimizer_excluding optimizer_including "
     "optimizer_requiring DebugMode.check_preallocated_output gcc.cxxflags blas.ldflags "
     "metaopt.optimizer_excluding metaopt.optimizer_including base_compiledir compiledir "
     "compiledir_format gpuarray.cache_path ctc.root nvcc.flags nvcc.compiler_bindir "
     "deterministic=default assert_no_cpu_op=ignore on_opt_error=warn "
     "on_shape_error=warn compute_test_value_opt=off cycle_detection=regular "
     "check_stack_trace=off numpy.seterr_all=ignore numpy.seterr_divide=None "
     "numpy.seterr_over=None numpy.seterr_under=None numpy.seterr_invalid=None "
     "warn.ignore_bug_before=0.9 dnn.conv.algo_fwd=small dnn.conv.algo_bwd_data=none "
     "dnn.conv.algo_bwd_filter=none dnn.conv.precision=as_input_f32 dnn.enabled=auto "
     "gpuarray.sched=default profiling.destination=stderr vm.lazy=None"),
)  # fmt: skip


def _lenient(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader that takes what it cannot read as it is: such a setting has no effect."""

    def lenient(value: Any) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError, KeyError):
            return value

    return lenient


@cache
def settings() -> dict[str, Setting]:
    """Every setting by its full name; those without effect are made when one is first asked for."""
    found = dict(EFFECTIVE)
    for read, names in ACCEPTED:
        for entry in names.split():
            name, _, given = entry.partition("=")
            default = read(given or ("" if read is str else "0"))
            found[name] = Setting(default, _lenient(read))
            config._begin(name, default)
    return found


CHOICES: dict[str, tuple[Any, ...]] = {
    name: setting.kind for name, setting in EFFECTIVE.items() if isinstance(setting.kind, tuple)
}


class Section:
    """Settings as attributes, and sections of further ones (`config.gcc.cxxflags`).

    >>> Section().floatX
    'float64'
    """

    _prefix: str

    def __init__(self, prefix: str = "") -> None:
        object.__setattr__(self, "_prefix", prefix)
        for full, setting in () if prefix else EFFECTIVE.items():
            self._begin(full, setting.default)

    def _begin(self, full: str, value: Any) -> None:
        """The first value of a setting, in a section within this one."""
        *groups, last = full.split(".")
        section, path = self, ""
        for group in groups:
            path += f"{group}."
            section = section.__dict__.get(group) or section._new(group, path)
        if last not in section.__dict__:
            object.__setattr__(section, last, value)

    def _new(self, name: str, prefix: str) -> Section:
        """A section in this one."""
        object.__setattr__(self, name, made := Section(prefix))
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        full = self._prefix + name
        setting = EFFECTIVE.get(full) or settings().get(full)
        if setting is not None:
            value = setting.checked(full, value)
        elif not self._prefix or self._prefix == "NanGuardMode.":
            raise AttributeError(_unknown(full))
        object.__setattr__(self, name, value)  # compilers and devices had many more

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        settings()
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(_unknown(self._prefix + name))

    def __iter__(self) -> Iterator[str]:
        return iter(settings())

    def change_flags(self, flags: Mapping[str, Any] | None = None, **more: Any) -> change_flags:
        """See `change_flags`."""
        return change_flags(flags, **more)

    def __repr__(self) -> str:
        names = [name for name in settings() if name.startswith(self._prefix)]
        return "\n".join(f"{name} = {get(name)!r}" for name in names)

    def __str__(self) -> str:
        """As Theano prints it: every setting with what it may be, what it does, and its value."""
        lines = []
        for name, setting in settings().items():
            if name.startswith(self._prefix):
                kind = setting.kind if isinstance(setting.kind, tuple) else type(setting.default)
                lines += [f"{name} ({kind}) ", f"    Doc:  {setting.doc} ",
                          f"    Value:  {get(name)}", ""]  # fmt: skip
        return "\n".join(lines) + "\n"


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # costs a millisecond that few need

    near = " or ".join(get_close_matches(name, settings(), 3, 0.6))
    return f"config has no {name!r}; {f'did you mean {near}?' if near else 'see print(config)'}"


config: Any = Section()


def get(name: str) -> Any:
    """The value of a setting by its full name.

    >>> get("gcc.cxxflags")
    ''
    """
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def put(name: str, value: Any) -> None:
    """Set a setting by its full name; a value it cannot have is a `ValueError`."""
    *sections, last = name.split(".")
    section = config
    for part in sections:
        section = getattr(section, part)
    setattr(section, last, value)


class change_flags:  # noqa: N801 - Theano's name
    """Other settings for a block, or while a function runs: a context manager and a decorator.

    Names with a point come in a mapping: `change_flags({"gcc.cxxflags": "-O3"})`.

    >>> with change_flags(floatX="float32"):
    ...     config.floatX
    'float32'
    """

    def __init__(self, flags: Any = None, **more: Any) -> None:
        self.flags: dict[str, Any] = {**dict(flags or {}), **more}
        for name in self.flags:
            if name not in EFFECTIVE and name not in settings():
                raise AttributeError(_unknown(name))
        self.before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self.before.append({name: get(name) for name in self.flags})
        try:
            for name, value in self.flags.items():
                put(name, value)
        except ValueError:
            self.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        for name, value in self.before.pop().items():
            put(name, value)

    def __call__(self, function: F) -> F:
        @wraps(function)
        def changed(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return changed  # type: ignore[return-value]


def parse_config_string(text: str, issue_warnings: bool = True) -> dict[str, str]:
    """The flags in `floatX=float32,gcc.cxxflags="-O3 -g"`, as a dict; an entry without = is none.

    >>> parse_config_string('floatX=float32,gcc.cxxflags="-O3, -g"')
    {'floatX': 'float32', 'gcc.cxxflags': '-O3, -g'}
    """
    if not text:
        return {}
    from shlex import shlex

    parts = shlex(text, posix=True)
    parts.whitespace, parts.whitespace_split = ",", True
    pairs = [part.strip().partition("=") for part in parts]
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def flags_of_files(paths: str) -> dict[str, str]:
    """The flags in configuration files: `[global]` holds names without a section."""
    files = [os.path.expanduser(path) for path in paths.split(os.pathsep)]
    if not any(map(os.path.isfile, files)):
        return {}
    import configparser  # where there is a file to read

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read(files)
    except (configparser.Error, UnicodeDecodeError) as problem:
        words = " ".join(str(problem).split())
        raise ValueError(f"the configuration file cannot be read: {words}") from None
    return {
        name if section == "global" else f"{section}.{name}": value
        for section in parser.sections()
        for name, value in parser.items(section)
        if value is not None
    }


def EnumStr(default: str, *options: str, **_: Any) -> Setting:
    """A setting of a few choices, for `AddConfigVar`."""
    return Setting(default, (default, *options))


def StrParam(default: str, *_: Any, **__: Any) -> Setting:
    """A setting that is a text, for `AddConfigVar`."""
    return Setting(default, str)


def IntParam(default: int, *_: Any, **__: Any) -> Setting:
    """A setting that is a whole number, for `AddConfigVar`."""
    return Setting(default, int)


def FloatParam(default: float, *_: Any, **__: Any) -> Setting:
    """A setting that is a number, for `AddConfigVar`."""
    return Setting(default, float)


def BoolParam(default: bool, *_: Any, **__: Any) -> Setting:
    """A setting that is true or false, for `AddConfigVar`."""
    return Setting(default, _boolean)


FLAGS: dict[str, str] = {}  # what files and the environment say, also of settings yet to come


def AddConfigVar(name: str, doc: str, configparam: Setting, *_: Any, **__: Any) -> None:
    """A setting of your own, which `THEANO_FLAGS` can set too.

    >>> AddConfigVar("my.depth", "How deep.", IntParam(3))
    >>> config.my.depth
    3
    """
    settings()[name] = configparam._replace(doc=doc)
    group = name.rpartition(".")[0]
    if group and not hasattr(config, group):
        object.__setattr__(config, group, Section(f"{group}."))
    put(name, FLAGS.get(name, configparam.default))


def read_first_values(environment: Mapping[str, str]) -> None:
    """Set what files and the environment say; flags nobody knows mean nothing here."""
    FLAGS.update(flags_of_files(environment.get("THEANORC", "~/.theanorc")))
    for variable in ("THEANO_FLAGS", "TUTOR_FLAGS"):
        FLAGS.update(parse_config_string(environment.get(variable, "")))
    for name, value in FLAGS.items():
        if name in settings():
            put(name, value.strip())


read_first_values(os.environ)
