"""What differs from Theano where a program can see it: a table, from which the README's is made.

Each row has a line of Python that shows the difference, and what it prints here, so that a row that
is no longer true is found out by the tests.
"""

from __future__ import annotations

from typing import NamedTuple

BEGIN = "<!-- from tutor/theano/differences.py: `tutor names --differences` prints it -->"
END = "<!-- the end of what that prints -->"


class Difference(NamedTuple):
    """A thing, how it was in Theano, how it is here; a line that shows it, and what it prints."""

    thing: str
    there: str
    here: str
    line: str
    shown: str


DIFFERENCES = (
    Difference(
        "devices",
        "graphics processors through `theano.gpuarray`",
        "the processor; `mode=\"jax\"` hands a function to JAX. `config.device` says `cpu`, "
        "`gpu_from_host` and the like return their argument",
        "theano.config.device = 'cuda'; print(theano.config.device)",
        "cpu",
    ),
    Difference(
        "C code",
        "compiled from each op's `c_code`",
        "NumPy calls; of an op written by a user `perform` runs, and `c_code` is not looked at",
        "print(theano.config.cxx == '' or theano.config.linker)",
        "True",
    ),
    Difference(
        "sparse matrices",
        "`theano.sparse`",
        "none: the module is there to be asked whether a variable is sparse",
        "print(isinstance(T.dmatrix().type, theano.sparse.SparseType))",
        "False",
    ),
    Difference(
        "rewrites of one's own",
        "`gof.opt.PatternSub`, `optdb.register`",
        "none runs: `local_optimizer` and `register_canonicalize` take what they decorate, and the "
        "rules are the tables in `tutor/compile/rules/`, whose steps can be watched",
        "print(hasattr(theano.gof.opt, 'PatternSub'))",
        "False",
    ),
    Difference(
        "classes",
        "`theano.tensor.var.TensorVariable`",
        "the same name for `isinstance`; the class says where it is in `tutor`",
        "print(type(T.dscalar()).__module__.partition('.')[0])",
        "tutor",
    ),
    Difference(
        "classes derived from `Elemwise`",
        "since 1.0 their own `grad` is left aside; before, it was called",
        "their own `grad` is called",
        "class Seven(T.Elemwise):\n    grad = lambda self, inputs, gradients: [gradients[0] * 7]\n"
        "x = T.dscalar()\nprint(T.grad(Seven(theano.scalar.exp)(x), x).eval({x: 0}))",
        "7.0",
    ),
    Difference(
        "numbers in float32",
        "added up in float64",
        "added up in float32, pairwise, as NumPy does it: the last digits may differ, and more "
        "where large numbers cancel; `acc_dtype='float64'` adds them up in float64",
        "x = T.fvector(); print(*[s.eval({x: [1e8, 1, -1e8]}) for s in "
        "(x.sum(), x.sum(acc_dtype='float64'))])",
        "0.0 1.0",
    ),
    Difference(
        "scalars",
        "`theano.scalar` has types and ops of its own",
        "a scalar is a tensor of no dimensions; `theano.scalar` has the functions of `T`",
        "print(theano.scalar.exp is T.exp)",
        "True",
    ),
    Difference(
        "`theano.typed_list`, MPI, `T.io`",
        "lists of tensors, sending and receiving, loading from disk inside a graph",
        "none",
        "print(hasattr(theano.typed_list, 'TypedListType'), hasattr(T, 'mpi_enabled'))",
        "False False",
    ),
    Difference(
        "numbers beside floats",
        "`float32 * 0.1` is float64, unless `floatX` is float32",
        "a Python number takes the dtype of the floats it meets; beside integers it is as there",
        "print((T.fvector() * 0.1).dtype, (T.bvector() * 0.1).dtype, (T.bvector() + 300).dtype)",
        "float32 float64 int16",
    ),
    Difference(
        "writing floats into integers",
        "`set_subtensor` of an integer tensor rounds a float towards 0 without a word",
        "an error, unless you cast",
        "print(T.set_subtensor(T.lvector()[0], T.cast(1.5, 'int64')).dtype)",
        "int64",
    ),
    Difference(
        "`T.var` over several axes, and of complex numbers",
        "with `ddof`, each size is lessened; a complex variance is complex",
        "as NumPy has it",
        "print(T.var(T.constant([[1., 2.], [3., 4.]]), ddof=1).eval().round(4))",
        "1.6667",
    ),
    Difference(
        "complex numbers",
        "`maximum`, `floor_div`, `gamma` and others take them, and give something or fail",
        "an error that says so",
        "print('numbers' in T.maximum.doc or T.maximum.accepts)",
        "biuf",
    ),
    Difference(
        "linear algebra of integers",
        "`qr`, `svd`, `eigh`, `cholesky` say their result is an integer, and it is not; `det`, "
        "`matrix_inverse` and `pinv` cut theirs down to integers",
        "float64",
        "print([v.dtype for v in T.nlinalg.qr(T.lmatrix())], "
        "T.nlinalg.matrix_inverse(T.constant([[2]])).eval())",
        "['float64', 'float64'] [[0.5]]",
    ),
    Difference(
        "`eig` of a real matrix",
        "real parts, without a word",
        "an error where an eigenvalue is complex, unless you cast to complex",
        "print(T.nlinalg.eig(T.cast(T.constant([[0., 1.], [-1., 0.]]), 'complex128'))[0].dtype)",
        "complex128",
    ),
    Difference(
        "an ellipsis of no length between arrays",
        "`x[:, 0, ..., [0, 1]]` of three dimensions is `x[:, 0, [0, 1]]`",
        "as NumPy has it: the dimension of the arrays comes first",
        "x = T.dtensor3(); print(x[:, 0, ..., [0, 1]].shape.eval("
        "{x: np.zeros((3, 4, 5))}))",
        "[2 3]",
    ),
    Difference(
        "sizes that turn out to be 1",
        "in `alloc` and `set_subtensor` they stretch; the gradient has another shape",
        "the error that `+` gives; in programs that are run by the name "
        "`theano` they stretch, and the gradient has the shape of its variable",
        "v = T.dvector(); print(T.grad(T.alloc(v, 3).sum(), v).eval({v: [1.]}))",
        "[3.]",
    ),
    Difference(
        "`topk`",
        "with `sorted=False` only, in no order",
        "largest first",
        "print(T.topk(T.constant([1, 3, 2]), 2).eval())",
        "[3 2]",
    ),
    Difference(
        "the truth of a symbol",
        "`if x`, `not x`, `x and y` take every symbol but a comparison for true",
        "an error; in a program run as Theano's, as there",
        "print(not T.dscalar('x'))",
        "False",
    ),
    Difference(
        "gradients through branches that are not taken",
        "0 times their derivative: nan where that is infinite, as under "
        "`T.switch(x > 0, T.sqrt(x), 0)` at 0",
        "nothing, for `switch`, `maximum`, `minimum`, `clip`, `max` and what stands under them",
        "x = T.dscalar(); print(T.grad(T.switch(x > 0, T.sqrt(x), 0), x).eval({x: 0}))",
        "0.0",
    ),
    Difference(
        "gradients of what ties for the largest",
        "all of it to each: of `max`, `min` and pooling",
        "in equal parts; of `maximum` and `minimum` to the first operand, as there",
        "x = T.dvector(); print(T.grad(T.max(x), x).eval({x: [7, 7]}))",
        "[0.5 0.5]",
    ),
    Difference(
        "the gradient of what `set_subtensor` writes to one element twice",
        "as if all of it stayed",
        "0 for what is written over",
        "x, y = T.dvectors(2); print(T.grad(T.set_subtensor(x[[0, 0]], y).sum(), y)"
        ".eval({x: [1, 2], y: [3, 4]}))",
        "[0. 1.]",
    ),
    Difference(
        "derivatives at 0",
        "nan: the second of `x**1` and of `T.prod`, that of a norm, of `T.std` of equal numbers",
        "0, or what they are there; a norm has the slope 0 at 0, as `abs` has",
        "x = T.dvector(); print(T.grad(x.norm(2), x).eval({x: [0, 0]}))",
        "[0. 0.]",
    ),
    Difference(
        "the gradient of `det` at a singular matrix",
        "an error",
        "the cofactors",
        "x = T.dmatrix(); print(T.grad(T.nlinalg.det(x), x).eval({x: [[1, 1], [1, 1]]}).round())",
        "[[ 1. -1.]\n [-1.  1.]]",
    ),
    Difference(
        "loops of no step",
        "an error, as is `until` under a gradient: it gives wrong numbers",
        "empty results, and `foldl` and `reduce` give what they start from; the gradient of a loop "
        "that ends early is that of the steps it took",
        "print(theano.scan(lambda s: s + 1, outputs_info=T.zeros(2), n_steps=0)[0].eval().shape)",
        "(0, 2)",
    ),
    Difference(
        "states of a loop",
        "`outputs_info=0.` starts as float32, whatever `floatX` is, and may not become float64",
        "a Python number is of `floatX`",
        "print(theano.scan(lambda s: s + 0.1, outputs_info=0., n_steps=2)[0].dtype)",
        "float64",
    ),
    Difference(
        "derivatives through draws in a loop",
        "an error, wherever a loop draws",
        "an error only where the parameters of the draw are asked for: the numbers are constants",
        "s = T.shared_randomstreams.RandomStreams(1)\n"
        "w = T.dscalar('w')\n"
        "y, _ = theano.scan(lambda w: w * s.normal(), non_sequences=w, n_steps=2)\n"
        "print(T.grad(y.sum(), w).ndim)",
        "0",
    ),
    Difference(
        "the inner graph of a loop",
        "`Scan` with `op.fn`, `op.info`; results are a `Subtensor` of it",
        "`Loop` with `op.inputs`, `op.outputs`; results are its own",
        "print(theano.map(lambda v: v, T.dvector())[0].owner.op)",
        "for{cpu,scan_fn}",
    ),
)


def table() -> str:
    """The differences as a table in Markdown, between the marks that the README has."""
    rows = [f"| {row.thing} | {row.there} | {row.here} |" for row in DIFFERENCES]
    head = ["| what | Theano | here |", "| --- | --- | --- |"]
    return "\n".join([BEGIN, *head, *rows, END])
