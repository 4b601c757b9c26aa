"""Replacements for names that are not here: tables for the errors of `T` and `T.nnet`.

A name that differs only in its case, or stands elsewhere, is found without a row: see `names.py`.
"""

from tutor.core.types import DTYPES, PREFIXES

#: For names of NumPy, and of Theano, that are not in `T`.
INSTEAD = {
    "AdvancedIndexingError": "tutor.errors.BadIndexError",
    "AllocEmpty": "T.empty(shape, dtype)",
    "asarray": "T.as_tensor_variable(x)",
    "AsTensorError": "tutor.errors.DTypeError",
    "basic": "T.exp: all of it is in T itself",
    "CAReduce": "T.sum, T.max or their kin",
    "convolve": "T.signal.conv.conv2d, or T.nnet.conv2d",
    "delete": "x[T.neq(T.arange(x.shape[0]), i).nonzero()]",
    "DiffOp": "T.diff(x)",
    "Elemwise": "T.exp or its kin, or an Op of your own",
    "elemwise": "T.exp or its kin",
    "EmptyConstantError": "T.NotScalarConstantError",
    "extra_ops": "T.to_one_hot: all of it is in T itself",
    "extract_diag": "T.diagonal(x)",
    "ExtractDiag": "T.diagonal(x)",
    "heaviside": "T.switch(T.eq(x, 0), y, T.gt(x, 0))",
    "identity": "T.eye(n)",
    "inplace": "T.exp: in place or not is for the compiler to decide",
    "multi_dot": "T.nlinalg.matrix_dot(a, b, c)",
    "NoneConst": "None",
    "numpy_scalar": "T.get_scalar_constant_value(x)",
    "positive": "+x",
    "raw_random": "T.shared_randomstreams.RandomStreams()",
    "Rebroadcast": "T.patternbroadcast(x, pattern)",
    "scalar_from_tensor": "x: a scalar is a tensor of no dimensions",
    "TensorConstant": "T.Constant, for isinstance", "TensorVariable": "T.Variable, for isinstance",
    "setdefault": "T.default(x, value)",
    "sharedvar": "tutor.shared(value)",
    "subtensor": "x[index], or T.set_subtensor(x[index], y)",
    "tensor_from_scalar": "x: a scalar is a tensor of no dimensions",
    "trapz": "T.trapezoid(y, x)",
    "type": "T.TensorType",
    "xlogx": "T.xlogy0(x, x)",
}
for _names, _text in {
    "Subtensor AdvancedSubtensor AdvancedSubtensor1 AdvancedBooleanSubtensor advanced_subtensor "
    "advanced_subtensor1 advanced_boolean_subtensor": "x[index]",
    "IncSubtensor AdvancedIncSubtensor AdvancedIncSubtensor1 AdvancedBooleanIncSubtensor "
    "advanced_inc_subtensor advanced_inc_subtensor1 advanced_boolean_inc_subtensor":
        "T.inc_subtensor(x[index], y)",
    "advanced_set_subtensor advanced_set_subtensor1 advanced_boolean_set_subtensor":
        "T.set_subtensor(x[index], y)",
    "all_dtypes complex_dtypes continuous_dtypes discrete_dtypes float_dtypes int_dtypes "
    "integer_dtypes uint_dtypes": 'the dtypes themselves, as "float32"',
    " ".join(f"{kind}_{shape}types" for kind in ("int", "float", "complex")
             for shape in ("", "scalar_", "vector_", "matrix_")):
        "the types themselves, as T.dscalar",
    "is_flat": "x.ndim == 1", "makeKeepDims": "keepdims=True where you reduce",
}.items():
    INSTEAD |= dict.fromkeys(_names.split(), _text)
INSTEAD |= {name: f"numpy.{name}" for name in ("pi", "e", "inf", "nan", "euler_gamma")}
INSTEAD |= dict.fromkeys(("abs", "fabs"), "abs(x), or T.abs_(x)")
INSTEAD |= dict.fromkeys(
    ("if_", "if_else", "ifelse", "cond", "piecewise"),
    "T.switch(condition, a, b), which chooses element by element, or "
    "tutor.ifelse.ifelse(condition, a, b), which computes the one that is chosen")
_LETTERS = {dtype: letter for letter, dtype in PREFIXES.items()}
INSTEAD |= {
    dtype: (f'T.{_LETTERS[dtype]}scalar("x") for a variable, and "{dtype}" for a dtype'
            if dtype in _LETTERS else f'T.scalar("x", dtype="{dtype}") for a variable, and '
            f'"{dtype}" for a dtype') for dtype in DTYPES}
INSTEAD |= {"int": INSTEAD["int64"], "float": INSTEAD["float64"], "double": INSTEAD["float64"]}
INSTEAD |= {f"{letter}tensor{n}": f"T.{letter}{shape}" for letter in ("", *PREFIXES)
            for n, shape in enumerate(("scalar", "vector", "matrix"))}

#: For names of Theano's that are not in `T.nnet`.
IN_NNET = {
    "abstract_conv": "T.nnet.conv2d",
    "abstract_conv2d": "T.nnet.conv2d(x, w)",
    "blocksparse": "T.nnet.sparse_block_dot",
    "bn": "T.nnet.batch_normalization_train",
    "conv": "T.nnet.conv2d",
    "conv3d2d": "T.nnet.conv3d",
    "crossentropy_categorical_1hot": "T.nnet.categorical_crossentropy(p, y)",
    "crossentropy_softmax_1hot": "T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)",
    "crossentropy_softmax_1hot_with_bias":
        "T.nnet.categorical_crossentropy(T.nnet.softmax(x + b), y)",
    "crossentropy_softmax_argmax_1hot_with_bias":
        "T.nnet.categorical_crossentropy(T.nnet.softmax(x + b), y)",
    "logsoftmax_op": "T.nnet.logsoftmax(x)",
    "neighbours": "T.nnet.images2neibs",
    "nnet": "T.nnet itself",
    "prepend_0_to_each_row": "T.concatenate([T.zeros((x.shape[0], 1)), x], axis=1)",
    "prepend_1_to_each_row": "T.concatenate([T.ones((x.shape[0], 1)), x], axis=1)",
    "prepend_scalar_to_each_row": "T.concatenate([T.full((x.shape[0], 1), value), x], axis=1)",
    "sigm": "T.nnet.sigmoid or T.nnet.hard_sigmoid",
    "sigmoid_inplace": "T.nnet.sigmoid(x)",
    "softmax_grad": "T.grad of a cost made of T.nnet.softmax(x)",
    "softmax_graph": "T.nnet.softmax(x)",
    "softmax_op": "T.nnet.softmax(x)",
    "softmax_with_bias": "T.nnet.softmax(x + b)",
}
