"""What is printed of a graph is what Theano prints of it, but for the formula of a notebook.

`NODES` and `TREES` were printed by Theano 1.0.5 for the expressions in front of them.
"""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import printing
from tutor.theano import bound, pretty
from tutor.theano.running import _as_it_was
from tutor.theano.text import text_of

x, y, v, w = T.dmatrix("x"), T.dmatrix("y"), T.dvector("v"), T.dvector("w")
a, b, r, c, i = T.dscalar("a"), T.dscalar("b"), T.drow("r"), T.dcol("c"), T.lscalar("i")
iv, t3, f, u = T.lvector("iv"), T.dtensor3("t3"), T.fmatrix("f"), T.dvector()
s, bb, z = T.dscalar("s"), T.bvector("bb"), T.zvector("z")
sh, sh0 = tutor.shared(np.ones(3), "sh"), tutor.shared(np.ones((2, 2)))
SCOPE = dict(globals())



@pytest.fixture(autouse=True)
def old():
    """Print as in a program written for Theano."""
    with bound():
        yield


NODES = """\
a+b => Elemwise{add,no_inplace}(a, b)
a-b => Elemwise{sub,no_inplace}(a, b)
a*b => Elemwise{mul,no_inplace}(a, b)
a/b => Elemwise{true_div,no_inplace}(a, b)
a//b => Elemwise{int_div,no_inplace}(a, b)
a%b => Elemwise{mod,no_inplace}(a, b)
a**b => Elemwise{pow,no_inplace}(a, b)
-a => Elemwise{neg,no_inplace}(a)
abs(a) => Elemwise{abs_,no_inplace}(a)
a*2 => Elemwise{mul,no_inplace}(a, TensorConstant{2})
a*2.5 => Elemwise{mul,no_inplace}(a, TensorConstant{2.5})
2*a => Elemwise{mul,no_inplace}(TensorConstant{2}, a)
a+1 => Elemwise{add,no_inplace}(a, TensorConstant{1})
a-0.5 => Elemwise{sub,no_inplace}(a, TensorConstant{0.5})
a**2 => Elemwise{pow,no_inplace}(a, TensorConstant{2})
a**0.5 => Elemwise{pow,no_inplace}(a, TensorConstant{0.5})
1/a => Elemwise{true_div,no_inplace}(TensorConstant{1}, a)
x+y => Elemwise{add,no_inplace}(x, y)
x*2 => Elemwise{mul,no_inplace}(x, InplaceDimShuffle{x,x}.0)
x+v => Elemwise{add,no_inplace}(x, InplaceDimShuffle{x,0}.0)
x*r => Elemwise{mul,no_inplace}(x, r)
x+c => Elemwise{add,no_inplace}(x, c)
x*a => Elemwise{mul,no_inplace}(x, InplaceDimShuffle{x,x}.0)
x-1.5 => Elemwise{sub,no_inplace}(x, InplaceDimShuffle{x,x}.0)
v*2 => Elemwise{mul,no_inplace}(v, InplaceDimShuffle{x}.0)
v**2 => Elemwise{pow,no_inplace}(v, InplaceDimShuffle{x}.0)
2.0*v => Elemwise{mul,no_inplace}(InplaceDimShuffle{x}.0, v)
T.exp(x) => Elemwise{exp,no_inplace}(x)
T.log(x) => Elemwise{log,no_inplace}(x)
T.sqrt(v) => Elemwise{sqrt,no_inplace}(v)
T.sqr(v) => Elemwise{sqr,no_inplace}(v)
T.sin(v) => Elemwise{sin,no_inplace}(v)
T.cos(v) => Elemwise{cos,no_inplace}(v)
T.tan(v) => Elemwise{tan,no_inplace}(v)
T.tanh(v) => Elemwise{tanh,no_inplace}(v)
T.sgn(v) => Elemwise{sgn,no_inplace}(v)
T.floor(v) => Elemwise{floor,no_inplace}(v)
T.ceil(v) => Elemwise{ceil,no_inplace}(v)
T.round(v) => Elemwise{round_half_to_even,no_inplace}(v)
T.inv(v) => Elemwise{inv,no_inplace}(v)
T.log2(v) => Elemwise{log2,no_inplace}(v)
T.log10(v) => Elemwise{log10,no_inplace}(v)
T.log1p(v) => Elemwise{log1p,no_inplace}(v)
T.expm1(v) => Elemwise{expm1,no_inplace}(v)
T.exp2(v) => Elemwise{exp2,no_inplace}(v)
T.erf(v) => Elemwise{erf,no_inplace}(v)
T.gammaln(v) => Elemwise{gammaln,no_inplace}(v)
T.arcsin(v) => Elemwise{arcsin,no_inplace}(v)
T.arctan(v) => Elemwise{arctan,no_inplace}(v)
T.sinh(v) => Elemwise{sinh,no_inplace}(v)
T.cosh(v) => Elemwise{cosh,no_inplace}(v)
T.maximum(v,w) => Elemwise{maximum,no_inplace}(v, w)
T.minimum(v,0) => Elemwise{minimum,no_inplace}(v, InplaceDimShuffle{x}.0)
T.switch(v>0,v,w) => Elemwise{switch,no_inplace}(Elemwise{gt,no_inplace}.0, v, w)
T.clip(v,0,1) => Elemwise{clip,no_inplace}(v, InplaceDimShuffle{x}.0, InplaceDimShuffle{x}.0)
T.eq(v,w) => Elemwise{eq,no_inplace}(v, w)
T.neq(v,w) => Elemwise{neq,no_inplace}(v, w)
v<w => Elemwise{lt,no_inplace}(v, w)
v<=w => Elemwise{le,no_inplace}(v, w)
v>0 => Elemwise{gt,no_inplace}(v, InplaceDimShuffle{x}.0)
v>=w => Elemwise{ge,no_inplace}(v, w)
T.and_(bb,bb) => Elemwise{and_,no_inplace}(bb, bb)
T.or_(bb,bb) => Elemwise{or_,no_inplace}(bb, bb)
T.xor(bb,bb) => Elemwise{xor,no_inplace}(bb, bb)
T.invert(bb) => Elemwise{invert,no_inplace}(bb)
T.isnan(v) => Elemwise{isnan,no_inplace}(v)
T.isinf(v) => Elemwise{isinf,no_inplace}(v)
T.cast(v,'int32') => Elemwise{Cast{int32}}(v)
T.cast(x,'float32') => Elemwise{Cast{float32}}(x)
v.astype('float32') => Elemwise{Cast{float32}}(v)
x.sum() => Sum{acc_dtype=float64}(x)
x.sum(axis=0) => Sum{axis=[0], acc_dtype=float64}(x)
x.sum(axis=1,keepdims=True) => InplaceDimShuffle{0,x}(Sum{axis=[1], acc_dtype=float64}.0)
x.mean() => Elemwise{true_div,no_inplace}(Elemwise{true_div,no_inplace}.0, Subtensor{int64}.0)
x.prod() => Prod{axis=None, dtype='float64', acc_dtype='float64'}(x)
x.prod(axis=1) => Prod{axis=(1,), dtype='float64', acc_dtype='float64'}(x)
x.max() => MaxAndArgmax{axis=(0, 1)}(x)
x.max(axis=0) => MaxAndArgmax{axis=(0,)}(x)
x.min() => Elemwise{neg,no_inplace}(max)
x.min(axis=1) => Elemwise{neg,no_inplace}(max)
x.argmax() => MaxAndArgmax{axis=(0, 1)}(x)
x.argmax(axis=1) => MaxAndArgmax{axis=(1,)}(x)
T.argmin(v) => MaxAndArgmax{axis=(0,)}(Elemwise{neg,no_inplace}.0)
T.max_and_argmax(x,axis=1)[0] => MaxAndArgmax{axis=(1,)}(x)
T.any(x>0) => Any(Elemwise{gt,no_inplace}.0)
T.all(x>0) => All(Elemwise{gt,no_inplace}.0)
x.T => InplaceDimShuffle{1,0}(x)
x.dimshuffle(0,'x',1) => InplaceDimShuffle{0,x,1}(x)
v.dimshuffle('x',0) => InplaceDimShuffle{x,0}(v)
v.dimshuffle(0,'x') => InplaceDimShuffle{0,x}(v)
x.reshape((2,3)) => Reshape{2}(x, TensorConstant{[2 3]})
x.flatten() => Reshape{1}(x, TensorConstant{(1,) of -1})
T.reshape(x,(i,-1)) => Reshape{2}(x, MakeVector{dtype='int64'}.0)
x.shape => Shape(x)
x.shape[0] => Subtensor{int64}(Shape.0, Constant{0})
x.size => Prod{axis=None, dtype='int64', acc_dtype='int64'}(Shape.0)
v[0] => Subtensor{int64}(v, Constant{0})
v[1:] => Subtensor{int64::}(v, Constant{1})
v[1:3] => Subtensor{int64:int64:}(v, Constant{1}, Constant{3})
v[::-1] => Subtensor{::int64}(v, Constant{-1})
v[-1] => Subtensor{int64}(v, Constant{-1})
x[0] => Subtensor{int64}(x, Constant{0})
x[:,1] => Subtensor{::, int64}(x, Constant{1})
x[0,1] => Subtensor{int64, int64}(x, Constant{0}, Constant{1})
x[i] => Subtensor{int64}(x, ScalarFromTensor.0)
x[i,:] => Subtensor{int64, ::}(x, ScalarFromTensor.0)
x[1:,::2] => Subtensor{int64::, ::int64}(x, Constant{1}, Constant{2})
v[iv] => AdvancedSubtensor1(v, iv)
x[iv] => AdvancedSubtensor1(x, iv)
x[iv,iv] => AdvancedSubtensor(x, iv, iv)
x[x>0] => AdvancedBooleanSubtensor(x, Elemwise{gt,no_inplace}.0)
T.set_subtensor(v[1:3],w) => IncSubtensor{Set;int64:int64:}(v, w, Constant{1}, Constant{3})
T.inc_subtensor(x[0],v) => IncSubtensor{Inc;int64}(x, v, Constant{0})
T.inc_subtensor(v[iv],w) => AdvancedIncSubtensor1{no_inplace,inc}(v, w, iv)
T.set_subtensor(x[iv],y) => AdvancedIncSubtensor1{no_inplace,set}(x, y, iv)
T.dot(x,y) => dot(x, y)
T.dot(v,w) => dot(v, w)
T.dot(x,v) => dot(x, v)
x.dot(y)+v => Elemwise{add,no_inplace}(dot.0, InplaceDimShuffle{x,0}.0)
T.outer(v,w) => dot(InplaceDimShuffle{0,x}.0, InplaceDimShuffle{x,0}.0)
T.batched_dot(t3,t3) => BatchedDot(t3, t3)
T.concatenate([x,y]) => Join(TensorConstant{0}, x, y)
T.concatenate([x,y],axis=1) => Join(TensorConstant{1}, x, y)
T.join(0,v,w) => Join(TensorConstant{0}, v, w)
T.split(v,[1,2],2)[1] => Split{2}(v, TensorConstant{0}, TensorConstant{[1 2]})
T.stack([v,w]) => Join(TensorConstant{0}, InplaceDimShuffle{x,0}.0, InplaceDimShuffle{x,0}.0)
T.stack([a,b]) => MakeVector{dtype='float64'}(a, b)
T.stack([v,w],axis=1) => Join(TensorConstant{1}, InplaceDimShuffle{0,x}.0, InplaceDimShuffle{0,x}.0)
T.eye(3) => Eye{dtype='float64'}(TensorConstant{3}, TensorConstant{3}, TensorConstant{0})
T.eye(3,4,1) => Eye{dtype='float64'}(TensorConstant{3}, TensorConstant{4}, TensorConstant{1})
T.zeros((2,3)) => Alloc(TensorConstant{0.0}, TensorConstant{2}, TensorConstant{3})
T.ones((2,3)) => Alloc(TensorConstant{1.0}, TensorConstant{2}, TensorConstant{3})
T.zeros_like(x) => Elemwise{second,no_inplace}(x, InplaceDimShuffle{x,x}.0)
T.ones_like(x) => Elemwise{second,no_inplace}(x, InplaceDimShuffle{x,x}.0)
T.zeros((i,3)) => Alloc(TensorConstant{0.0}, i, TensorConstant{3})
T.alloc(0.0,2,3) => Alloc(TensorConstant{0.0}, TensorConstant{2}, TensorConstant{3})
T.arange(5) => ARange{dtype='int64'}(TensorConstant{0}, TensorConstant{5}, TensorConstant{1})
T.arange(i) => ARange{dtype='int64'}(TensorConstant{0}, i, TensorConstant{1})
T.arange(1,10,2) => ARange{dtype='int64'}(TensorConstant{1}, TensorConstant{10}, TensorConstant{2})
T.fill(x,1.0) => Elemwise{second,no_inplace}(x, InplaceDimShuffle{x,x}.0)
T.tri(3) => Tri{dtype='float64'}(TensorConstant{3}, TensorConstant{3}, TensorConstant{0})
T.diag(v) => AllocDiag{offset=0, axis1=0, axis2=1}(v)
T.diag(x) => ExtractDiag{offset=0, axis1=0, axis2=1, view=False}(x)
T.nnet.sigmoid(x) => sigmoid(x)
T.nnet.softplus(x) => softplus(x)
T.nnet.softmax(x) => Softmax(x)
T.nnet.logsoftmax(x) => LogSoftmax(x)
T.nnet.categorical_crossentropy(x,y) => Elemwise{neg,no_inplace}(Sum{axis=[1], acc_dtype=float64}.0)
T.cumsum(v) => CumOp{None, add}(v)
T.cumprod(v) => CumOp{None, mul}(v)
T.sort(v) => SortOp{quicksort, None}(v, TensorConstant{-1})
T.argsort(v) => ArgSortOp{quicksort, None}(v, TensorConstant{-1})
T.nonzero(v)[0] => Subtensor{int64}(Nonzero.0, Constant{0})
T.nlinalg.matrix_inverse(x) => MatrixInverse(x)
T.nlinalg.det(x) => Det(x)
T.nlinalg.svd(x)[0] => SVD{full_matrices=1, compute_uv=1}(x)
T.nlinalg.eigh(x)[0] => Eigh{UPLO='L'}(x)
sh*2 => Elemwise{mul,no_inplace}(sh, InplaceDimShuffle{x}.0)
sh0+1 => Elemwise{add,no_inplace}(<TensorType(float64, matrix)>, InplaceDimShuffle{x,x}.0)
T.real(z) => Elemwise{real,no_inplace}(z)
T.imag(z) => Elemwise{imag,no_inplace}(z)
T.conj(z) => Elemwise{conj,no_inplace}(z)
T.angle(z) => Elemwise{angle,no_inplace}(z)
abs(z) => Elemwise{abs_,no_inplace}(z)
u+1 => Elemwise{add,no_inplace}(<TensorType(float64, vector)>, InplaceDimShuffle{x}.0)
v+np.array([1.,2.,3.]) => Elemwise{add,no_inplace}(v, TensorConstant{[1. 2. 3.]})
T.addbroadcast(x,0) => Rebroadcast{1}(x)
T.unbroadcast(r,0) => Rebroadcast{0}(r)
T.patternbroadcast(x,(True,False)) => Rebroadcast{1}(x)
T.scalar('q')**2 => Elemwise{pow,no_inplace}(q, TensorConstant{2})
T.mean(v*w)+1 => Elemwise{add,no_inplace}(mean, TensorConstant{1})
T.sum(T.sqr(x))*0.01 => Elemwise{mul,no_inplace}(Sum{acc_dtype=float64}.0, TensorConstant{0.01})
T.swapaxes(x,0,1) => InplaceDimShuffle{1,0}(x)
T.squeeze(r) => InplaceDimShuffle{1}(r)
T.shape_padleft(v) => InplaceDimShuffle{x,0}(v)
T.shape_padright(v) => InplaceDimShuffle{0,x}(v)
T.ptp(v) => Elemwise{sub,no_inplace}(max, Elemwise{neg,no_inplace}.0)
T.deg2rad(v) => Elemwise{deg2rad,no_inplace}(v)
iv+1 => Elemwise{add,no_inplace}(iv, InplaceDimShuffle{x}.0)
iv*2.5 => Elemwise{mul,no_inplace}(iv, InplaceDimShuffle{x}.0)
iv/2 => Elemwise{true_div,no_inplace}(iv, InplaceDimShuffle{x}.0)
iv//2 => Elemwise{int_div,no_inplace}(iv, InplaceDimShuffle{x}.0)
i+i => Elemwise{add,no_inplace}(i, i)
f*0.5 => Elemwise{mul,no_inplace}(f, InplaceDimShuffle{x,x}.0)
f+1 => Elemwise{add,no_inplace}(f, InplaceDimShuffle{x,x}.0)
f*x => Elemwise{mul,no_inplace}(f, x)
a+b+s => Elemwise{add,no_inplace}(Elemwise{add,no_inplace}.0, s)
T.ge(a,0) => Elemwise{ge,no_inplace}(a, TensorConstant{0})
T.sum(x,acc_dtype='float64') => Sum{acc_dtype=float64}(x)
T.psi(v) => Elemwise{psi,no_inplace}(v)
T.gamma(v) => Elemwise{gamma,no_inplace}(v)
T.erfinv(v) => Elemwise{erfinv,no_inplace}(v)
T.arctan2(v,w) => Elemwise{arctan2,no_inplace}(v, w)
T.trunc(v) => Elemwise{trunc,no_inplace}(v)
T.tensor_copy(v) => Elemwise{identity}(v)
v.copy() => Elemwise{identity}(v)
"""

