"""The place of each of Theano's names here: tables, from which modules named `theano.…` are made.
Why others are not here: `why("theano.tensor.opt", "local_fill_sink")` is a part of the error.

`ROOMS` says for modules of Theano which rooms here hold what programs import from them; a name that
Theano had in one of its inner modules is looked for in all of `HOMES` too, since it nearly always
means the same thing wherever Theano exported it. `EXCEPTIONS` are the names that differ.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

PUBLIC = json.loads(Path(__file__).with_name("public.json").read_text(encoding="utf-8"))

#: Rooms that hold the names of modules of Theano (without the leading `theano`) besides the room of
#: the same path: `theano.tensor.nnet.conv` is looked for in `tutor.tensor.nnet.conv` first.
ROOMS: dict[str, str] = {
    "compat compat.python2x gof.python25": "tutor.theano.python2_names",
    "compile": "tutor tutor.ops.checks tutor.compile.function tutor.theano.compilers",
    "compile.function_module compile.pfunc": "tutor.compile.function tutor.theano.compilers",
    "compile.io": "tutor.compile.arguments tutor.theano.compilers",
    "compile.mode": "tutor.compile.mode tutor.theano.compilers",
    "compile.monitormode compile.nanguardmode compile.profiling": "tutor.compile.watching",
    "compile.ops": "tutor.ops.checks",
    "compile.sharedvalue scalar.sharedvar tensor.sharedvar": "tutor.ops.shared",
    "configdefaults": "tutor.config tutor.theano.small",
    "configparser": "tutor.theano.settings tutor.config",
    "gof": "tutor.theano.graph_tools tutor.theano.fgraph tutor.core.graph tutor.core.walk "
           "tutor.core.op tutor.theano.compilers",
    "gof.fg": "tutor.theano.fgraph",
    "gof.graph": "tutor.theano.graph_tools tutor.core.graph tutor.core.walk tutor.core.op",
    "gof.op": "tutor.core.op tutor.core.graph",
    "gof.opt gof.optdb": "tutor.theano.compilers",
    "gof.type": "tutor.core.types",
    "misc.pkl_utils": "tutor.theano.zips",
    "printing": "tutor.theano.pretty",
    "sandbox.blocksparse tensor.nnet.blocksparse": "tutor.ops.layers",
    "sandbox.linalg sandbox.linalg.ops": "tutor.tensor.nlinalg tutor.tensor.slinalg",
    "sandbox.neighbours tensor.nnet.neighbours": "tutor.ops.neighbours",
    "sandbox.rng_mrg": "tutor.theano.mrg",
    "sandbox.softsign": "tutor.tensor.nnet",
    "sandbox.solve": "tutor.tensor.slinalg",
    "scalar scalar.basic scalar.basic_scipy": "tutor.theano.small tutor.theano.scalars",
    "scan_module scan_module.scan scan_module.scan_views": "tutor.loops",
    "scan_module.scan_utils": "tutor.theano.graph_tools",
    "sparse sparse.basic sparse.sharedvar sparse.type": "tutor.theano.devices",
    "tensor.basic": "tutor.tensor",
    "tensor.elemwise": "tutor.theano.op_names",
    "tensor.extra_ops tensor.sort": "tutor.theano.op_names tutor.tensor",
    "tensor.fft tensor.nnet": "tutor.theano.nnet_names",
    "tensor.inplace": "tutor.theano.inplace",
    "tensor.nlinalg": "tutor.ops.decompositions tutor.ops.matrices tutor.ops.solving",
    "tensor.nnet.abstract_conv": "tutor.theano.nnet_names tutor.ops.convolutions",
    "tensor.nnet.bn": "tutor.ops.layers",
    "tensor.nnet.corr3d tests": "",
    "tensor.nnet.nnet tensor.nnet.sigm": "tutor.tensor.nnet tutor.theano.nnet_names",
    "tensor.opt": "tutor.ops.checks tutor.theano.compilers",
    "tensor.raw_random": "tutor.ops.random tutor.ops.shared",
    "tensor.signal.downsample": "tutor.ops.pooling",
    "tensor.signal.pool": "tutor.ops.pooling tutor.theano.nnet_names",
    "tensor.slinalg": "tutor.ops.decompositions tutor.ops.matrices tutor.ops.solving",
    "tensor.subtensor": "tutor.theano.op_names tutor.theano.small tutor.tensor",
    "tensor.type": "tutor.core.types tutor.theano.small",
    "tensor.var": "tutor.ops.variables tutor.core.graph",
    "tensor.xlogx version": "tutor.theano.small",
    "tests.unittest_tools": "tutor.theano.comparing",
}
#: Modules for graphics processors: of two generations, with the same names in them.
DEVICES = {
    "sandbox.cuda": "basic_ops blas cuda_ndarray dnn fftconv nnet opt rng_curand type var",
    "sandbox.gpuarray": "basic_ops dnn type",
    "gpuarray": "basic_ops blas dnn nnet opt pool type",
}
ROOMS |= {" ".join([family, *[f"{family}.{name}" for name in inner.split()]]):
          "tutor.theano.devices" for family, inner in DEVICES.items()}

#: Theano's modules, without the leading `theano`, and their rooms.
MODULES = {name.partition(".")[2]: "" for name in PUBLIC} | {
    "": "tutor", **{name: rooms for names, rooms in ROOMS.items() for name in names.split()}}

#: The modules that learners know by name; only what Theano had there, or a room has, is there.
FRONT = ("theano", "theano.tensor", "theano.tensor.nnet", "theano.gradient", "theano.printing")

#: Modules that Theano's own modules imported, and that programs took from there: `T.np.float32`.
OUTSIDE = {
    "theano": "theano",
    "np": "numpy",
    **{name: name for name in ("numpy", "logging", "os", "sys", "warnings")},
}

#: The rooms in which a name of Theano's inner modules is looked for, in this order.
HOMES = (
    "tutor tutor.tensor tutor.tensor.nnet tutor.gradient tutor.printing "
    "tutor.core.graph tutor.core.walk tutor.core.op tutor.testvalues "
    "tutor.ops.shared tutor.compile.function tutor.compile.mode "
    "tutor.compile.arguments tutor.compile.debugmode tutor.compile.watching "
    "tutor.compile.builders tutor.loops tutor.core.types tutor.config tutor.errors "
    "tutor.tensor.nlinalg tutor.tensor.slinalg tutor.ifelse tutor.theano.graph_tools "
    "tutor.theano.fgraph tutor.theano.compilers tutor.ops.variables tutor.theano.pretty "
    "tutor.theano.op_names tutor.theano.nnet_names tutor.theano.small"
).split()

#: Names that are elsewhere, or are called otherwise, here: "module:attribute".
EXCEPTIONS: dict[str, str] = {name: place for place, names in {
    "tutor.theano.small:full_version": "__version__",
    "tutor.theano.pretty:pprint": "pp printing.pp",
    "tutor.theano.small:as_array": "_asarray misc.safe_asarray._asarray",
    "tutor.ops.shared:shared":
        "tensor._shared tensor.sharedvar.tensor_constructor tensor.sharedvar.scalar_constructor",
    "tutor.theano.compilers:pfunc": "compile.pfunc",
    "tutor.tensor:tensor_copy": "scalar.identity scalar.basic.identity",
    "tutor.core.types:TensorType": "tensor.Tensor tensor.basic.Tensor",
    "tutor.ops.variables:Operators":
        "tensor.basic._tensor_py_operators tensor.var._tensor_py_operators",
    "tutor.theano.op_names:Any_": "tensor.elemwise.Any",
    "tutor.tensor:clip": "tensor.subtensor.clip",
    "tutor.theano.nnet_names:old_conv2d": "tensor.nnet.conv.conv2d sandbox.conv.conv2d",
    "tutor.theano.nnet_names:conv2d": "tensor.nnet.conv2d",
    "tutor.tensor.nnet:conv2d": "tensor.nnet.abstract_conv2d tensor.nnet.abstract_conv.conv2d",
    "tutor.theano.nnet_names:conv3d2d": "tensor.nnet.conv3d2d.conv3d",
    "tutor.ops.random_kernels:choice": "tensor.raw_random.choice_helper",
    "tutor.ops.random_kernels:multinomial": "tensor.raw_random.multinomial_helper",
    "tutor.ops.random_kernels:permutation": "tensor.raw_random.permutation_helper",
    "tutor.ops.random_kernels:random_integers": "tensor.raw_random.random_integers_helper",
    "tutor.ops.diagonals:diagonal": "tensor.extract_diag tensor.nlinalg.extract_diag",
    "tutor.compile.builders:clone": "clone",
    "tutor.theano.pickles:Scratchpad": "gof.utils.scratchpad",
    "tutor.theano.comparing:all_near": "tensor.basic._allclose",
}.items() for name in names.split()}


@cache
def public() -> dict[str, frozenset[str]]:
    """Theano's public names, module by module, as its last release had them.

    >>> "dscalar" in public()["theano.tensor"]
    True
    """
    return {module: frozenset(" ".join(lines).split()) for module, lines in PUBLIC.items()}


@cache
def anywhere() -> frozenset[str]:
    """Every public name that any module of Theano had."""
    return frozenset().union(*public().values())


REWRITES = "rewrites have another form here: tables of rules, in tutor/compile/rules"
COMPILER = "a choice for the compiler, which makes it by itself here"
CODE = "part of the generation of C code, of which there is none"
CLASSES = "an op of another make here: use the function of that name, or T.grad"
INNER = "an inner function of Theano's, with nothing like it here"
SPECIAL = "a special function that needs SciPy, which this engine does without"
SLICES = "a slice is no variable here: its parts may be"
SCALARS = "scalars are tensors of no dimensions here, so nothing converts between them"
MESSAGES = "no input, output or messages between machines inside of a graph"

#: The reason for whatever a module of `theano.tensor` lacks, unless its name is in `OTHERS`.
REASONS = {f"theano.tensor.{module}".rstrip("."): reason for reason, modules in {
    INNER: " basic raw_random shared_randomstreams sharedvar subtensor type utils var",
    COMPILER: "blas extra_ops nnet.corr",
    CODE: "elemwise nnet.conv",
    CLASSES: "nlinalg nnet nnet.abstract_conv nnet.conv3d2d signal.pool slinalg xlogx",
    REWRITES: "nnet.bn nnet.nnet nnet.sigm opt",
    SPECIAL: "inplace", MESSAGES: "io", SLICES: "type_other",
    "use theano.tensor.fft": "fourier",
    "sparse_block_dot is all of it that is here": "nnet.blocksparse",
    "it needs Baidu's warp-ctc, in Theano too": "nnet.ctc",
}.items() for module in modules.split(" ")}

#: Reasons for single names, whatever module they are asked of.
OTHERS = {name: reason for reason, words in {
    SPECIAL: "chi2sf erfcx gammainc gammaincc gammal gammau i0 i1 iv j0 j1 jv",
    SCALARS: "ScalarFromTensor TensorFromScalar int32 int32_t scal get_scalar_type",
    SLICES: "MakeSlice NoneTypeT SliceConstant SliceType as_int_none_variable make_slice "
            "none_type_t slicetype",
    MESSAGES: "LoadFromDisk MPIRecv MPIRecvWait MPISend MPISendWait irecv isend load mpi_cmps "
              "mpi_enabled mpi_keys mpi_send_wait_cmp mpi_send_wait_key mpi_tag_cmp mpi_tag_key "
              "recv send",
    CODE: "ParamsType blas_c blas_headers blas_scipy elemwise_cgen gen_conv_code_unroll_batch_kern "
          "inc_code MulWithoutZeros mul_without_zeros CAReduceDtype",
    REWRITES: "opt opt_uncanonicalize softmax_simplifier compute_mul parse_mul_tree "
              "graph_merge_softmax_with_crossentropy_softmax "
              "crossentropy_to_crossentropy_with_softmax "
              "crossentropy_to_crossentropy_with_softmax_with_bias",
    COMPILER: "CpuContiguous check_equal_numpy",
    CLASSES: "BaseAdvancedIncSubtensor BaseAdvancedSubtensor Default ConvOp",
}.items() for name in words.split()}


def why(module: str, name: str) -> str | None:
    """Why a name of one of Theano's tensor modules is not here, in a few words."""
    return OTHERS.get(name) or REASONS.get(module)
