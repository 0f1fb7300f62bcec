"""The loop of the simulation against the formulas of queueing theory."""

from math import factorial

import numpy as np
import pytest
import queues

CALLS, TIMES = 200_000, 12
"""Calls of a run, and runs: one run alone strays by more than a hundredth where a queue is busy."""


def arrivals(rng, rate):
    return np.cumsum(rng.exponential(1 / rate, CALLS))


def mean_wait(rate, stays, servers):
    """Mean wait of calls over many runs, the first tenth of each left out."""
    waits = []
    for run in range(TIMES):
        rng = np.random.default_rng(run)
        at = arrivals(rng, rate)
        sent = queues.queue_of(at, stays(rng), servers)
        assert (sent.unit >= 0).all()
        waits.append((sent.dispatched_s - at)[CALLS // 10 :].mean())
    return np.mean(waits)


def erlang_b(load, servers):
    terms = [load**k / factorial(k) for k in range(servers + 1)]
    return terms[-1] / sum(terms)


def erlang_c(load, servers):
    lost = erlang_b(load, servers)
    return lost / (1 - load / servers * (1 - lost))


def exponential(rng):
    return rng.exponential(1.0, CALLS)


@pytest.mark.parametrize("load", [0.3, 0.5])
def test_one_server_waits_as_m_m_1(load):
    assert mean_wait(load, exponential, 1) == pytest.approx(load / (1 - load), rel=0.01)


@pytest.mark.parametrize(("load", "servers"), [(2.0, 3), (5.0, 8)])
def test_several_servers_wait_as_erlang_c(load, servers):
    assert mean_wait(load, exponential, servers) == pytest.approx(erlang_c(load, servers) / (servers - load), rel=0.01)


@pytest.mark.parametrize(("load", "servers"), [(2.0, 3), (5.0, 8)])
def test_several_servers_lose_as_erlang_b(load, servers):
    lost = []
    for run in range(TIMES):
        rng = np.random.default_rng(run)
        sent = queues.queue_of(arrivals(rng, load), exponential(rng), servers, queue=False)
        lost.append((sent.unit < 0).mean())
    assert np.mean(lost) == pytest.approx(erlang_b(load, servers), rel=0.01)


@pytest.mark.parametrize(
    ("stays", "square"),
    [
        (lambda _: np.ones(CALLS), 1.0),
        (lambda rng: rng.lognormal(-0.125, 0.5, CALLS), np.exp(0.25)),
        (lambda rng: rng.gamma(2.0, 0.5, CALLS), 1.5),
    ],
    ids=["constant", "lognormal", "gamma"],
)
def test_one_server_with_any_stay_waits_as_pollaczek_and_khinchine_say(stays, square):
    load = 0.5
    assert mean_wait(load, stays, 1) == pytest.approx(load * square / (2 * (1 - load)), rel=0.01)
