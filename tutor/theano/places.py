"""Where each of Theano's names is here: tables, from which the modules named `theano.…` are made.

`MODULES` says for each module of Theano which rooms here hold what programs import from it; a name
that Theano had in one of its inner modules is looked for in all of `HOMES` too, since it nearly
always means the same thing wherever Theano exported it. `EXCEPTIONS` are the names that differ.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

#: Theano's modules, without the leading `theano`, and the rooms that hold their names besides that
#: of the same path: `theano.tensor.nnet.conv` is looked for in `tutor.tensor.nnet.conv` first.
MODULES: dict[str, str] = {
    "": "tutor",
    "compat": "tutor.theano.compat",
    "compat.python2x": "tutor.theano.compat",
    "compile": "tutor tutor.ops.as_op tutor.compile.function tutor.theano.rules",
    "compile.builders": "",
    "compile.debugmode": "",
    "compile.function": "",
    "compile.function_module": "tutor.compile.function",
    "compile.io": "",
    "compile.mode": "tutor.compile.mode tutor.theano.rules",
    "compile.monitormode": "tutor.compile.watching",
    "compile.nanguardmode": "tutor.compile.watching",
    "compile.ops": "tutor.ops.as_op",
    "compile.pfunc": "tutor.compile.function",
    "compile.profiling": "",
    "compile.sharedvalue": "tutor.ops.shared",
    "configdefaults": "tutor.config tutor.theano.small",
    "configparser": "tutor.theano.settings tutor.config",
    "gof": "tutor.theano.graph_tools tutor.theano.fgraph tutor.graph tutor.theano.rules",
    "gof.fg": "tutor.theano.fgraph",
    "gof.graph": "tutor.theano.graph_tools tutor.graph",
    "gof.link": "",
    "gof.null_type": "",
    "gof.op": "tutor.graph.op",
    "gof.opt": "tutor.theano.rules",
    "gof.optdb": "tutor.theano.rules",
    "gof.python25": "tutor.theano.compat",
    "gof.toolbox": "",
    "gof.type": "tutor.types",
    "gof.utils": "",
    "gof.vm": "",
    "gradient": "",
    "ifelse": "",
    "misc": "",
    "misc.frozendict": "",
    "misc.may_share_memory": "",
    "misc.ordered_set": "",
    "misc.pkl_utils": "tutor.theano.zips",
    "misc.safe_asarray": "",
    "misc.strutil": "",
    "printing": "tutor.theano.pretty tutor.theano.short",
    "sandbox": "",
    "sandbox.blocksparse": "tutor.ops.structured",
    "sandbox.conv": "",
    "sandbox.linalg": "tutor.tensor.nlinalg tutor.tensor.slinalg",
    "sandbox.linalg.ops": "tutor.tensor.nlinalg tutor.tensor.slinalg",
    "sandbox.neighbours": "tutor.ops.neighbours",
    "sandbox.rng_mrg": "tutor.theano.mrg",
    "sandbox.softsign": "tutor.tensor.nnet",
    "sandbox.solve": "tutor.tensor.slinalg",
    "scalar": "tutor.theano.small tutor.theano.scalar_ops tutor.theano.scalars",
    "scalar.basic": "tutor.theano.small tutor.theano.scalar_ops tutor.theano.scalars",
    "scalar.basic_scipy": "tutor.theano.small tutor.theano.scalar_ops tutor.theano.scalars",
    "scalar.sharedvar": "tutor.ops.shared",
    "scan_module": "tutor.loops",
    "scan_module.scan": "tutor.loops",
    "scan_module.scan_op": "",
    "scan_module.scan_utils": "tutor.theano.graph_tools",
    "scan_module.scan_views": "tutor.loops",
    "sparse": "tutor.theano.sparse",
    "sparse.basic": "tutor.theano.sparse",
    "sparse.sharedvar": "tutor.theano.sparse",
    "sparse.type": "tutor.theano.sparse",
    "tensor": "",
    "tensor.basic": "tutor.tensor",
    "tensor.blas": "",
    "tensor.elemwise": "tutor.theano.op_names",
    "tensor.extra_ops": "tutor.theano.op_names tutor.tensor",
    "tensor.fft": "tutor.theano.nnet_names",
    "tensor.fourier": "",
    "tensor.inplace": "tutor.theano.inplace",
    "tensor.io": "",
    "tensor.nlinalg": "tutor.ops.decompositions tutor.ops.matrices",
    "tensor.nnet": "tutor.theano.nnet_names",
    "tensor.nnet.abstract_conv": "tutor.theano.nnet_names tutor.ops.convolutions",
    "tensor.nnet.blocksparse": "tutor.ops.structured",
    "tensor.nnet.bn": "tutor.ops.normalization",
    "tensor.nnet.conv": "",
    "tensor.nnet.conv3d2d": "",
    "tensor.nnet.corr": "",
    "tensor.nnet.corr3d": "",
    "tensor.nnet.ctc": "",
    "tensor.nnet.neighbours": "tutor.ops.neighbours",
    "tensor.nnet.nnet": "tutor.tensor.nnet tutor.theano.nnet_names",
    "tensor.nnet.sigm": "tutor.tensor.nnet tutor.theano.nnet_names",
    "tensor.opt": "tutor.ops.specified tutor.theano.rules",
    "tensor.raw_random": "tutor.ops.random tutor.types",
    "tensor.shared_randomstreams": "",
    "tensor.sharedvar": "tutor.ops.shared",
    "tensor.signal": "",
    "tensor.signal.conv": "",
    "tensor.signal.downsample": "tutor.ops.pooling",
    "tensor.signal.pool": "tutor.ops.pooling tutor.theano.nnet_names",
    "tensor.slinalg": "tutor.ops.decompositions tutor.ops.matrices tutor.ops.solving",
    "tensor.sort": "tutor.theano.op_names tutor.tensor",
    "tensor.subtensor": "tutor.theano.op_names tutor.theano.canonical tutor.tensor",
    "tensor.type": "tutor.types tutor.theano.equal_values",
    "tensor.type_other": "",
    "tensor.utils": "",
    "tensor.var": "tutor.ops.variables tutor.graph",
    "tensor.xlogx": "tutor.theano.small",
    "tests": "",
    "tests.unittest_tools": "tutor.theano.unittest_tools",
    "typed_list": "",
    "typed_list.basic": "",
    "updates": "",
    "version": "tutor.theano.version",
}

#: Modules for graphics processors: of two generations, with the same names in them.
for _family, _inner in {
    "sandbox.cuda": "basic_ops blas cuda_ndarray dnn fftconv nnet opt rng_curand type var",
    "sandbox.gpuarray": "basic_ops dnn type",
    "gpuarray": "basic_ops blas dnn nnet opt pool type",
}.items():
    _rooms = "tutor.theano.devices tutor.theano.cudnn"
    MODULES |= {_family: _rooms}
    MODULES |= {f"{_family}.{_name}": _rooms for _name in _inner.split()}

#: The modules that learners know by name; only what Theano had there, or a room has, is there.
FRONT = ("theano", "theano.tensor", "theano.tensor.nnet", "theano.gradient", "theano.printing")

#: Modules that Theano's own modules imported, and that programs took from there: `T.np.float32`.
OUTSIDE = {
    "theano": "theano",
    "np": "numpy",
    "numpy": "numpy",
    **{name: name for name in ("logging", "os", "sys", "warnings")},
}

#: Where a name of Theano's inner modules is looked for, in this order.
HOMES = (
    "tutor",
    "tutor.tensor",
    "tutor.tensor.nnet",
    "tutor.gradient",
    "tutor.printing",
    "tutor.graph",
    "tutor.ops.shared",
    "tutor.compile.function",
    "tutor.compile.mode",
    "tutor.compile.io",
    "tutor.compile.debugmode",
    "tutor.compile.watching",
    "tutor.compile.profiling",
    "tutor.compile.builders",
    "tutor.loops",
    "tutor.types",
    "tutor.config",
    "tutor.errors",
    "tutor.tensor.nlinalg",
    "tutor.tensor.slinalg",
    "tutor.ifelse",
    "tutor.theano.graph_tools",
    "tutor.theano.fgraph",
    "tutor.theano.linkers",
    "tutor.ops.variables",
    "tutor.theano.pretty",
    "tutor.theano.short",
    "tutor.theano.op_names",
    "tutor.theano.nnet_names",
    "tutor.theano.losses",
    "tutor.theano.small",
)

#: Names that are elsewhere, or are called otherwise, here: "module:attribute".
EXCEPTIONS: dict[str, str] = {
    "theano.__version__": "tutor.theano.version:full_version",
    "theano.pp": "tutor.theano.pretty:pprint",
    "theano.printing.pp": "tutor.theano.pretty:pprint",
    "theano._asarray": "tutor.theano.small:as_array",
    "theano.misc.safe_asarray._asarray": "tutor.theano.small:as_array",
    "theano.tensor._shared": "tutor.ops.shared:shared",
    "theano.tensor.sharedvar.tensor_constructor": "tutor.ops.shared:shared",
    "theano.tensor.sharedvar.scalar_constructor": "tutor.ops.shared:shared",
    "theano.compile.pfunc": "tutor.compile.function:pfunc",
    "theano.scalar.identity": "tutor.tensor:tensor_copy",
    "theano.scalar.basic.identity": "tutor.tensor:tensor_copy",
    "theano.tensor.Tensor": "tutor.types:TensorType",
    "theano.tensor.basic.Tensor": "tutor.types:TensorType",
    "theano.tensor.basic._tensor_py_operators": "tutor.ops.variables:Operators",
    "theano.tensor.var._tensor_py_operators": "tutor.ops.variables:Operators",
    "theano.tensor.elemwise.Any": "tutor.theano.op_names:Any_",
    "theano.tensor.subtensor.clip": "tutor.tensor:clip",
    "theano.tensor.nnet.conv.conv2d": "tutor.ops.convolutions:old_conv2d",
    "theano.sandbox.conv.conv2d": "tutor.ops.convolutions:old_conv2d",
    "theano.tensor.nnet.abstract_conv2d": "tutor.ops.convolutions:abstract_conv2d",
    "theano.tensor.nnet.abstract_conv.conv2d": "tutor.ops.convolutions:abstract_conv2d",
    "theano.tensor.nnet.conv3d2d.conv3d": "tutor.ops.structured:conv3d2d",
    **{f"theano.tensor.raw_random.{_name}_helper": f"tutor.ops.random_kernels:{_name}"
       for _name in ("choice", "multinomial", "permutation", "random_integers")},
    "theano.tensor.extract_diag": "tutor.ops.diagonals:diagonal",
    "theano.tensor.nlinalg.extract_diag": "tutor.ops.diagonals:diagonal",
    "theano.clone": "tutor.compile.cloning:clone",
    "theano.gof.utils.scratchpad": "tutor.theano.variables:Scratchpad",
    "theano.tensor.basic._allclose": "tutor.graph.comparing:all_near",
}


@cache
def public() -> dict[str, frozenset[str]]:
    """Theano's public names, module by module, as its last release had them.

    >>> "dscalar" in public()["theano.tensor"]
    True
    """
    text = Path(__file__).with_name("public.json").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = json.loads(text)
    return {module: frozenset(" ".join(lines).split()) for module, lines in lists.items()}


@cache
def anywhere() -> frozenset[str]:
    """Every public name that any module of Theano had."""
    return frozenset().union(*public().values())
