"""Small random problems of serving places from sites, and the best choice of each by trying all."""

from itertools import combinations

import numpy as np

from fireplan.siting._problem.constraints import Choice


def least_of_all(costs, base, choice, total):
    """The least total over every choice that is allowed, given what each place costs; inf: none serves everybody."""
    best = np.inf
    for size in range(min(choice.n, sum(choice.quota)) + 1):
        for chosen in combinations(range(choice.n), size):
            if choice.allows(np.array(chosen, dtype=np.int64)):
                best = min(best, total(np.minimum(base, costs[list(chosen)].min(axis=0, initial=np.inf))))
    return best


def random_problem(rng, costs, weights):
    """Bar some entries of a table of costs, and draw a base and a choice to go with it."""
    n, m = costs.shape
    if rng.random() < 0.6:
        costs[rng.random((n, m)) < rng.choice([0.2, 0.5])] = np.inf
    base = np.full(m, np.inf)
    if rng.random() < 0.5:
        base = np.quantile(costs[np.isfinite(costs)], 0.7) * rng.random(m) if np.isfinite(costs).any() else base
        base[rng.random(m) < 0.1] = np.inf
    group = rng.integers(0, 2, n)
    quota = [int(rng.integers(0, min(2, (group == g).sum()) + 1)) for g in range(2)]
    if rng.random() < 0.5:
        group, quota = np.zeros(n, dtype=np.int64), [int(rng.integers(0, min(4, n) + 1))]
    price, budget, forbidden = None, np.inf, ()
    if rng.random() < 0.4:
        price = rng.integers(-1, 6, n).astype(float)
        budget = float(rng.integers(-1, 10))
    if rng.random() < 0.4:
        forbidden = tuple({tuple(sorted(rng.choice(n, 2, replace=False).tolist())) for _ in range(3)})
    return costs, weights, base, Choice(int(n), tuple(quota), group, price, budget, forbidden)
