"""Settings that only old programs know: those of Theano's compilers and devices, which mean nothing
here, those that a program adds, and each by itself, as libraries read and set them.

>>> [v.fullname for v in config_variables() if v.fullname == "gcc.cxxflags"]
['gcc.cxxflags']
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tutor.config import Setting, accept, boolean, get, put, settings

#: Names without effect, by what their values are; `=` gives a first value other than False, 0, "".
ACCEPTED: tuple[tuple[Callable[[Any], Any], str], ...] = (
    (boolean,
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
     "allow_gc=True check_input=True gpuarray.single_stream=True "
     "tensor.local_elemwise_fusion=True gpu.local_elemwise_fusion=True gpuelemwise.sync=True "
     "warn.inc_subtensor1_opt=True DebugMode.check_c=True DebugMode.check_py=True "
     "DebugMode.warn_input_not_reused=True "
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


def _all_accepted() -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for read, names in ACCEPTED:
        for entry in names.split():
            name, _, given = entry.partition("=")
            found[name] = Setting(read(given or ("" if read is str else "0")), _lenient(read))
    return found


accept(_all_accepted() | {
    "warn_float64": Setting("ignore", ("ignore", "warn", "raise", "pdb")),
    "cast_policy": Setting("custom", ("custom", "numpy+floatX")),
    "int_division": Setting("int", ("int", "raise", "floatX")),
    "unittests.rseed": Setting("666", str, "The seed of tests; random draws another each time."),
})


def EnumStr(default: str, *options: str, **_: Any) -> Setting:
    """A setting of a few choices, for `AddConfigVar`."""
    return Setting(default, (default, *options))


def _parameter(kind: Callable[[Any], Any]) -> Callable[..., Setting]:
    return lambda default, *_, **__: Setting(default, kind)


#: Settings that are a text, a number, or true or false, for `AddConfigVar`.
StrParam, IntParam = _parameter(str), _parameter(int)
FloatParam, BoolParam = _parameter(float), _parameter(boolean)


def AddConfigVar(name: str, doc: str, configparam: Setting, *_: Any, **__: Any) -> None:
    """A setting of your own, which `THEANO_FLAGS` can set too.

    >>> AddConfigVar("my.depth", "How deep.", IntParam(3))
    >>> get("my.depth")
    3
    """
    accept({name: configparam._replace(doc=doc)})


class ConfigVar(NamedTuple):
    """A setting by its full name; what it is called with besides is of no account.

    >>> ConfigVar("floatX").__get__(True, None)
    'float64'
    """

    fullname: str

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return get(self.fullname)

    def __set__(self, owner: Any, value: Any) -> None:
        put(self.fullname, value)


def config_variables() -> list[ConfigVar]:
    """Every setting there is."""
    return [ConfigVar(setting) for setting in settings()]


_config_var_list = config_variables()
