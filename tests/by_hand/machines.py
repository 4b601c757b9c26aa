"""What learns without labels, by hand: a denoising autoencoder, a Boltzmann machine, and stacks.

Each takes the three sets and returns the costs that its program prints, and what it stores.
"""

import numpy as np

from by_hand.classifiers import Result, Sets, finetune
from by_hand.layers import Array, CombinedDraws, Draw, Draws, batches, descend, sigmoid, weights


class Autoencoder:
    """`w`, `b` (hidden) and `c` (visible), with the draws that put pixels out."""

    def __init__(self, w: Array, b: Array, draw: Draw) -> None:
        self.w, self.b, self.c, self.draw = w, b, np.zeros(len(w)), draw

    def step(self, x: Array, corruption: float, rate: float) -> float:
        """One step of descent on what is rebuilt from `x` with some pixels out."""
        seen = self.draw(np.full(x.shape, 1 - corruption)) * x
        h = sigmoid(seen @ self.w + self.b)
        z = sigmoid(h @ self.w.T + self.c)
        cost = -(x * np.log(z) + (1 - x) * np.log(1 - z)).sum(axis=1).mean()
        back = (z - x) / len(x)
        to_h = back @ self.w * h * (1 - h)
        grads = [seen.T @ to_h + back.T @ h, to_h.sum(axis=0), back.sum(axis=0)]
        descend([self.w, self.b, self.c], grads, rate)
        return float(cost)


def da(sets: Sets) -> Result:
    """A denoising autoencoder with tied weights."""
    rng = np.random.RandomState(123)
    draws = Draws(rng.randint(2**30))
    coder = Autoencoder(weights(rng, 64, 30, 4), np.zeros(30), draws.binomial())
    costs = [
        float(np.mean([coder.step(xs, 0.3, 0.1) for xs in batches(sets[0][0], 20)]))
        for _ in range(5)
    ]
    return costs, [coder.w, coder.b, coder.c]


def sda(sets: Sets) -> Result:
    """Denoising autoencoders one on top of the other, then all as a classifier."""
    rng = np.random.RandomState(89677)
    draws = Draws(rng.randint(2**30))
    coders = []
    for n_in, n_out in [(64, 40), (40, 30)]:
        w = weights(rng, n_in, n_out, 4)
        coders.append(Autoencoder(w, np.zeros(n_out), draws.binomial()))
    costs, x = [], sets[0][0]
    for coder, corruption in zip(coders, [0.1, 0.2], strict=True):
        for _ in range(2):
            steps = [coder.step(xs, corruption, 0.1) for xs in batches(x, 20)]
            costs.append(float(np.mean(steps)))
        coder.step(x[:20], 0.2, 0.1)
        x = sigmoid(x @ coder.w + coder.b)
    params = [part for coder in coders for part in (coder.w, coder.b)]
    params += [np.zeros((30, 10)), np.zeros(10)]
    return costs + finetune(sets, params, 0.2, 5), params


class Machine:
    """A restricted Boltzmann machine: `w`, `b` (hidden), `c` (visible), and its draws."""

    def __init__(self, w: Array, b: Array, draws: Draws | CombinedDraws) -> None:
        self.w, self.b, self.c = w, b, np.zeros(len(w))
        self.first, self.down, self.up = (draws.binomial() for _ in range(3))

    def free_energy(self, v: Array) -> Array:
        return -np.log(1 + np.exp(v @ self.w + self.b)).sum(axis=1) - v @ self.c

    def seen(self, h: Array) -> Array:
        return sigmoid(h @ self.w.T + self.c)

    def hidden(self, v: Array) -> Array:
        return sigmoid(v @ self.w + self.b)

    def chain(self, h: Array, steps: int) -> tuple[Array, Array, Array]:
        """Steps of Gibbs sampling: the last visible probabilities and draws, and hidden draws."""
        for _ in range(steps):
            p = self.seen(h)
            v = self.down(p)
            h = self.up(self.hidden(v))
        return p, v, h

    def learn(self, x: Array, end: Array, rate: float) -> None:
        """Make `x` likelier, and what the chain came to less so."""
        h, he = self.hidden(x) / len(x), self.hidden(end) / len(end)
        grads = [end.T @ he - x.T @ h, he.sum(axis=0) - h.sum(axis=0), end.mean(0) - x.mean(0)]
        descend([self.w, self.b, self.c], grads, rate)


def rbm(sets: Sets) -> Result:
    """Persistent contrastive divergence with three steps, and samples at the end."""
    (x, _), _, (test_x, _) = sets
    rng = np.random.RandomState(123)
    draws = Draws(rng.randint(2**30))
    machine = Machine(weights(rng, 64, 30, 4), np.zeros(30), draws)
    chain, costs, bit = np.zeros((20, 30)), [], 0
    for _ in range(3):
        epoch = []
        for xs in batches(x, 20):
            _, end, chain = machine.chain(chain, 3)
            rounded = np.round(xs)
            flipped = rounded.copy()
            flipped[:, bit % 64] = 1 - flipped[:, bit % 64]
            less = machine.free_energy(flipped) - machine.free_energy(rounded)
            epoch.append(np.mean(64 * np.log(sigmoid(less))))
            machine.learn(xs, end, 0.05)
            bit += 1
        costs.append(float(np.mean(epoch)))
    start = rng.randint(len(test_x) - 10)
    v, up, down = test_x[start : start + 10], draws.binomial(), draws.binomial()
    samples = []
    for _ in range(4):
        for _ in range(20):
            p = machine.seen(up(machine.hidden(v)))
            v = down(p)
        samples.append(p)
    return costs, [machine.w, machine.b, machine.c, chain, np.array(samples)]


def dbn(sets: Sets) -> Result:
    """Machines one on top of the other, each by one step of a chain, then all as a classifier."""
    rng = np.random.RandomState(123)
    draws = CombinedDraws(rng.randint(2**30))
    sizes = [(64, 40), (40, 30)]
    starts = [weights(rng, n_in, n_out, 4) for n_in, n_out in sizes]
    machines = [Machine(w, np.zeros(w.shape[1]), draws) for w in starts]
    costs, x = [], sets[0][0]
    for machine in machines:
        for _ in range(2):
            epoch = []
            for xs in batches(x, 20):
                p, end, _ = machine.chain(machine.first(machine.hidden(xs)), 1)
                epoch.append((xs * np.log(p) + (1 - xs) * np.log(1 - p)).sum(axis=1).mean())
                machine.learn(xs, end, 0.05)
            costs.append(float(np.mean(epoch)))
        x = sigmoid(x @ machine.w + machine.b)
    params = [part for machine in machines for part in (machine.w, machine.b)]
    params += [np.zeros((30, 10)), np.zeros(10)]
    return costs + finetune(sets, params, 0.3, 10), params
