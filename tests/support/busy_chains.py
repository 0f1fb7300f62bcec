"""Departments whose units are out, worked out the long way: every state written down, and years of calls played."""

import heapq
from itertools import chain, permutations, product

import numpy as np


def orders(row, tie):
    """Every order in which a place may ask its units, each as likely: those as near as the first of them in any."""
    units = sorted(np.flatnonzero(np.isfinite(row)), key=lambda i: row[i])
    groups = []
    for i in units:
        if groups and row[i] - row[groups[-1][0]] <= tie:
            groups[-1].append(i)
        else:
            groups.append([i])
    every = [list(chain.from_iterable(parts)) for parts in product(*(permutations(g) for g in groups))]
    return [(order, 1 / len(every)) for order in every]


def dense(calls, drive_s, out_h, share, *, queue, tie=1.0, depth=150):
    """
    Solve the generator of all states as one dense system of equations.

    Returns
    -------
    Busy share by unit; first sent at once, units x places; share of calls that wait; mean wait for the first unit.
    """
    n, places = drive_s.shape
    full = (1 << n) - 1
    states = [(s, 0) for s in range(1 << n)] + ([(full, q) for q in range(1, depth + 1)] if queue else [])
    at = {state: i for i, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))
    first = np.zeros((n, places, len(states)))
    for (busy, waiting), i in at.items():
        for unit in range(n):
            if busy >> unit & 1:
                after = (busy, waiting - 1) if waiting else (busy & ~(1 << unit), 0)
                rates[i, at[after]] += 1 / out_h[unit]
        for place in range(places):
            for order, chance in orders(drive_s[:, place], tie):
                for k, of in enumerate(share, 1):
                    rate = calls[place] * chance * of
                    free = [u for u in order if not busy >> u & 1][:k]
                    if free:
                        first[free[0], place, i] += chance * of
                    after = busy
                    for u in free:
                        after |= 1 << u
                    lacks = waiting + k - len(free) if queue and after == full else 0
                    if rate and (after, min(lacks, depth)) != (busy, waiting):
                        rates[i, at[after, min(lacks, depth)]] += rate
    generator = rates - np.diag(rates.sum(axis=1))
    equations = np.vstack([generator.T, np.ones(len(states))])
    p = np.linalg.lstsq(equations, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    busy = np.array([sum(p[i] for (s, _), i in at.items() if s >> u & 1) for u in range(n)])
    waits = sum(p[i] for (s, _), i in at.items() if s == full) if queue else 0.0
    wait_h = sum(p[i] * (q + 1) for (s, q), i in at.items() if s == full) / (1 / np.asarray(out_h)).sum()
    return busy, first @ p, waits, wait_h if queue else 0.0


def played(calls, drive_s, out_h, *, share=(1.0,), n_calls=40_000, seed=1):
    """Play calls one by one, those that find no unit being lost; give how busy each unit was, and who came first."""
    rng = np.random.default_rng(seed)
    n, places = drive_s.shape
    at_h = np.cumsum(rng.exponential(1 / calls.sum(), n_calls))
    where = rng.choice(places, n_calls, p=calls / calls.sum())
    takes = rng.choice(np.arange(1, len(share) + 1), n_calls, p=share)
    order = [[u for u in np.argsort(drive_s[:, j], kind="stable") if np.isfinite(drive_s[u, j])] for j in range(places)]
    free, back, out, first = [True] * n, [], np.zeros(n), np.zeros((n, places))
    for now, place, k in zip(at_h, where, takes, strict=True):
        while back and back[0][0] <= now:
            free[heapq.heappop(back)[1]] = True
        sent = [u for u in order[place] if free[u]][:k]
        if sent:
            first[sent[0], place] += 1
        for u in sent:
            hours = rng.exponential(out_h[u])
            out[u] += min(hours, at_h[-1] - now)
            free[u] = False
            heapq.heappush(back, (now + hours, u))
    return out / at_h[-1], first / np.maximum(np.bincount(where, minlength=places), 1)


def town(seed, n_units, n_places, *, utilisation=0.3, alike=False, share=(1.0,), spread=True):
    """Units and places on a square: calls, drives, and how long each unit is out. [1/h, s, h]"""
    rng = np.random.default_rng(seed)
    places, weight, homes = rng.random((n_places, 2)), rng.random(n_places) ** 2 + 0.01, rng.random((n_units, 2))
    for _ in range(15 if spread else 0):  # stations stand where their calls are
        away = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
        nearest = away.argmin(axis=0)
        for i in set(nearest.tolist()):
            homes[i] = np.average(places[nearest == i], axis=0, weights=weight[nearest == i])
    drive_s = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1)) * 600
    out_h = np.full(n_units, 0.5) if alike else 0.3 + 0.4 * rng.random(n_units)
    per_call = float(np.dot(share, np.arange(1, len(share) + 1)))
    calls = utilisation * n_units / out_h.mean() / per_call * weight / weight.sum()
    return calls, drive_s, out_h
