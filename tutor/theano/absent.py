"""Why names of Theano's tensor modules are not here: a table, by module and by name.

`why("theano.tensor.opt", "local_fill_sink")` is a part of the error for it; None means that nothing
is known against the name. What is there is told by the modules themselves.

>>> why("theano.tensor", "LoadFromDisk")
'no input, output or messages between machines inside of a graph'
"""

from __future__ import annotations

REWRITES = "rewrites have another form here: tables of rules, in tutor/compile/rules"
COMPILER = "a choice for the compiler, which makes it by itself here"
CODE = "part of the generation of C code, of which there is none"
CLASSES = "an op of another make here: use the function of that name, or T.grad"
INNER = "an inner function of Theano's, with nothing like it here"
SPECIAL = "a special function that needs SciPy, which this engine does without"
SLICES = "a slice is no variable here: its parts may be"
SCALARS = "scalars are tensors of no dimensions here, so nothing converts between them"
MESSAGES = "no input, output or messages between machines inside of a graph"

#: The reason for whatever a module of `theano.tensor` lacks, unless its name is in `NAMES`.
MODULES = {f"theano.tensor.{module}".rstrip("."): reason for reason, modules in {
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
NAMES = {name: reason for reason, words in {
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
    return NAMES.get(name) or MODULES.get(module)
