"""Replacements for names that are not here: tables for the errors of `T` and `T.nnet`.

A name that differs only in its case, or stands elsewhere, is found without a row: see `names.py`.
"""

#: For names of NumPy, and of Theano, that are not in `T`.
INSTEAD = {
    "AdvancedIndexingError": "tutor.errors.BadIndexError",
    "AllocEmpty": "T.empty(shape, dtype)",
    "append": "T.concatenate([x, y])",
    "array_split": "T.split(x, sizes, len(sizes))",
    "asarray": "T.as_tensor_variable(x)",
    "AsTensorError": "tutor.errors.DTypeError",
    "atleast_1d": 'x.dimshuffle("x") of a scalar',
    "atleast_2d": 'x.dimshuffle("x", 0) of a vector',
    "atleast_3d": 'x.dimshuffle(0, 1, "x") of a matrix',
    "average": "T.sum(x * weights) / T.sum(weights)",
    "basic": "T.exp: all of it is in T itself",
    "broadcast_to": "T.alloc(x, *shape)",
    "CAReduce": "T.sum, T.max or their kin",
    "column_stack": "T.stack([x, y], axis=1)",
    "convolve": "T.signal.conv.conv2d, or T.nnet.conv2d",
    "count_nonzero": "T.neq(x, 0).sum()",
    "delete": "x[T.neq(T.arange(x.shape[0]), i).nonzero()]",
    "DiffOp": "T.diff(x)",
    "dstack": "T.stack([x, y], axis=2) of matrices",
    "Elemwise": "T.exp or its kin, or an Op of your own",
    "elemwise": "T.exp or its kin",
    "EmptyConstantError": "T.NotScalarConstantError",
    "extra_ops": "T.to_one_hot: all of it is in T itself",
    "extract_diag": "T.diagonal(x)",
    "ExtractDiag": "T.diagonal(x)",
    "flip": "x[::-1]",
    "fliplr": "x[:, ::-1]",
    "flipud": "x[::-1]",
    "heaviside": "T.switch(T.eq(x, 0), y, T.gt(x, 0))",
    "hstack": "T.concatenate([x, y], axis=1), of vectors axis=0",
    "identity": "T.eye(n)",
    "inner": "T.dot(x, y.T)",
    "inplace": "T.exp: in place or not is for the compiler to decide",
    "interp": "expressions of T.searchsorted",
    "isin": 'T.eq(x.dimshuffle(0, "x"), values).any(axis=1)',
    "logspace": "10 ** T.linspace(start, stop, num)",
    "median": "T.sort(x)[x.shape[0] // 2] of an odd number of elements",
    "meshgrid": 'T.mgrid, or x.dimshuffle(0, "x") beside y.dimshuffle("x", 0)',
    "multi_dot": "T.nlinalg.matrix_dot(a, b, c)",
    "nan_to_num": "T.switch(T.isnan(x), 0, x)",
    "nanmax": "T.max(T.switch(T.isnan(x), -numpy.inf, x))",
    "nanmean": "T.switch(T.isnan(x), 0, x).sum() / T.invert(T.isnan(x)).sum()",
    "nanmin": "T.min(T.switch(T.isnan(x), numpy.inf, x))",
    "nansum": "T.sum(T.switch(T.isnan(x), 0, x))",
    "NoneConst": "None",
    "numpy_scalar": "T.get_scalar_constant_value(x)",
    "pad": "T.set_subtensor(T.zeros((n + 2,))[1:-1], x)",
    "percentile": "an element of T.sort(x)",
    "positive": "+x",
    "quantile": "an element of T.sort(x)",
    "raw_random": "T.shared_randomstreams.RandomStreams()",
    "Rebroadcast": "T.patternbroadcast(x, pattern)",
    "row_stack": "T.concatenate([x, y], axis=0)",
    "scalar_from_tensor": "x: a scalar is a tensor of no dimensions",
    "select": "T.switch(first, x, T.switch(second, y, z))",
    "TensorConstant": "T.Constant, for isinstance", "TensorVariable": "T.Variable, for isinstance",
    "setdefault": "T.default(x, value)",
    "sharedvar": "tutor.shared(value)",
    "sinc": "T.switch(T.eq(x, 0), 1, T.sin(numpy.pi * x) / (numpy.pi * x))",
    "slogdet": "T.log(abs(T.det(x)))",
    "subtensor": "x[index], or T.set_subtensor(x[index], y)",
    "tensor_from_scalar": "x: a scalar is a tensor of no dimensions",
    "trapezoid": "((y[1:] + y[:-1]) / 2 * T.diff(x)).sum()",
    "trapz": "((y[1:] + y[:-1]) / 2 * T.diff(x)).sum()",
    "type": "T.TensorType",
    "vdot": "T.dot(T.conj(x), y)",
    "vstack": "T.concatenate([x, y], axis=0), of vectors T.stack([x, y])",
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
