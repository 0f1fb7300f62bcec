"""One search for an optimum: the best answer and the bound so far, the time left, and how it ended."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan import wording
from fireplan._kernel.warmup import compile_siting
from fireplan.errors import Faults
from fireplan.progress import news

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from fireplan.siting._problem.cover_problem import CoverProblem

PROVEN = 1e-9
"""An answer within this part of its bound is the optimum: sums of weights are not exact."""

STATUSES = {
    "optimal": "no other choice is better",
    "gap_limit": "stopped because the answer is within the gap asked for of its bound",
    "time_limit": "stopped when the time was up; the gap says how far from its bound the answer is",
    "interrupted": "stopped by the user; the gap says how far from its bound the answer is",
    "infeasible": "no choice satisfies every condition",
}
"""How a search can end, and what that means."""


@dataclass(frozen=True, eq=False)
class Answer:
    """
    What a model on a matrix found.

    Attributes
    ----------
    chosen
        Positions of the candidates chosen, ascending; one that is chosen twice stands twice.
    objective
        What the choice attains; NaN: there is none.
    bound
        What no choice can exceed (or, where less is better, undercut).
    status
        A key of `STATUSES`.
    reason
        Why there is no choice, or what to know about it; "": nothing.
    model
        The integer program that was handed to HiGHS, for experts; None: it was solved without.
    """

    chosen: NDArray[np.int64]
    objective: float
    bound: float
    status: str
    reason: str = ""
    model: Any = None

    @property
    def gap(self) -> float:
        """How far the objective can be from the optimum, as a share of the objective."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """Distance of an objective from its bound, as a share of the objective; NaN where there is no objective."""
    if math.isnan(objective):
        return math.nan
    if objective == bound:
        return 0.0
    return abs(bound - objective) / abs(objective) if objective else math.inf


class StopSearchError(Exception):
    """Raised inside a search to end it: proven, close enough, or out of time."""


@dataclass(eq=False)
class Search:
    """
    The best answer and the bound so far. Made by `searching`; one thread at a time.

    Attributes
    ----------
    sense
        1: more is better; -1: less is better.
    gap
        Stop once the answer is within this share of its bound.
    ends_s
        When the time is up, on `time.monotonic`. [s]
    step
        All values of the objective are whole multiples of this, so a bound can be rounded; 0: they are not.
    """

    sense: int
    gap: float
    ends_s: float
    tell: Callable[[str], None]
    step: float = 0.0
    chosen: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    objective: float = math.nan
    bound: float = math.inf
    status: str = ""
    reason: str = ""
    model: Any = None

    def __post_init__(self) -> None:
        """Begin with the bound that everything meets."""
        self.bound = math.inf * self.sense

    @property
    def left_s(self) -> float:
        """Time left. [s]"""
        return self.ends_s - time.monotonic()

    def improve(self, chosen: NDArray[np.int64], objective: float) -> bool:
        """Keep an answer if it is the best so far, and say whether it is."""
        better = math.isnan(self.objective) or self.sense * (objective - self.objective) > 0
        if better:
            self.chosen, self.objective = np.sort(np.asarray(chosen, dtype=np.int64)), float(objective)
        return better

    def tighten(self, bound: float) -> None:
        """Keep a bound if it is the tightest so far."""
        if self.step and math.isfinite(bound):
            steps = self.sense * bound / self.step
            bound = self.sense * math.floor(steps + max(1e-6, abs(steps) * PROVEN)) * self.step
        if self.sense * (bound - self.bound) < 0:
            self.bound = float(bound)

    def check(self) -> None:
        """Show how far the search is; end it when it is proven, close enough, or out of time."""
        self.tell(self.told())
        if not math.isnan(self.objective):
            gap = max(0.0, self.sense * (self.bound - self.objective)) / max(abs(self.objective), 1e-300)
            if gap <= PROVEN:
                self.end("optimal")
            if gap <= self.gap:
                self.end("gap_limit")
        self.check_time()

    def check_time(self) -> None:
        """End the search when it is out of time."""
        if self.left_s <= 0:
            self.end("time_limit")

    def end(self, status: str, reason: str = "") -> None:
        """End the search."""
        self.status, self.reason = status, reason
        raise StopSearchError(status)

    def told(self) -> str:
        """Best answer, bound and gap, in words."""
        if math.isnan(self.objective):
            return "no answer yet"
        gap = relative_gap(self.objective, self.bound)
        return f"best {wording.figure(self.objective)}, bound {wording.figure(self.bound)}, gap {wording.share(gap)}"

    def answer(self) -> Answer:
        """What was found."""
        bound = self.bound
        if self.status == "optimal" and not math.isnan(self.objective):
            bound = self.objective
        elif not math.isnan(self.objective) and self.sense * (bound - self.objective) < 0:
            bound = self.objective  # by rounding only
        return Answer(self.chosen, self.objective, bound, self.status, self.reason, self.model)


@contextmanager
def searching(
    *, sense: int, what: str, time_limit_s: float = 60.0, gap: float = 0.0, step: float = 0.0
) -> Iterator[Search]:
    """
    Search for an optimum inside this block.

    Parameters
    ----------
    sense
        1: more is better; -1: less is better.
    what
        What is sought, in one or two words, for progress.
    time_limit_s
        How long to search. [s]
    gap
        Share of the objective that is close enough; 0: until it is proven.
    step
        See `Search`.

    Yields
    ------
    The search. However the block ends (proven, out of time, interrupted), it then holds the best answer, and `status`
    says how it ended; a block that runs to its end has proven its answer.
    """
    check_limits(time_limit_s=time_limit_s, gap=gap)
    compile_siting()
    with news(what) as tell:
        search = Search(sense, gap, time.monotonic() + time_limit_s, tell, step)
        try:
            yield search
        except StopSearchError:
            pass
        except KeyboardInterrupt:
            search.status = "interrupted"
        else:
            search.status = search.status or "optimal"


def check_limits(*, time_limit_s: float, gap: float) -> None:
    """Raise what is wrong with when to stop."""
    faults = Faults("the search")
    if not time_limit_s >= 0:
        faults.add(f"time_limit_s is {time_limit_s}: give seconds, zero or more")
    if not 0 <= gap < 1:
        faults.add(f"gap is {gap}: give a share such as 0.01 for 1 %")
    faults.raise_if_any()


def offer(problem: CoverProblem, search: Search, chosen: NDArray[np.int64]) -> float:
    """Tell a search of a choice, if it meets every condition of a problem, and give its worth."""
    count = problem.counted(chosen)
    value = problem.value(count)
    if problem.meets(chosen, count):
        search.improve(chosen, value)
    return value
