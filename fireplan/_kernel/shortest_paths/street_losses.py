"""What the loss of a street does to arrivals: the tree of quickest ways, and each branch of it searched anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Arcs(NamedTuple):
    """
    Arcs by tail and by head, each with what it is part of.

    Attributes
    ----------
    start, head, time_s, group
        Arcs of state i are `start[i]:start[i + 1]`: where each leads, its time [s], and the group it is
        lost with; -1: none.
    before, tail, back_s, back_group
        The same arcs by the state that they lead to.
    """

    start: NDArray[np.int32]
    head: NDArray[np.int32]
    time_s: NDArray[np.float32]
    group: NDArray[np.int32]
    before: NDArray[np.int32]
    tail: NDArray[np.int32]
    back_s: NDArray[np.float32]
    back_group: NDArray[np.int32]


class Entries(NamedTuple):
    """
    Where a search begins.

    Attributes
    ----------
    state, spent_s, group
        State, time already spent there [s], and the group that was driven to there; -1: none.
    """

    state: NDArray[np.int32]
    spent_s: NDArray[np.float64]
    group: NDArray[np.int32]


class Tree(NamedTuple):
    """
    The quickest way to every state.

    Attributes
    ----------
    time_s
        Arrival; inf: none. [s]
    parent
        The state before; -1: an entry, or never reached.
    via
        The group last driven; -1: none.
    entry
        The entry that it begins with; -1: never reached.
    order
        The states that are reached, in the order in which they are.
    """

    time_s: NDArray[np.float64]
    parent: NDArray[np.int32]
    via: NDArray[np.int32]
    entry: NDArray[np.int32]
    order: NDArray[np.int32]


class Ends(NamedTuple):
    """
    Points, each reached over two states, or straight from a source on its own street.

    Attributes
    ----------
    state, more_s
        Points x 2: the state, and the time from there (inf: not that way). [s]
    direct_s
        Arrival of the first source on the same street; inf: there is none. [s]
    group
        The group each stands on.
    at
        0 and 1: at the corner of that state itself, whatever street is driven; -1: along its street.
    weight
        How much each counts.
    """

    state: NDArray[np.int32]
    more_s: NDArray[np.float64]
    direct_s: NDArray[np.float64]
    group: NDArray[np.int32]
    at: NDArray[np.int8]
    weight: NDArray[np.float64]


def arcs_of(
    tail: NDArray[np.integer],
    head: NDArray[np.integer],
    time_s: NDArray[np.floating],
    group: NDArray[np.integer],
    n: int,
) -> Arcs:
    """File arcs between `n` states by both of their ends."""

    def filed(key: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[Any, ...]:
        order = np.argsort(key, kind="stable")
        start = np.searchsorted(key[order], np.arange(n + 1)).astype(np.int32)
        return start, other[order].astype(np.int32), time_s[order].astype(np.float32), group[order].astype(np.int32)

    return Arcs(*filed(tail, head), *filed(head, tail))


def quickest_tree(arcs: Arcs, entries: Entries) -> Tree:
    """Find the quickest way to every state (Dijkstra)."""
    n = len(arcs.start) - 1
    tree = Tree(
        np.full(n, np.inf), np.full(n, -1, dtype=np.int32), np.full(n, -1, dtype=np.int32),
        np.full(n, -1, dtype=np.int32), np.empty(n, dtype=np.int32),
    )  # fmt: skip
    room = len(arcs.head) + len(entries.state) + 1
    reached = _tree(*arcs[:4], *entries, *tree, np.empty(room), np.empty(room, dtype=np.int32))
    return tree._replace(order=tree.order[:reached].copy())


def arrivals(tree: Tree, ends: Ends) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """
    Say when each point is reached first, and how.

    Returns
    -------
    Arrival (inf: never) [s]; and 0 or 1: over that state, 2: along its street alone, -1: never.
    """
    # Times at states are taken in single precision, as everywhere; so are arrivals.
    over_s = tree.time_s.astype(np.float32)[ends.state].astype(float) + ends.more_s
    each_s = np.column_stack([over_s, ends.direct_s]).astype(np.float32)
    how = np.argmin(each_s, axis=1).astype(np.int8)
    arrival_s = each_s[np.arange(len(how)), how]
    how[~np.isfinite(arrival_s)] = -1
    return arrival_s, how


def weight_over(tree: Tree, ends: Ends, how: NDArray[np.int8], n_groups: int) -> NDArray[np.float64]:
    """Sum the weight of the points whose quickest way uses each group, that on which they stand included."""
    over = np.zeros(n_groups)
    at_state = np.zeros(len(tree.time_s))
    reached = np.flatnonzero((how >= 0) & (ends.weight != 0))
    by_state = reached[how[reached] < 2]
    state = ends.state[by_state, how[by_state]]
    np.add.at(at_state, state, ends.weight[by_state])
    inside = (ends.at[by_state] != how[by_state]) & (tree.via[state] != ends.group[by_state])
    np.add.at(over, ends.group[by_state[inside]], ends.weight[by_state[inside]])
    straight = reached[how[reached] == 2]
    np.add.at(over, ends.group[straight], ends.weight[straight])
    _sum_up(tree.order, tree.parent, tree.via, at_state, over)
    return over


class Losses(NamedTuple):
    """
    What the loss of each group does to the points that do not stand on it.

    Attributes
    ----------
    delayed, delay_s, longest_s
        Weight that is reached later, the sum of weight times delay, and the longest delay. [s]
    late
        Weight that was reached within the limit and no longer is, what is cut off included.
    cut_off
        Weight that was reached and no longer is at all.
    on_it
        Weight that stands on the group itself.
    """

    delayed: NDArray[np.float64]
    delay_s: NDArray[np.float64]
    longest_s: NDArray[np.float64]
    late: NDArray[np.float64]
    cut_off: NDArray[np.float64]
    on_it: NDArray[np.float64]


class LossSearch:
    """
    Searches anew what hangs on a group when it is lost.

    What is reached without the group keeps its arrival; the branches of the tree that begin with it are searched again
    from the states beside them.
    """

    def __init__(self, arcs: Arcs, entries: Entries, tree: Tree, ends: Ends, *, n_groups: int, limit_s: float) -> None:
        n = len(tree.time_s)
        self._arcs, self._tree, self._ends = arcs, tree, ends
        self._limit_s = np.float32(limit_s)
        self._base_s, _ = arrivals(tree, ends)
        self._by_group = _filed(tree.via, n_groups)
        self._children = _filed(tree.parent, n)
        self._entries = (*_filed(entries.state, n), entries.spent_s, entries.group)
        point = np.arange(len(ends.group), dtype=np.int32)
        two = np.concatenate([ends.state[:, 0], ends.state[:, 1]])
        start, item = _filed(two, n)
        self._at_state = start, np.concatenate([point, point])[item]
        self._on_group = _filed(ends.group, n_groups)
        room = len(arcs.head) + len(entries.state) + 1
        self._room = (
            np.zeros(n, dtype=np.int32), np.full(n, np.inf), np.empty(n, dtype=np.int32),
            np.zeros(len(point), dtype=np.int32), np.empty(room), np.empty(room, dtype=np.int32),
        )  # fmt: skip
        self._asked = 0

    def losses(self, groups: NDArray[np.integer]) -> Losses:
        """Say what the loss of each of some groups does."""
        out = np.zeros((6, len(groups)))
        which = np.ascontiguousarray(groups, dtype=np.int32)
        _lose(
            which, self._asked, *self._arcs, self._tree.time_s, *self._by_group, *self._children, *self._entries,
            *self._ends, self._base_s, *self._at_state, *self._on_group, self._limit_s, *self._room, out,
        )  # fmt: skip
        self._asked += len(groups)
        return Losses(*out)


def _filed(key: NDArray[np.int32], n: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """File rows by a number from 0; those below it are left out."""
    order = np.argsort(key, kind="stable").astype(np.int32)
    start = np.searchsorted(key[order], np.arange(n + 1)).astype(np.int32)
    return start - start[0], order[start[0] :].copy()


@part
def _push(key, item, n, time_s, state):
    """Put a state into the heap; returns how many there are."""
    at = n
    while at > 0:
        above = (at - 1) >> 1
        if key[above] <= time_s:
            break
        key[at], item[at] = key[above], item[above]
        at = above
    key[at], item[at] = time_s, state
    return n + 1


@part
def _pop(key, item, n):
    """Take the first out of the heap, which the caller has read; returns how many are left."""
    n -= 1
    time_s, state = key[n], item[n]
    at = np.int64(0)
    while True:
        below = 2 * at + 1
        if below >= n:
            break
        if below + 1 < n and key[below + 1] < key[below]:
            below += 1
        if key[below] >= time_s:
            break
        key[at], item[at] = key[below], item[below]
        at = below
    key[at], item[at] = time_s, state
    return n


@compiled
def _tree(
    start, head, arc_s, arc_group, seed, seed_s, seed_group, time_s, parent, via, entry, order, key, item
):  # fmt: skip
    """Write the tree; how many states are reached."""
    n, reached = np.int64(0), np.int64(0)
    for i in range(len(seed)):
        if seed_s[i] < time_s[seed[i]]:
            time_s[seed[i]], via[seed[i]], entry[seed[i]] = seed_s[i], seed_group[i], i
            n = _push(key, item, n, seed_s[i], seed[i])
    while n > 0:
        here_s, state = key[0], item[0]
        n = _pop(key, item, n)
        if here_s > time_s[state]:
            continue  # reached sooner since
        if reached > 0 and order[reached - 1] == state:
            continue  # entered twice at one time
        order[reached] = state
        reached += 1
        for arc in range(start[state], start[state + 1]):
            there_s = here_s + np.float64(arc_s[arc])
            to = head[arc]
            if there_s < time_s[to]:
                time_s[to], parent[to], via[to], entry[to] = there_s, state, arc_group[arc], entry[state]
                n = _push(key, item, n, there_s, to)
    return reached


@compiled
def _sum_up(order, parent, via, at_state, over):
    """Carry weights from the ends of the tree to its entries, over the groups that each way uses."""
    for i in range(len(order) - 1, -1, -1):
        state = order[i]
        before, group = parent[state], via[state]
        if group >= 0 and (before < 0 or via[before] != group):
            over[group] += at_state[state]
        if before >= 0:
            at_state[before] += at_state[state]


@compiled
def _lose(
    groups, asked, start, head, arc_s, arc_group, before, tail, back_s, back_group, time_s, of_group, in_group,
    of_parent, children, of_entry, entries, entry_s, entry_group, end_state, more_s, direct_s, end_group, end_at,
    weight, base_s, of_state, at_state, of_street, on_street, limit_s, cut, new_s, branch, done, key, item, out,
):  # fmt: skip
    """Write what each loss does."""
    for g in range(len(groups)):
        group, mark = groups[g], np.int32(asked + g + 1)
        # All that hangs on the group: the states entered by it, and what lies behind them.
        size = np.int64(0)
        for i in range(of_group[group], of_group[group + 1]):
            if cut[in_group[i]] != mark:
                cut[in_group[i]] = mark
                branch[size] = in_group[i]
                size += 1
        looked = np.int64(0)
        while looked < size:
            state = branch[looked]
            looked += 1
            for i in range(of_parent[state], of_parent[state + 1]):
                if cut[children[i]] != mark:
                    cut[children[i]] = mark
                    branch[size] = children[i]
                    size += 1
        # From the states beside them, and by other entries, it is reached anew.
        n = np.int64(0)
        for i in range(size):
            state = branch[i]
            best_s = np.inf
            for j in range(of_entry[state], of_entry[state + 1]):
                if entry_group[entries[j]] != group:
                    best_s = min(best_s, entry_s[entries[j]])
            for arc in range(before[state], before[state + 1]):
                if cut[tail[arc]] != mark and back_group[arc] != group:
                    best_s = min(best_s, time_s[tail[arc]] + np.float64(back_s[arc]))
            new_s[state] = best_s
            if best_s < np.inf:
                n = _push(key, item, n, best_s, state)
        while n > 0:
            here_s, state = key[0], item[0]
            n = _pop(key, item, n)
            if here_s > new_s[state]:
                continue
            for arc in range(start[state], start[state + 1]):
                to = head[arc]
                if cut[to] == mark and arc_group[arc] != group:
                    there_s = here_s + np.float64(arc_s[arc])
                    if there_s < new_s[to]:
                        new_s[to] = there_s
                        n = _push(key, item, n, there_s, to)
        for i in range(size + 1):
            # The points behind each state; at last those on the group itself.
            if i < size:
                first, last = of_state[branch[i]], of_state[branch[i] + 1]
            else:
                first, last = of_street[group], of_street[group + 1]
            for k in range(first, last):
                point = at_state[k] if i < size else on_street[k]
                if done[point] == mark:
                    continue
                done[point] = mark
                w = weight[point]
                was_s = base_s[point]
                if w == 0.0 or not was_s < np.inf:
                    continue
                own = end_group[point] == group
                if own and end_at[point] < 0:
                    out[5, g] += w
                    continue
                now_s = np.float32(np.inf) if own else np.float32(direct_s[point])
                for side in range(2):
                    if own and end_at[point] != side:
                        continue
                    state = end_state[point, side]
                    there_s = new_s[state] if cut[state] == mark else time_s[state]
                    over_s = np.float32(np.float64(np.float32(there_s)) + more_s[point, side])
                    now_s = min(now_s, over_s)
                if not now_s > was_s:
                    continue
                if now_s < np.inf:
                    late_s = np.float64(now_s) - np.float64(was_s)
                    out[0, g] += w
                    out[1, g] += w * late_s
                    out[2, g] = max(out[2, g], late_s)
                else:
                    out[4, g] += w
                if was_s <= limit_s and now_s > limit_s:
                    out[3, g] += w
