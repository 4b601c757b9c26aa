"""A small convolutional network: two layers of convolution and max-pooling, then an MLP.

    python lenet.py digits.pkl.gz
"""
from __future__ import print_function

import sys

import numpy
from logistic_sgd import LogisticRegression, load_data
from mlp import HiddenLayer

import theano
import theano.tensor as T
from theano.tensor.nnet import conv2d
from theano.tensor.signal import pool


class LeNetConvPoolLayer(object):
    def __init__(self, rng, input, filter_shape, image_shape, poolsize=(2, 2)):
        assert image_shape[1] == filter_shape[1]
        self.input = input
        # What comes into a hidden unit, and what a unit of the layer below gives on.
        fan_in = numpy.prod(filter_shape[1:])
        fan_out = filter_shape[0] * numpy.prod(filter_shape[2:]) // numpy.prod(poolsize)
        W_bound = numpy.sqrt(6. / (fan_in + fan_out))
        self.W = theano.shared(
            numpy.asarray(
                rng.uniform(low=-W_bound, high=W_bound, size=filter_shape),
                dtype=theano.config.floatX
            ),
            borrow=True
        )
        b_values = numpy.zeros((filter_shape[0],), dtype=theano.config.floatX)
        self.b = theano.shared(value=b_values, borrow=True)
        conv_out = conv2d(
            input=input, filters=self.W, filter_shape=filter_shape, input_shape=image_shape
        )
        pooled_out = pool.pool_2d(input=conv_out, ws=poolsize, ignore_border=True)
        self.output = T.tanh(pooled_out + self.b.dimshuffle('x', 0, 'x', 'x'))
        self.params = [self.W, self.b]


def train_lenet(dataset, learning_rate=0.3, n_epochs=16, nkerns=(6, 10), batch_size=50):
    rng = numpy.random.RandomState(23455)
    (train_set_x, train_set_y), _, (test_set_x, test_set_y) = load_data(dataset)
    n_train_batches = train_set_x.get_value(borrow=True).shape[0] // batch_size
    n_test_batches = test_set_x.get_value(borrow=True).shape[0] // batch_size
    index = T.lscalar()
    x = T.matrix('x')
    y = T.ivector('y')

    layer0_input = x.reshape((batch_size, 1, 8, 8))
    # 8 x 8 becomes 6 x 6 by convolution, and 3 x 3 by pooling.
    layer0 = LeNetConvPoolLayer(
        rng, input=layer0_input, image_shape=(batch_size, 1, 8, 8),
        filter_shape=(nkerns[0], 1, 3, 3), poolsize=(2, 2)
    )
    # 3 x 3 becomes 2 x 2, and 1 x 1.
    layer1 = LeNetConvPoolLayer(
        rng, input=layer0.output, image_shape=(batch_size, nkerns[0], 3, 3),
        filter_shape=(nkerns[1], nkerns[0], 2, 2), poolsize=(2, 2)
    )
    layer2 = HiddenLayer(
        rng, input=layer1.output.flatten(2), n_in=nkerns[1], n_out=20, activation=T.tanh
    )
    layer3 = LogisticRegression(input=layer2.output, n_in=20, n_out=10)
    cost = layer3.negative_log_likelihood(y)
    test_model = theano.function(
        [index],
        layer3.errors(y),
        givens={
            x: test_set_x[index * batch_size: (index + 1) * batch_size],
            y: test_set_y[index * batch_size: (index + 1) * batch_size]
        }
    )
    params = layer3.params + layer2.params + layer1.params + layer0.params
    grads = T.grad(cost, params)
    updates = [(param_i, param_i - learning_rate * grad_i)
               for param_i, grad_i in zip(params, grads)]
    train_model = theano.function(
        [index],
        cost,
        updates=updates,
        givens={
            x: train_set_x[index * batch_size: (index + 1) * batch_size],
            y: train_set_y[index * batch_size: (index + 1) * batch_size]
        }
    )
    for epoch in range(n_epochs):
        costs = [train_model(i) for i in range(n_train_batches)]
        error = numpy.mean([test_model(i) for i in range(n_test_batches)])
        print('epoch %d, cost %.10f, test error %f' % (epoch, numpy.mean(costs), error))
    return params


if __name__ == '__main__':
    trained = train_lenet(sys.argv[1])
    numpy.savez('lenet.npz', *[p.get_value() for p in trained])
