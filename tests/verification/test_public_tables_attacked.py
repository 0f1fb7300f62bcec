"""An attacker who has all public tables of a growing history, by two limits, and works out what follows from them."""

import datetime as dt
import itertools
import os

import numpy as np
import pandas as pd

from fireplan.disclosure import Publications, TableScope, publishable

THOROUGH = bool(os.environ.get("FIREPLAN_THOROUGH"))
K = 11
FIRST = dt.date(2026, 1, 1)
CLASSES = ((0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2))  # within 240 s, from there to 300 s, after that


def history(rng):
    """Calls by day, group and how late help came: few and many, some days and groups with none."""
    days, groups = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    rate = rng.choice([4, 15, 40], size=(days, groups, 1)) * rng.dirichlet([1, 1, 1], size=(days, groups)) * 1.5
    calls = rng.poisson(rate)
    calls[0] *= 4
    calls[rng.random(calls.shape) < 0.25] = 0
    return calls


def tables_seen(rng, calls, *, ledger):
    """Publish over all and by group day after day; each count shown as what it adds up, without knowing the counts."""
    published, seen = Publications(), []
    days, groups, _ = calls.shape
    for day in range(1, days + 1):
        for limit in rng.permutation([1, 2])[: int(rng.integers(1, 3))]:
            so_far = calls[:day].sum(axis=0)
            met, missed = so_far[:, :limit].sum(axis=1), so_far[:, limit:].sum(axis=1)
            each = pd.DataFrame({"group": range(groups), "met": met, "missed": missed})
            whole = pd.DataFrame({"group": [-1], "met": [met.sum()], "missed": [missed.sum()]})
            for title, table in (("all", whole), ("each", each[each["met"] + each["missed"] > 0])):
                if not len(table):
                    continue
                of = TableScope(title, FIRST, FIRST + dt.timedelta(days=day), objective=f"{limit}")
                shown, entry = publishable(
                    table, by="group", counts=["met", "missed"], of=of, published=published if ledger else None
                )
                published = published.adding([entry])
                rows = () if shown.attrs["again"] else shown.dropna(subset=["met", "missed"]).itertuples()
                for row in rows:
                    for part, n in ((slice(0, limit), row.met), (slice(limit, 3), row.missed)):
                        added = np.zeros(calls.shape)
                        added[:day, [row.group] if row.group >= 0 else slice(None), part] = 1
                        assert (added * calls).sum() == n
                        seen.append(added.ravel())
    return np.array(seen).reshape(-1, calls.size)


def found_in(calls, seen):
    """Find each count of some days, groups and classes that follows from sums seen, and is small or of one part."""
    days, groups, _ = calls.shape
    _, size, directions = np.linalg.svd(seen, full_matrices=False)
    directions = directions[size > 1e-9]
    found = []
    chosen = [c for many in range(1, groups + 1) for c in itertools.combinations(range(groups), many)]
    for (start, end), some in itertools.product(itertools.combinations(range(days + 1), 2), chosen):
        known = {}
        for classes in CLASSES:
            asked = np.zeros(calls.shape)
            asked[np.ix_(range(start, end), some, classes)] = 1
            flat = asked.ravel()
            if np.abs(flat - directions.T @ (directions @ flat)).max() < 1e-7:
                known[classes] = int((asked * calls).sum())
        found += [(start, end, some, classes) for classes, n in known.items() if 0 < n < K]
        found += [
            (start, end, some, "one part")
            for met, missed in (((0,), (1, 2)), ((0, 1), (2,)))
            if met in known and missed in known and (known[met] == 0) != (known[missed] == 0)
        ]
    return found


def attacked(seed, *, ledger):
    rng = np.random.default_rng(seed)
    calls = history(rng)
    seen = tables_seen(rng, calls, ledger=ledger)
    return len(seen), found_in(calls, seen) if len(seen) else []


def test_no_small_count_and_no_group_of_one_part_follows_from_tables_of_days_and_limits():
    shown = 0
    for seed in range(300 if THOROUGH else 15):
        n, found = attacked(seed, ledger=True)
        assert found == [], seed
        shown += n
    assert shown > 100


def test_without_the_ledger_the_attack_succeeds():
    assert sum(bool(attacked(seed, ledger=False)[1]) for seed in range(10)) >= 5
