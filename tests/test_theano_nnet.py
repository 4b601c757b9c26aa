"""Theano's functions and classes of `tensor.nnet` that are others combined, against NumPy."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError
from tutor.theano import devices, nnet_names

M = np.arange(6.0).reshape(2, 3)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(("build", "wanted"), [
    (lambda x, b: nnet_names.softmax_with_bias(x, b), lambda x, b: softmax(x + b)),
    (lambda x, b: nnet_names.softmax_graph(x + b), lambda x, b: softmax(x + b)),
    (lambda x, b: nnet_names.softmax_grad(x, T.nnet.softmax(x + b)),
     lambda x, b: (x - (x * softmax(x + b)).sum(1, keepdims=True)) * softmax(x + b)),
    (lambda x, b: nnet_names.prepend_scalar_to_each_row(b[0], x),
     lambda x, b: np.insert(x, 0, b[0], 1)),
    (lambda x, b: nnet_names.crossentropy_softmax_1hot_with_bias(x, b, [1, 0])[0],
     lambda x, b: -np.log(softmax(x + b))[[0, 1], [1, 0]]),
    (lambda x, b: nnet_names.crossentropy_softmax_1hot_with_bias(x, b, [1, 0])[1],
     lambda x, b: softmax(x + b)),
    (lambda x, b: nnet_names.crossentropy_softmax_max_and_argmax_1hot(x, [1, 0])[2],
     lambda x, b: softmax(x).max(axis=1)),
])
def test_functions_are_those_that_numpy_has_in_more_words(build, wanted):
    x, b = T.dmatrix("x"), T.dvector("b")
    values = [M / 3, np.array([0.5, -1.0, 2.0])]
    f = tutor.function([x, b], build(x, b), on_unused_input="ignore")
    np.testing.assert_allclose(f(*values), wanted(*values))
    T.verify_grad(build, values, rng=np.random.RandomState(0))


def test_the_gradients_of_losses_by_name_are_those_that_grad_finds():
    x, g, t = T.dmatrix("x"), T.dvector("g"), T.lvector("t")
    p = T.nnet.softmax(x)
    pairs = [
        (nnet_names.crossentropy_softmax_1hot_with_bias_dx(g, p, t),
         T.grad(None, x, known_grads={nnet_names.crossentropy_categorical_1hot(p, t): g})),
        (nnet_names.CrossentropyCategorical1HotGrad()(g, x, t),
         T.grad(None, x, known_grads={nnet_names.crossentropy_categorical_1hot(x, t): g})),
        (nnet_names.CrossentropySoftmax1HotWithBiasDx()(2.0, p, t),
         T.grad(2 * nnet_names.crossentropy_categorical_1hot(p, t).sum(), x)),
    ]
    f = tutor.function([x, g, t], [v for pair in pairs for v in pair])
    found = f(M + 1, [2.0, -1.0], [0, 2])
    for ours, wanted in zip(found[::2], found[1::2], strict=True):
        np.testing.assert_allclose(ours, wanted)


@pytest.mark.parametrize(("make", "arguments", "wanted"), [
    (lambda: nnet_names.SoftmaxWithBias(), ([[0.0, 0.0]], [0.0, 0.0]), [[0.5, 0.5]]),
    (lambda: nnet_names.SoftmaxGrad(), ([[1.0, 0.0]], [[0.5, 0.5]]), [[0.25, -0.25]]),
    (lambda: nnet_names.Prepend_scalar_to_each_row(), (3.0, [[1.0]]), [[3, 1]]),
    (lambda: nnet_names.Prepend_scalar_constant_to_each_row(4.0), ([[1.0]],), [[4, 1]]),
    (lambda: nnet_names.CrossentropyCategorical1Hot(), ([[1.0, 0.5]], [0]), [0]),
])
def test_classes_of_nnet_are_made_and_called(make, arguments, wanted):
    np.testing.assert_allclose(make()(*arguments).eval(), wanted)
    argmax = nnet_names.CrossentropySoftmaxArgmax1HotWithBias()([[1.0, 2.0]], [0.0, 0.0], [0])[2]
    assert argmax.eval() == [1]


IMAGES, FILTERS = np.arange(50.0).reshape(1, 2, 5, 5), np.arange(12.0).reshape(1, 2, 2, 3)


@pytest.mark.parametrize(("by_cudnn", "here"), [
    (lambda x, w: devices.dnn_conv(x, w, (1, 1), (2, 1), conv_mode="cross", algo="small"),
     lambda x, w: T.nnet.conv2d(x, w, border_mode=1, subsample=(2, 1), filter_flip=False)),
    (lambda x, w: devices.dnn_gradinput(w, devices.dnn_conv(x, w), x.shape),
     lambda x, w: T.grad(None, x, known_grads={T.nnet.conv2d(x, w): T.nnet.conv2d(x, w)})),
    (lambda x, w: devices.dnn_gradweight(x, devices.dnn_conv(x, w), w.shape, "valid"),
     lambda x, w: T.grad(None, w, known_grads={T.nnet.conv2d(x, w): T.nnet.conv2d(x, w)})),
    (lambda x, w: devices.GpuDnnConvGradW()(
        x, devices.dnn_conv(x, w), w, devices.GpuDnnConvDesc(border_mode="valid")(x, w)),
     lambda x, w: devices.dnn_gradweight(x, devices.dnn_conv(x, w), w.shape)),
    (lambda x, w: devices.dnn_conv3d(x.dimshuffle("x", 0, 1, 2, 3), w.dimshuffle("x", 0, 1, 2, 3)),
     lambda x, w: T.nnet.conv2d(x, w[:, ::-1]).dimshuffle("x", 0, 1, 2, 3)),
    (lambda x, w: devices.GpuDnnPool("max_deterministic")(x, (2, 2), (2, 2)),
     lambda x, w: T.signal.pool.pool_2d(x, (2, 2), ignore_border=True)),
    (lambda x, w: devices.GpuDnnSoftmax("channel", "log")(x[0, :, :, :1]),
     lambda x, w: T.log(T.nnet.softmax(x[0, :, :, 0])).dimshuffle(0, 1, "x")),
    (lambda x, w: nnet_names.conv3d2d(x.dimshuffle(0, "x", 1, 2, 3), w.dimshuffle(0, "x", 1, 2, 3)),
     lambda x, w: T.nnet.conv2d(x, w).dimshuffle(0, "x", 1, 2, 3)),
    (lambda x, w: nnet_names.conv3d2d(x.dimshuffle("x", 1, 0, 2, 3), w.dimshuffle("x", 1, 0, 2, 3),
                                      border_mode="full")[:, 1],
     lambda x, w: T.nnet.conv2d(x, w[:, ::-1], border_mode="full")),
    (lambda x, w: devices.GpuCorrMM(pad=(1, 2))(x, w),
     lambda x, w: T.nnet.conv2d(x, w, border_mode=(1, 2), filter_flip=False)),
])
def test_cudnns_names_compute_the_same_on_the_processor(by_cudnn, here):
    x, w = T.dtensor4("x"), T.dtensor4("w")
    f = tutor.function([x, w], [by_cudnn(x, w), here(x, w)], on_unused_input="ignore")
    np.testing.assert_allclose(*f(IMAGES, FILTERS))


def test_a_convolution_takes_an_older_name_and_what_tuned_c_code():
    x, w = T.dtensor4("x"), T.dtensor4("w")
    with pytest.warns(UserWarning, match="no use of version"):
        y = nnet_names.conv2d(x, w, version=-1, border_mode="half")
    with pytest.warns(UserWarning, match="older name of input_shape"):
        z = nnet_names.conv2d(x, w, image_shape=(1, 2, 4, 5))
    f = tutor.function([x, w], [y, T.nnet.conv2d(x, w, border_mode="half")])
    np.testing.assert_allclose(*f(IMAGES, FILTERS))
    with pytest.raises(AssertionError, match=r"said to have|shape"):
        tutor.function([x, w], z)(IMAGES, FILTERS)
    with pytest.raises(BadValueError, match="same argument"):
        nnet_names.conv2d(x, w, (1, 2, 5, 5), image_shape=(1, 2, 5, 5))
    with pytest.raises(TypeError, match="image_shape"):
        T.nnet.conv2d(x, w, image_shape=(1, 2, 5, 5))
