"""A deep belief net: RBMs trained one on top of the other, then the whole as a classifier.

    python dbn.py digits.pkl.gz
"""
from __future__ import print_function

import sys

import numpy
from logistic_sgd import LogisticRegression, load_data
from mlp import HiddenLayer
from rbm import RBM

import theano
import theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams


class DBN(object):
    def __init__(self, numpy_rng, theano_rng=None, n_ins=64, hidden_layers_sizes=(40, 30),
                 n_outs=10):
        self.sigmoid_layers = []
        self.rbm_layers = []
        self.params = []
        self.n_layers = len(hidden_layers_sizes)
        assert self.n_layers > 0
        if not theano_rng:
            theano_rng = MRG_RandomStreams(numpy_rng.randint(2 ** 30))
        self.x = T.matrix('x')
        self.y = T.ivector('y')
        for i in range(self.n_layers):
            input_size = n_ins if i == 0 else hidden_layers_sizes[i - 1]
            layer_input = self.x if i == 0 else self.sigmoid_layers[-1].output
            sigmoid_layer = HiddenLayer(
                rng=numpy_rng, input=layer_input, n_in=input_size,
                n_out=hidden_layers_sizes[i], activation=T.nnet.sigmoid
            )
            self.sigmoid_layers.append(sigmoid_layer)
            self.params.extend(sigmoid_layer.params)
            # The machine shares its weights and hidden biases with the layer.
            rbm_layer = RBM(
                numpy_rng=numpy_rng, theano_rng=theano_rng, input=layer_input,
                n_visible=input_size, n_hidden=hidden_layers_sizes[i],
                W=sigmoid_layer.W, hbias=sigmoid_layer.b
            )
            self.rbm_layers.append(rbm_layer)
        self.logLayer = LogisticRegression(
            input=self.sigmoid_layers[-1].output, n_in=hidden_layers_sizes[-1], n_out=n_outs
        )
        self.params.extend(self.logLayer.params)
        self.finetune_cost = self.logLayer.negative_log_likelihood(self.y)
        self.errors = self.logLayer.errors(self.y)

    def pretraining_functions(self, train_set_x, batch_size, k):
        index = T.lscalar('index')
        learning_rate = T.scalar('lr')
        batch_begin = index * batch_size
        batch_end = batch_begin + batch_size
        pretrain_fns = []
        for rbm in self.rbm_layers:
            cost, updates = rbm.get_cost_updates(learning_rate, persistent=None, k=k)
            fn = theano.function(
                inputs=[index, theano.In(learning_rate, value=0.1)],
                outputs=cost,
                updates=updates,
                givens={self.x: train_set_x[batch_begin:batch_end]}
            )
            pretrain_fns.append(fn)
        return pretrain_fns

    def build_finetune_functions(self, datasets, batch_size, learning_rate):
        (train_set_x, train_set_y) = datasets[0]
        (test_set_x, test_set_y) = datasets[2]
        n_test_batches = test_set_x.get_value(borrow=True).shape[0] // batch_size
        index = T.lscalar('index')
        gparams = T.grad(self.finetune_cost, self.params)
        updates = []
        for param, gparam in zip(self.params, gparams):
            updates.append((param, param - gparam * learning_rate))
        train_fn = theano.function(
            inputs=[index],
            outputs=self.finetune_cost,
            updates=updates,
            givens={
                self.x: train_set_x[index * batch_size: (index + 1) * batch_size],
                self.y: train_set_y[index * batch_size: (index + 1) * batch_size]
            }
        )
        test_score_i = theano.function(
            [index],
            self.errors,
            givens={
                self.x: test_set_x[index * batch_size: (index + 1) * batch_size],
                self.y: test_set_y[index * batch_size: (index + 1) * batch_size]
            }
        )

        def test_score():
            return [test_score_i(i) for i in range(n_test_batches)]

        return train_fn, test_score


def train_dbn(dataset, finetune_lr=0.3, pretraining_epochs=2, pretrain_lr=0.05, k=1,
              training_epochs=10, batch_size=20):
    datasets = load_data(dataset)
    train_set_x, _ = datasets[0]
    n_train_batches = train_set_x.get_value(borrow=True).shape[0] // batch_size
    numpy_rng = numpy.random.RandomState(123)
    dbn = DBN(numpy_rng=numpy_rng, n_ins=8 * 8, hidden_layers_sizes=[40, 30], n_outs=10)
    pretraining_fns = dbn.pretraining_functions(
        train_set_x=train_set_x, batch_size=batch_size, k=k
    )
    for i in range(dbn.n_layers):
        for epoch in range(pretraining_epochs):
            c = []
            for batch_index in range(n_train_batches):
                c.append(pretraining_fns[i](index=batch_index, lr=pretrain_lr))
            print('Pre-training layer %i, epoch %d, cost %.10f' % (i, epoch, numpy.mean(c)))
    train_fn, test_model = dbn.build_finetune_functions(
        datasets=datasets, batch_size=batch_size, learning_rate=finetune_lr
    )
    for epoch in range(training_epochs):
        costs = [train_fn(i) for i in range(n_train_batches)]
        print('epoch %d, cost %.10f, test error %f' % (
            epoch, numpy.mean(costs), numpy.mean(test_model())))
    return dbn


if __name__ == '__main__':
    trained = train_dbn(sys.argv[1])
    numpy.savez('dbn.npz', *[p.get_value() for p in trained.params])