CALLED = {
    "x.T": "x.T", "x.mean()": "mean", "x.var()": "var", "x.std(axis=0)": "std", "x.max()": "max",
    "x.argmax(axis=1)": "argmax", "x.min()": "Elemwise{neg,no_inplace}.0", "u": "<TensorType("
    "float64, vector)>", "sh0": "<TensorType(float64, matrix)>", "T.constant(2.5)":
    "TensorConstant{2.5}", "T.constant([2, 2])": "TensorConstant{(2,) of 2}",
    "T.constant(np.arange(20))": "TensorConstant{[ 0  1  2 .. 17 18 19]}",
    "T.constant([1, 2])": "TensorConstant{[1 2]}", "T.constant(np.zeros(0))": "TensorConstant{[]}",
    "T.split(v, [1, 2], 2)[1]": "Split{2}.1", "(x.T).T": "InplaceDimShuffle{1,0}.0",
}  # fmt: skip

TREES = """\
== x*2
Elemwise{mul,no_inplace} [id A] ''   
 |x [id B]
 |InplaceDimShuffle{x,x} [id C] ''   
   |TensorConstant{2} [id D]
== x+v
Elemwise{add,no_inplace} [id A] ''   
 |x [id B]
 |InplaceDimShuffle{x,0} [id C] ''   
   |v [id D]
== x.sum(axis=1,keepdims=True)
InplaceDimShuffle{0,x} [id A] ''   
 |Sum{axis=[1], acc_dtype=float64} [id B] ''   
   |x [id C]
== x.mean()
Elemwise{true_div,no_inplace} [id A] 'mean'   
 |Elemwise{true_div,no_inplace} [id B] ''   
 | |Sum{acc_dtype=float64} [id C] ''   
 | | |x [id D]
 | |Subtensor{int64} [id E] ''   
 |   |Elemwise{Cast{float64}} [id F] ''   
 |   | |Shape [id G] ''   
 |   |   |x [id D]
 |   |Constant{0} [id H]
 |Subtensor{int64} [id I] ''   
   |Elemwise{Cast{float64}} [id F] ''   
   |Constant{1} [id J]
== x.max(axis=0)
MaxAndArgmax{axis=(0,)}.0 [id A] 'max'   
 |x [id B]
== x.min()
Elemwise{neg,no_inplace} [id A] ''   
 |MaxAndArgmax{axis=(0, 1)}.0 [id B] 'max'   
   |Elemwise{neg,no_inplace} [id C] ''   
     |x [id D]
== x[i]
Subtensor{int64} [id A] ''   
 |x [id B]
 |ScalarFromTensor [id C] ''   
   |i [id D]
== T.stack([v,w])
Join [id A] ''   
 |TensorConstant{0} [id B]
 |InplaceDimShuffle{x,0} [id C] ''   
 | |v [id D]
 |InplaceDimShuffle{x,0} [id E] ''   
   |w [id F]
== T.outer(v,w)
dot [id A] ''   
 |InplaceDimShuffle{0,x} [id B] ''   
 | |v [id C]
 |InplaceDimShuffle{x,0} [id D] ''   
   |w [id E]
== T.reshape(x,(i,-1))
Reshape{2} [id A] ''   
 |x [id B]
 |MakeVector{dtype='int64'} [id C] ''   
   |i [id D]
   |Elemwise{Cast{int64}} [id E] ''   
     |TensorConstant{-1} [id F]
== (1/(1+T.exp(-T.dot(x,v)-a)))
Elemwise{true_div,no_inplace} [id A] ''   
 |InplaceDimShuffle{x} [id B] ''   
 | |TensorConstant{1} [id C]
 |Elemwise{add,no_inplace} [id D] ''   
   |InplaceDimShuffle{x} [id E] ''   
   | |TensorConstant{1} [id C]
   |Elemwise{exp,no_inplace} [id F] ''   
     |Elemwise{sub,no_inplace} [id G] ''   
       |Elemwise{neg,no_inplace} [id H] ''   
       | |dot [id I] ''   
       |   |x [id J]
       |   |v [id K]
       |InplaceDimShuffle{x} [id L] ''   
         |a [id M]
== T.set_subtensor(v[1:3],w)
IncSubtensor{Set;int64:int64:} [id A] ''   
 |v [id B]
 |w [id C]
 |Constant{1} [id D]
 |Constant{3} [id E]
== x[x>0]
AdvancedBooleanSubtensor [id A] ''   
 |x [id B]
 |Elemwise{gt,no_inplace} [id C] ''   
   |x [id B]
   |InplaceDimShuffle{x,x} [id D] ''   
     |TensorConstant{0} [id E]
== T.sum(T.sqr(x))*0.01
Elemwise{mul,no_inplace} [id A] ''   
 |Sum{acc_dtype=float64} [id B] ''   
 | |Elemwise{sqr,no_inplace} [id C] ''   
 |   |x [id D]
 |TensorConstant{0.01} [id E]
"""  # noqa: W291


