"""Softmax regression on digits by minibatch stochastic gradient descent with early stopping.

    python logistic_sgd.py digits.pkl.gz

The best model on the validation set is pickled, symbols and all, and read back to predict.
"""
from __future__ import print_function

import gzip
import sys

import numpy

import theano
import theano.tensor as T

try:
    import cPickle as pickle
except ImportError:
    import pickle


class LogisticRegression(object):
    """p(y = i | x) = softmax(x W + b)_i, with all parameters at zero to begin with."""

    def __init__(self, input, n_in, n_out):
        self.W = theano.shared(
            value=numpy.zeros((n_in, n_out), dtype=theano.config.floatX), name='W', borrow=True
        )
        self.b = theano.shared(
            value=numpy.zeros((n_out,), dtype=theano.config.floatX), name='b', borrow=True
        )
        self.p_y_given_x = T.nnet.softmax(T.dot(input, self.W) + self.b)
        self.y_pred = T.argmax(self.p_y_given_x, axis=1)
        self.params = [self.W, self.b]
        self.input = input

    def negative_log_likelihood(self, y):
        return -T.mean(T.log(self.p_y_given_x)[T.arange(y.shape[0]), y])

    def errors(self, y):
        if y.ndim != self.y_pred.ndim:
            raise TypeError('y should be like y_pred', ('y', y.type, 'y_pred', self.y_pred.type))
        if y.dtype.startswith('int'):
            return T.mean(T.neq(self.y_pred, y))
        raise NotImplementedError()


def load_data(dataset):
    """Three pairs (inputs, labels) of shared variables: to train, to validate, to test."""
    with gzip.open(dataset, 'rb') as f:
        try:
            sets = pickle.load(f, encoding='latin1')
        except TypeError:
            sets = pickle.load(f)

    def shared_dataset(data_xy, borrow=True):
        data_x, data_y = data_xy
        shared_x = theano.shared(
            numpy.asarray(data_x, dtype=theano.config.floatX), borrow=borrow
        )
        shared_y = theano.shared(
            numpy.asarray(data_y, dtype=theano.config.floatX), borrow=borrow
        )
        # Stored as floats, for the sake of graphics cards; used as the integers they are.
        return shared_x, T.cast(shared_y, 'int32')

    return [shared_dataset(data_xy) for data_xy in sets]


def sgd_optimization(dataset, learning_rate=0.13, n_epochs=8, batch_size=50):
    datasets = load_data(dataset)
    train_set_x, train_set_y = datasets[0]
    valid_set_x, valid_set_y = datasets[1]
    test_set_x, test_set_y = datasets[2]
    n_train_batches = train_set_x.get_value(borrow=True).shape[0] // batch_size
    n_valid_batches = valid_set_x.get_value(borrow=True).shape[0] // batch_size
    n_test_batches = test_set_x.get_value(borrow=True).shape[0] // batch_size

    print('... building the model')
    index = T.lscalar()
    x = T.matrix('x')
    y = T.ivector('y')
    classifier = LogisticRegression(input=x, n_in=8 * 8, n_out=10)
    cost = classifier.negative_log_likelihood(y)
    test_model = theano.function(
        inputs=[index],
        outputs=classifier.errors(y),
        givens={
            x: test_set_x[index * batch_size: (index + 1) * batch_size],
            y: test_set_y[index * batch_size: (index + 1) * batch_size]
        }
    )
    validate_model = theano.function(
        inputs=[index],
        outputs=classifier.errors(y),
        givens={
            x: valid_set_x[index * batch_size: (index + 1) * batch_size],
            y: valid_set_y[index * batch_size: (index + 1) * batch_size]
        }
    )
    g_W = T.grad(cost=cost, wrt=classifier.W)
    g_b = T.grad(cost=cost, wrt=classifier.b)
    updates = [(classifier.W, classifier.W - learning_rate * g_W),
               (classifier.b, classifier.b - learning_rate * g_b)]
    train_model = theano.function(
        inputs=[index],
        outputs=cost,
        updates=updates,
        givens={
            x: train_set_x[index * batch_size: (index + 1) * batch_size],
            y: train_set_y[index * batch_size: (index + 1) * batch_size]
        }
    )

    print('... training the model')
    patience = 40
    patience_increase = 2
    improvement_threshold = 0.995
    validation_frequency = min(n_train_batches, patience // 2)
    best_validation_loss = numpy.inf
    test_score = 0.
    done_looping = False
    epoch = 0
    while (epoch < n_epochs) and (not done_looping):
        epoch = epoch + 1
        for minibatch_index in range(n_train_batches):
            minibatch_avg_cost = train_model(minibatch_index)
            iter = (epoch - 1) * n_train_batches + minibatch_index
            if (iter + 1) % validation_frequency == 0:
                losses = [validate_model(i) for i in range(n_valid_batches)]
                this_validation_loss = numpy.mean(losses)
                print('epoch %i, minibatch %i/%i, cost %.10f, validation error %f %%' % (
                    epoch, minibatch_index + 1, n_train_batches, minibatch_avg_cost,
                    this_validation_loss * 100.))
                if this_validation_loss < best_validation_loss:
                    if this_validation_loss < best_validation_loss * improvement_threshold:
                        patience = max(patience, iter * patience_increase)
                    best_validation_loss = this_validation_loss
                    test_score = numpy.mean([test_model(i) for i in range(n_test_batches)])
                    with open('best_model.pkl', 'wb') as f:
                        pickle.dump(classifier, f)
            if patience <= iter:
                done_looping = True
                break
    print('best validation error %f %%, with test error %f %%' % (
        best_validation_loss * 100., test_score * 100.))
    return classifier


def predict(dataset):
    with open('best_model.pkl', 'rb') as f:
        classifier = pickle.load(f)
    predict_model = theano.function(inputs=[classifier.input], outputs=classifier.y_pred)
    test_set_x, _ = load_data(dataset)[2]
    return predict_model(test_set_x.get_value()[:10])


if __name__ == '__main__':
    trained = sgd_optimization(sys.argv[1])
    print('predicted', predict(sys.argv[1]))
    numpy.savez('logistic_sgd.npz', *[p.get_value() for p in trained.params])
