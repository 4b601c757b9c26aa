"""An LSTM that reads each digit row by row, by AdaDelta, with a mask and dropout.

    python lstm.py digits.pkl.gz

Digits are cut off at different heights, so the sequences of a minibatch have different lengths.
"""
from __future__ import print_function

import sys
from collections import OrderedDict

import numpy
from logistic_sgd import load_data

import theano
import theano.tensor as tensor
from theano import config
from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams

SEED = 123
numpy.random.seed(SEED)


def numpy_floatX(data):
    return numpy.asarray(data, dtype=config.floatX)


def _p(pp, name):
    return '%s_%s' % (pp, name)


def ortho_weight(ndim):
    W = numpy.random.randn(ndim, ndim)
    u, s, v = numpy.linalg.svd(W)
    # The orthogonal matrix nearest to W, whatever signs the factors come with.
    return numpy.dot(u, v).astype(config.floatX)


def init_params(options):
    params = OrderedDict()
    dim = options['dim_proj']
    params['Wemb'] = (0.3 * numpy.random.randn(options['n_in'], dim)).astype(config.floatX)
    for name in ('W', 'U'):
        params[_p('lstm', name)] = numpy.concatenate([ortho_weight(dim) for _ in range(4)], axis=1)
    params['lstm_b'] = numpy.zeros((4 * dim,)).astype(config.floatX)
    params['U'] = 0.1 * numpy.random.randn(dim, options['ydim']).astype(config.floatX)
    params['b'] = numpy.zeros((options['ydim'],)).astype(config.floatX)
    return params


def init_tparams(params):
    tparams = OrderedDict()
    for kk, pp in params.items():
        tparams[kk] = theano.shared(params[kk], name=kk)
    return tparams


def dropout_layer(state_before, use_noise, trng):
    return tensor.switch(
        use_noise,
        state_before * trng.binomial(state_before.shape, p=0.5, n=1, dtype=state_before.dtype),
        state_before * 0.5
    )


def lstm_layer(tparams, state_below, options, prefix='lstm', mask=None):
    nsteps = state_below.shape[0]
    n_samples = state_below.shape[1] if state_below.ndim == 3 else 1
    assert mask is not None

    def _slice(_x, n, dim):
        if _x.ndim == 3:
            return _x[:, :, n * dim:(n + 1) * dim]
        return _x[:, n * dim:(n + 1) * dim]

    def _step(m_, x_, h_, c_):
        preact = tensor.dot(h_, tparams[_p(prefix, 'U')])
        preact += x_
        i = tensor.nnet.sigmoid(_slice(preact, 0, options['dim_proj']))
        f = tensor.nnet.sigmoid(_slice(preact, 1, options['dim_proj']))
        o = tensor.nnet.sigmoid(_slice(preact, 2, options['dim_proj']))
        c = tensor.tanh(_slice(preact, 3, options['dim_proj']))
        c = f * c_ + i * c
        # Where a sequence has ended, its state stays as it was.
        c = m_[:, None] * c + (1. - m_)[:, None] * c_
        h = o * tensor.tanh(c)
        h = m_[:, None] * h + (1. - m_)[:, None] * h_
        return h, c

    state_below = (tensor.dot(state_below, tparams[_p(prefix, 'W')]) + tparams[_p(prefix, 'b')])
    dim_proj = options['dim_proj']
    rval, updates = theano.scan(
        _step,
        sequences=[mask, state_below],
        outputs_info=[tensor.alloc(numpy_floatX(0.), n_samples, dim_proj),
                      tensor.alloc(numpy_floatX(0.), n_samples, dim_proj)],
        name=_p(prefix, '_layers'),
        n_steps=nsteps
    )
    return rval[0]


def build_model(tparams, options):
    trng = RandomStreams(SEED)
    use_noise = theano.shared(numpy_floatX(0.))
    x = tensor.tensor3('x', dtype=config.floatX)
    mask = tensor.matrix('mask', dtype=config.floatX)
    y = tensor.vector('y', dtype='int64')
    n_timesteps = x.shape[0]
    n_samples = x.shape[1]
    emb = tensor.dot(
        x.reshape([n_timesteps * n_samples, options['n_in']]), tparams['Wemb']
    ).reshape([n_timesteps, n_samples, options['dim_proj']])
    proj = lstm_layer(tparams, emb, options, mask=mask)
    # The mean of what it said at each step that there was.
    proj = (proj * mask[:, :, None]).sum(axis=0)
    proj = proj / mask.sum(axis=0)[:, None]
    if options['use_dropout']:
        proj = dropout_layer(proj, use_noise, trng)
    pred = tensor.nnet.softmax(tensor.dot(proj, tparams['U']) + tparams['b'])
    f_pred_prob = theano.function([x, mask], pred, name='f_pred_prob')
    f_pred = theano.function([x, mask], pred.argmax(axis=1), name='f_pred')
    off = 1e-8
    if pred.dtype == 'float16':
        off = 1e-6
    cost = -tensor.log(pred[tensor.arange(n_samples), y] + off).mean()
    return use_noise, x, mask, y, f_pred_prob, f_pred, cost


