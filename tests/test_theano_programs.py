"""What programs do with Theano's lesser names: ops on numbers, views, linkers, cuDNN, graph search.

Each program is run as `tutor run` runs it; what it prints is what Theano prints.
"""

import textwrap

import pytest

import tutor.tensor as T
from tutor import function
from tutor.core.errors import ShapeError
from tutor.theano.python2 import translated
from tutor.theano.running import own, run

PROGRAMS = {
    "an op on numbers": (
        """
        import numpy, theano, theano.tensor as T
        class Cube(theano.scalar.UnaryScalarOp):
            def impl(self, x):
                return x * x * x
            def grad(self, inputs, gradients):
                return [3 * inputs[0] ** 2 * gradients[0]]
        cube = T.Elemwise(Cube(theano.scalar.upgrade_to_float, name="cube"), name="cube")
        x = T.dmatrix("x")
        f = theano.function([x], [cube(x), T.grad(cube(x).sum(), x)])
        print([v.tolist() for v in f([[1, 2]])], cube(T.ivector()).dtype)
        """,
        "[[[1.0, 8.0]], [[3.0, 12.0]]] float64",
    ),
    "an op on two numbers stretches, and its gradient is summed": (
        """
        import theano, theano.tensor as T
        from theano.scalar.basic import BinaryScalarOp
        class Less(BinaryScalarOp):
            def impl(self, x, y):
                return x - y
            def grad(self, inputs, gradients):
                return [gradients[0], -gradients[0]]
        x, y = T.dmatrix(), T.dvector()
        out = T.Elemwise(Less())(x, y)
        f = theano.function([x, y], [out, T.grad(out.sum(), y)])
        print([v.tolist() for v in f([[1, 2], [3, 4]], [1, 1])])
        """,
        "[[[0.0, 1.0], [2.0, 3.0]], [-2.0, -2.0]]",
    ),
    "classes of ops on numbers": (
        """
        import theano, theano.tensor as T
        from theano.scalar.basic_scipy import GammaLn, Psi
        gammaln = T.Elemwise(GammaLn(theano.scalar.upgrade_to_float, name="g"), name="gammaln")
        print(gammaln(T.constant(4.0)).eval().round(4), T.Elemwise(theano.scalar.add)(1, 2).eval())
        """,
        "1.7918 3",
    ),
    "ops derived from a class by name": (
        """
        import theano, theano.tensor as T
        from theano.tensor.elemwise import Elemwise
        class Straight(T.Elemwise):
            def __init__(self):
                super().__init__(theano.scalar.sgn, name="straight")
            def grad(self, inputs, gradients):
                return [gradients[0] * 7]
        class Twice(Elemwise):
            def __init__(self, scalar_op):
                Elemwise.__init__(self, scalar_op)
            def grad(self, inputs, gradients):
                return [2 * g for g in super().grad(inputs, gradients)]
        class Same(T.Dot):
            pass
        x = T.dvector("x")
        for op in (Straight(), Twice(theano.scalar.sqr)):
            y = op(x)
            print([v.tolist() for v in theano.function([x], [y, T.grad(y.sum(), x)])([-3, 2])])
            print(isinstance(op, T.Elemwise), isinstance(op, T.Dot), issubclass(Same, T.Dot))
        y = Same()(x, x)
        print(T.grad(y, x).eval({x: [3]}).tolist(), Elemwise(theano.scalar.exp)(0.0).eval())
        """,
        "[[-1.0, 1.0], [7.0, 7.0]]\nTrue False True\n"
        "[[9.0, 4.0], [-12.0, 8.0]]\nTrue False True\n[6.0] 1.0",
    ),
    "what elementwise nodes and convolutions are asked": (
        """
        import theano, theano.tensor as T
        from theano.tensor.nnet.abstract_conv import (AbstractConv2d, AbstractConv2d_gradInputs,
            AbstractConv2d_gradWeights, AbstractConv3d)
        op = (T.dscalar() * 2).owner.op
        print(type(op).__name__, op.scalar_op == theano.scalar.mul)
        print(isinstance(T.exp(T.dscalar()).owner.op.scalar_op, theano.scalar.Exp))
        x, w = T.dtensor4(), T.dtensor4()
        y = AbstractConv2d(subsample=(2, 2), filter_flip=False)(x, w)
        print(y.eval({x: [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], w: [[[[2]]]]}).tolist())
        for v in (y, T.nnet.conv2d(x, w)):
            print(isinstance(v.owner.op, AbstractConv2d), isinstance(v.owner.op, AbstractConv3d))
        to_x = AbstractConv2d_gradInputs(subsample=(2, 2))(w, y, x.shape[2:])
        to_w = AbstractConv2d_gradWeights(subsample=(2, 2))(x, y, [1, 1])
        given = {x: [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], w: [[[[2]]]]}
        print(to_x.eval(given).tolist(), to_w.eval(given).tolist())
        print(isinstance(to_x.owner.op, AbstractConv2d_gradInputs))
        """,
        "Elemwise True\nTrue\n[[[[2.0, 6.0], [14.0, 18.0]]]]\nTrue False\nTrue False\n"
        "[[[[4.0, 0.0, 12.0], [0.0, 0.0, 0.0], [28.0, 0.0, 36.0]]]] [[[[280.0]]]]\nTrue",
    ),
    "every slice has a form that goes forwards": (
        """
        import itertools, numpy, theano, theano.tensor as T
        from theano.tensor.subtensor import get_canonical_form_slice
        parts, length = T.lscalars("abs"), T.lscalar()
        numbers = numpy.arange(5)
        places = [-7, -5, -2, 0, 3, 5, 8]
        wrong = 0
        for there in itertools.product([0, 1], repeat=3):
            form, way = get_canonical_form_slice(
                slice(*[v if t else None for v, t in zip(parts, there)]), length)
            f = theano.function([*parts, length], [form.start, form.stop, form.step,
                T.as_tensor_variable(way)], on_unused_input="ignore")
            for given in itertools.product(places, places, [-7, -2, -1, 1, 3]):
                start, stop, step, turn = map(int, f(*given, 5))
                wanted = numbers[slice(*[v if t else None for v, t in zip(given, there)])]
                wrong += min(start, stop, step - 1) < 0
                wrong += numbers[start:stop:step][::turn].tolist() != wanted.tolist()
        i, way = get_canonical_form_slice(parts[0], 5)
        print(wrong, i.eval({parts[0]: -2}), way, get_canonical_form_slice(slice(0, 9, -1), 5)[1])
        """,
        "0 3 1 -1",
    ),
    "a view with another gradient": (
        """
        import theano, theano.tensor as T
        from theano.compile import ViewOp
        class Clip(ViewOp):
            __props__ = ("low", "high")
            def __init__(self, low, high):
                self.low, self.high = low, high
            def make_node(self, x):
                return theano.gof.Apply(self, [x], [x.type.make_variable()])
            def grad(self, args, g_outs):
                return [T.clip(g, self.low, self.high) for g in g_outs]
        x = T.dvector()
        print(T.grad(T.sum(Clip(-1, 1)(x) ** 2), x).eval({x: [-3, 0.25, 3]}).tolist())
        """,
        "[-1.0, 0.5, 1.0]",
    ),
    "a mode whose linker wraps each node": (
        """
        import theano, theano.tensor as T
        seen = []
        def wrapper(i, node, fn):
            fn()
            seen.append(float(fn.outputs[0][0]))
        linker = theano.gof.WrapLinkerMany([theano.gof.OpWiseCLinker()], [wrapper])
        x = T.dscalar()
        theano.function([x], T.exp(x), mode=theano.Mode(linker, optimizer="fast_run"))(0)
        print(seen)
        """,
        "[1.0]",
    ),
    "what Theano's modules imported": (
        """
        from theano import theano, tensor as tt
        from theano.tensor.basic import _tensor_py_operators
        import theano.tensor as T
        print(isinstance(T.dscalar(), _tensor_py_operators), T.np.float32(1), tt.theano is theano)
        """,
        "True 1.0 True",
    ),
    "a search of the graph": (
        """
        from collections import deque
        import theano.tensor as T
        from theano.gof.graph import stack_search
        x = T.dscalar("x")
        expand = lambda v: v.owner.inputs if v.owner else None
        print(x in stack_search(deque([x * 2 + 1]), expand, "dfs", False))
        """,
        "True",
    ),
    "variables of a program's own class": (
        """
        import numpy as np, theano.tensor as T
        from theano.tensor.var import TensorVariable
        from theano.gof.graph import ancestors, inputs
        class Named(TensorVariable):
            def __init__(self, type=None, owner=None, index=None, name=None, scale=1):
                super().__init__(type, owner, index, name)
                self.scale = scale
        a = Named(T.dscalar, name="a", scale=3)
        found = [v for v in inputs([a * 2 + T.dscalar("b")]) if isinstance(v, T.TensorVariable)]
        print(found, found[0].scale, isinstance(T.dscalar(), Named))
        print(np.atleast_1d(a).shape, ancestors([T.exp(a) + a], blockers=[]))
        print(np.prod([T.dmatrix().shape[0], 3]).dtype, np.float64(0.5), [np.float64(0.5)])
        """,
        "[a, b] 3 False\n"
        "(1,) [Elemwise{add,no_inplace}.0, Elemwise{exp,no_inplace}.0, a]\nint64 0.5 [0.5]",
    ),
    "copies keep what was noted": (
        """
        import theano, theano.tensor as T
        x, z = T.dscalars("xz")
        y = x * 2
        y.name, y.tag.role = "y", "weight"
        again = theano.clone(y ** 2, {x: z}).owner.inputs[0]
        print(again, again.tag.role, y.owner.clone().outputs[0].tag.role)
        _, (out,) = theano.gof.graph.clone([x], [y])
        print(out, out.tag.role, y.copy("c"), y.copy(name="d").name, y.copy().name)
        """,
        "y weight weight\ny weight c d None",
    ),
    "sums of many, and axes in a range": (
        """
        import theano, theano.tensor as T
        x, y, z = T.dvectors("xyz")
        f = theano.function([x, y, z], [T.add(x), T.add(x, y, z), T.mul(*[x, y, z])])
        print([v.tolist() for v in f([1], [2], [3])])
        t = T.ones((2, 3, 4))
        print(t.sum(range(1, t.ndim)).eval(), t.transpose(range(2, -1, -1)).shape.eval())
        """,
        "[[1.0], [6.0], [6.0]]\n[12. 12.] [4 3 2]",
    ),
    "an object that knows what to do with a symbol": (
        """
        import theano.tensor as T
        class Kernel(object):
            def __radd__(self, other): return "sum"
            def __rmul__(self, other): return "product"
        print(T.dscalar() + Kernel(), T.dmatrix() * Kernel())
        try:
            T.dscalar() - Kernel()
        except TypeError:
            print("no")
        """,
        "sum product\nno",
    ),
    "shapes put together, and lists of slices": (
        """
        import theano.tensor as T
        x = T.ftensor4()
        m = x.mean([0, 2, 3])
        print(T.reshape(m, T.stack(1, x.shape[1], 1, 1)).broadcastable)
        print(T.reshape(m, T.concatenate([[1], x.shape[1:2], [1]]), ndim=3).broadcastable)
        print(T.constant([[1, 2], [3, 4]])[[slice(None), slice(None, None, -1)]].eval().tolist())
        """,
        "(True, False, True, True)\n(True, False, True)\n[[2, 1], [4, 3]]",
    ),
    "a quotient of integers in floatX": (
        """
        import theano, theano.tensor as T
        x = T.lscalar()
        for theano.config.floatX in ("float32", "float64", "float32"):
            print((x / 2).dtype, theano.function([x], x / 4)(3).dtype)
        theano.config.floatX = "float64"
        """,
        "float32 float32\nfloat64 float64\nfloat32 float32",
    ),
    "settings one by one": (
        """
        import theano
        for v in theano.configparser._config_var_list:
            if v.fullname == "compute_test_value":
                before = v.__get__(True, None)
                v.__set__(None, "ignore")
                print(before, theano.config.compute_test_value)
                v.__set__(None, before)
        """,
        "off ignore",
    ),
    "deconvolution by cuDNN's own ops": (
        """
        import numpy, theano, theano.tensor as T
        from theano.sandbox.cuda.basic_ops import gpu_contiguous, gpu_alloc_empty
        from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI, dnn_conv, dnn_pool
        x, w = T.tensor4(), T.tensor4()
        out = gpu_alloc_empty(x.shape[0], w.shape[1], x.shape[2] * 2, x.shape[3] * 2)
        desc = GpuDnnConvDesc(border_mode=(1, 1), subsample=(2, 2), conv_mode="conv")(
            out.shape, w.shape)
        y = GpuDnnConvGradI()(gpu_contiguous(w), gpu_contiguous(x), out, desc)
        a, b = numpy.ones((2, 3, 4, 4)), numpy.ones((3, 5, 3, 3))
        values = {x: a.astype(theano.config.floatX), w: b.astype(theano.config.floatX)}
        print(y.shape.eval(values), dnn_pool(y, (2, 2), (2, 2)).shape.eval(values))
        back = dnn_conv(y, w, border_mode=(1, 1), subsample=(2, 2))
        print(back.shape.eval(values))
        """,
        "[2 5 8 8] [2 5 4 4]\n[2 3 4 4]",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_it_printed(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    program, printed = PROGRAMS[name]
    assert run("code", textwrap.dedent(program), []) == 0
    assert capfd.readouterr().out.strip() == printed


def test_what_is_installed_anywhere_is_no_program_to_translate() -> None:
    assert not own("/home/me/.local/lib/python3.11/site-packages/six.py")
    assert not own("/usr/lib/python3/dist-packages/six.py")
    assert own("/home/me/site/model.py")


def test_an_import_that_may_fail_does_not_tell_the_age_of_a_program(tmp_path) -> None:
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "ours.py").write_text("")
    guarded = "try:\n    import ours\nexcept ImportError:\n    from . import ours\n"
    assert translated(guarded, str(tmp_path / "user.py")) is None


def test_an_error_over_a_large_graph_is_short() -> None:
    x, y = T.dvectors("x", "y")
    big = x
    for _ in range(40):
        big = T.tanh(big * 2 + 1)
    with pytest.raises(ShapeError) as caught:
        function([x, y], big + T.exp(y), mode="FAST_COMPILE")([1.0, 2.0], [1.0, 2.0, 3.0])
    assert len(caught.value.what) < 450
    assert "…" in caught.value.what and "exp(y) has shape (3,)" in caught.value.what
