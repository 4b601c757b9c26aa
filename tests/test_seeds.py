"""A seed means the same numbers in every mode, on every thread, in every version.

The numbers are stored here: those of two calls, of streams seeded with 234.
"""

import threading

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.tensor.shared_randomstreams import RandomStreams
from tutor.theano.mrg import MRG_RandomStreams

CHANCES = [0.2, 0.3, 0.5]
DRAWS = {
    "uniform": lambda s: s.uniform((3,), 1.0, 2.0),
    "normal": lambda s: s.normal((3,), 1.0, 2.0),
    "binomial": lambda s: s.binomial((3,), 10, 0.3),
    "random_integers": lambda s: s.random_integers((3,), 0, 99),
    "choice": lambda s: s.choice((3,), 99),
    "poisson": lambda s: s.poisson((3,), 4.0),
    "permutation": lambda s: s.permutation((), 4),
    "multinomial": lambda s: s.multinomial((), 9, CHANCES),
    "shuffle_row_elements": lambda s: s.shuffle_row_elements(T.constant([[1.0, 2, 3]])),
    "mrg uniform": lambda s: s.uniform((3,), 1.0, 2.0),
    "mrg normal": lambda s: s.normal((3,), 1.0, 2.0),
    "mrg truncated_normal": lambda s: s.truncated_normal((3,), 1.0, 2.0),
    "mrg binomial": lambda s: s.binomial((3,), 1, 0.3),
    "mrg multinomial": lambda s: s.multinomial(None, 9, T.constant([CHANCES])),
    "mrg choice": lambda s: s.choice(2, None, False, T.constant([CHANCES])),
}
NUMBERS = {
    "uniform": [[1.1267238140089875, 1.970915965678643, 1.1398909786258131],
                [1.887548254199325, 1.3197141503373775, 1.4758437666716036]],
    "normal": [[0.4658351629077905, -2.9866464363820637, 0.07909947504421666],
               [-1.995311920933847, -2.3416815716990267, 0.13986977901514575]],
    "binomial": [[1, 6, 1], [5, 2, 3]],
    "random_integers": [[84, 89, 80], [55, 42, 70]],
    "choice": [[84, 89, 80], [55, 42, 70]],
    "poisson": [[2, 4, 2], [8, 3, 4]],
    "permutation": [[3, 1, 2, 0], [1, 3, 2, 0]],
    "multinomial": [[0, 6, 3], [1, 5, 3]],
    "shuffle_row_elements": [[2.0, 3.0, 1.0], [3.0, 1.0, 2.0]],
    "mrg uniform": [[1.4499040842056274, 1.3062468161806464, 1.7898354828357697],
                    [1.4476083060726523, 1.0780163542367518, 1.862482384312898]],
    "mrg normal": [[1.6261067963221714, 2.40622066371583, -1.4490318905171788],
                   [2.6467097216092066, -3.3798622648468326, -0.9284815423578199]],
    "mrg truncated_normal": [[1.7117877797994343, 2.5986580724150707, -1.7841751315413812],
                             [2.8720573927698405, -2.7171639585432192, -1.1923889079024415]],
    "mrg binomial": [[0, 0, 0], [0, 1, 0]],
    "mrg multinomial": [[3, 2, 4], [3, 3, 3]],
    "mrg choice": [[1, 2], [1, 0]],
}


def drawn(name, mode=None):
    streams = (MRG_RandomStreams if name.startswith("mrg") else RandomStreams)(seed=234)
    f = tutor.function([], DRAWS[name](streams), mode=mode)
    return [f().ravel() for _ in range(2)]


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE", "DebugMode", "NanGuardMode", "jax"])
@pytest.mark.filterwarnings("ignore::tutor.errors.NotCompiledWarning")
@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_means_these_numbers(name, mode):
    if mode == "jax":
        pytest.importorskip("jax")
    np.testing.assert_allclose(drawn(name, mode), NUMBERS[name], rtol=1e-14)


def test_a_seed_means_these_numbers_on_every_thread():
    found = {}

    def work(name):
        found[name] = drawn(name)

    with tutor.config.change_flags(threads=2):
        threads = [threading.Thread(target=work, args=(name,)) for name in DRAWS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for name, numbers in NUMBERS.items():
        np.testing.assert_allclose(found[name], numbers, rtol=1e-14)


@pytest.mark.parametrize("name", [name for name in DRAWS if not name.startswith("mrg")])
def test_a_loop_draws_what_calls_draw(name):
    y, updates = tutor.scan(lambda: DRAWS[name](RandomStreams(seed=234)), n_steps=2)
    found = tutor.function([], y, updates=updates)()
    np.testing.assert_allclose(found.reshape(2, -1), NUMBERS[name], rtol=1e-14)