@pytest.mark.parametrize("row", NODES.splitlines())
def test_a_node_is_printed_as_theano_prints_it(row: str) -> None:
    expression, _, expected = row.partition(" => ")
    node = eval(expression, SCOPE).owner
    assert str(node) == repr(node) == expected


@pytest.mark.parametrize(("expression", "expected"), CALLED.items())
def test_a_variable_is_printed_as_theano_prints_it(expression: str, expected: str) -> None:
    v = eval(expression, SCOPE)
    assert text_of(v) == expected
    with _as_it_was():
        assert str(v) == repr(v) == expected


@pytest.mark.parametrize("block", TREES.split("== ")[1:], ids=lambda b: b.splitlines()[0])
def test_a_graph_is_printed_as_theano_prints_it(block: str) -> None:
    expression, _, expected = block.partition("\n")
    assert printing.debugprint(eval(expression, SCOPE), file="str") == expected


FORMULAS = """\
x * 2 + v => ((x * TensorConstant{2}) + v)
-a / b ** 2 => ((-a) / (b ** TensorConstant{2}))
abs(a // b) % b => mod(|(a // b)|, b)
T.dot(x, v) - 1.5 => ((x \\dot v) - TensorConstant{1.5})
T.cast(x.T, "float32") => float32(x.T)
v.dimshuffle(0, "x") + v.dimshuffle("x", 0) => (DimShuffle{0, x}(v) + v)
x.sum(axis=0)[1:] => Sum{axis=[0], acc_dtype=float64}(x)[int64:]
x[i, :, ][::-1][0] => x[ScalarFromTensor(i), :][::int64][Constant{0}]
T.concatenate([v, w]).mean() => (Sum{acc_dtype=float64}(join(TensorConstant{0}, v, w)) \
/ float64(Shape(join(TensorConstant{0}, v, w)))[Constant{0}])
T.stack([a, b]) * u => ([a, b] * <TensorType(float64, vector)>)
T.zeros_like(x) + T.zeros((2, 3)) => (fill(x, TensorConstant{0.0}) \
+ alloc(TensorConstant{0.0}, TensorConstant{2}, TensorConstant{3}))
T.switch(v > 0, v.copy(), -v) => switch(gt(v, TensorConstant{0}), v, (-v))
"""


@pytest.mark.parametrize("row", FORMULAS.splitlines())
def test_a_formula_is_written_as_theano_writes_it(row: str) -> None:
    expression, _, expected = row.partition(" => ")
    assert pretty.pprint(eval(expression, SCOPE)) == expected


def test_a_printer_can_be_given_to_an_op() -> None:
    own = pretty.pprint.clone_assign(type(T.exp), pretty.FunctionPrinter("f"))
    assert own(T.exp(a)) == "f(a)"
    own.assign(T.exp, pretty.PatternPrinter(("e^%(0)s", -1)))
    assert own(T.exp(a)) == "e^a"
    own.assign(lambda state, v: v is a, Shouted())
    assert own(T.exp(a)) == "e^A!"
    assert pretty.pprint(T.exp(a)) == "exp(a)"


class Shouted:
    def process(self, output: tutor.Variable, pstate: pretty.PrinterState) -> str:
        return f"{str(output).upper()}!"