def adadelta(tparams, grads, x, mask, y, cost):
    zipped_grads = [theano.shared(p.get_value() * numpy_floatX(0.), name='%s_grad' % k)
                    for k, p in tparams.items()]
    running_up2 = [theano.shared(p.get_value() * numpy_floatX(0.), name='%s_rup2' % k)
                   for k, p in tparams.items()]
    running_grads2 = [theano.shared(p.get_value() * numpy_floatX(0.), name='%s_rgrad2' % k)
                      for k, p in tparams.items()]
    zgup = [(zg, g) for zg, g in zip(zipped_grads, grads)]
    rg2up = [(rg2, 0.95 * rg2 + 0.05 * (g ** 2)) for rg2, g in zip(running_grads2, grads)]
    f_grad_shared = theano.function(
        [x, mask, y], cost, updates=zgup + rg2up, name='adadelta_f_grad_shared'
    )
    updir = [-tensor.sqrt(ru2 + 1e-6) / tensor.sqrt(rg2 + 1e-6) * zg
             for zg, ru2, rg2 in zip(zipped_grads, running_up2, running_grads2)]
    ru2up = [(ru2, 0.95 * ru2 + 0.05 * (ud ** 2)) for ru2, ud in zip(running_up2, updir)]
    param_up = [(p, p + ud) for p, ud in zip(tparams.values(), updir)]
    f_update = theano.function(
        [], [], updates=ru2up + param_up, on_unused_input='ignore', name='adadelta_f_update'
    )
    return f_grad_shared, f_update


def prepare_data(images, lengths):
    """Sequences side by side, (step, sample, pixel), and a mask that says where each has ended."""
    x = numpy.zeros((8, len(images), 8)).astype(config.floatX)
    x_mask = numpy.zeros((8, len(images))).astype(config.floatX)
    for idx, (image, length) in enumerate(zip(images, lengths)):
        x[:length, idx] = image[:length]
        x_mask[:length, idx] = 1.
    return x, x_mask


def train_lstm(dataset, dim_proj=16, max_epochs=16, batch_size=25, decay_c=0.0001):
    options = {'dim_proj': dim_proj, 'n_in': 8, 'ydim': 10, 'use_dropout': True}
    (train_x, train_y), _, (test_x, test_y) = load_data(dataset)
    images = train_x.get_value().reshape((-1, 8, 8))
    labels = train_y.eval()
    lengths = numpy.random.randint(6, 9, size=len(images))
    tparams = init_tparams(init_params(options))
    (use_noise, x, mask, y, f_pred_prob, f_pred, cost) = build_model(tparams, options)
    if decay_c > 0.:
        decay_c = theano.shared(numpy_floatX(decay_c), name='decay_c')
        weight_decay = 0.
        weight_decay += (tparams['U'] ** 2).sum()
        weight_decay *= decay_c
        cost += weight_decay
    f_cost = theano.function([x, mask, y], cost, name='f_cost')
    grads = tensor.grad(cost, wrt=list(tparams.values()))
    f_grad = theano.function([x, mask, y], grads, name='f_grad')
    f_grad_shared, f_update = adadelta(tparams, grads, x, mask, y, cost)

    test_images = test_x.get_value().reshape((-1, 8, 8))
    test_data = prepare_data(test_images, [8] * len(test_images))
    test_labels = test_y.eval()
    history = []
    for eidx in range(max_epochs):
        order = numpy.random.permutation(len(images))
        costs = []
        for start in range(0, len(images), batch_size):
            use_noise.set_value(numpy_floatX(1.))
            chosen = order[start:start + batch_size]
            xs, ms = prepare_data(images[chosen], lengths[chosen])
            costs.append(f_grad_shared(xs, ms, labels[chosen]))
            f_update()
        use_noise.set_value(0.)
        error = (f_pred(*test_data) != test_labels).mean()
        print('Epoch %d, cost %.10f, test error %f' % (eidx, numpy.mean(costs), error))
        history.append(numpy.mean(costs))
    first = prepare_data(images[:5], lengths[:5]) + (labels[:5],)
    print('at the end: cost %.10f, gradients %s' % (
        f_cost(*first), ['%.8f' % numpy.linalg.norm(g) for g in f_grad(*first)]))
    print('sure of', ['%.6f' % p for p in f_pred_prob(*first[:2]).max(axis=1)])
    return tparams


if __name__ == '__main__':
    trained = train_lstm(sys.argv[1])
    numpy.savez('lstm.npz', **{k: p.get_value() for k, p in trained.items()})
