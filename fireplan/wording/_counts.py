"""Counts, numbers with decimals, figures of any size, and what a force is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fireplan.wording._names import joined
from fireplan.wording._numbers import MINUS, NOT_KNOWN, UNLIMITED, digits, known, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WHOLE_FROM = 1000.0
UNCOUNTED = ("people", "personnel", "staff")
"""Words that are plural as they stand."""

ODD = {"people": "person", "personnel": "member of the personnel", "staff": "member of the staff"}
"""What one is called where it is not the plural without its s."""


def count(n: float | None) -> str:
    """
    Say how many, with thousands separators.

    Examples
    --------
    >>> count(115000), count(2.5), count(None)
    ('115,000', '3', 'not known')
    """
    return number(n)


def number(value: float | None, *, decimals: int = 0) -> str:
    """
    Say a number with so many decimals.

    Examples
    --------
    >>> number(1234.56, decimals=1), number(float("inf"))
    ('1,234.6', 'unlimited')
    """
    amount = known(value)
    if math.isnan(amount):
        return NOT_KNOWN
    if math.isinf(amount):
        return UNLIMITED if amount > 0 else f"{MINUS}{UNLIMITED}"
    return digits(amount, decimals)


def counted(n: float | None, singular: str, plural: str = "") -> str:
    """
    Say how many of what.

    Parameters
    ----------
    n
        How many.
    singular, plural
        What one is called, and many; left out: with an s.

    Examples
    --------
    >>> counted(1, "zone"), counted(1200, "zone"), counted(2, "person", "people")
    ('1 zone', '1,200 zones', '2 people')
    """
    told = count(n)  # what is read as one is one: 0.6 is told as 1
    return f"{told} {singular if told == '1' else plural or f'{singular}s'}"


def parted(parts: Sequence[float]) -> list[int]:
    """
    Give whole numbers for the parts of a whole that stand beside it, so that they add up to it as `count` says it.

    Those with the largest remainders are rounded up, of equal ones the first.

    Examples
    --------
    >>> parted([23126.47, 405.48, 6029.1]), count(23126.47 + 405.48 + 6029.1)
    ([23126, 406, 6029], '29,561')
    """
    whole = [math.floor(part) for part in parts]
    more = rounded(math.fsum(parts)) - sum(whole)
    order = sorted(range(len(whole)), key=lambda i: whole[i] - parts[i])
    for i in order[:more]:
        whole[i] += 1
    return whole


def singular(unit: str) -> str:
    """
    Say what one of a unit is called.

    Parameters
    ----------
    unit
        What many are called, in one word or several.

    Examples
    --------
    >>> singular("people"), singular("dwelling units"), singular("facilities"), singular("km of road")
    ('person', 'dwelling unit', 'facility', 'km of road')
    >>> singular("incidents (fire)")
    'incident (fire)'
    """
    unit, bracket, kind = unit.partition(" (")
    head, space, last = unit.rpartition(" ")
    if last in ODD:
        last = ODD[last]
    elif last.endswith("ies"):
        last = f"{last[:-3]}y"
    elif last.endswith(("sses", "xes", "ches", "shes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")):
        last = last[:-1]
    return f"{head}{space}{last}{bracket}{kind}"


def amount(value: float | None, unit: str) -> str:
    """
    Say a figure of any size with its unit.

    Parameters
    ----------
    value
        How much.
    unit
        What many are called.

    Examples
    --------
    >>> amount(113153, "people"), amount(1, "people"), amount(0.5, "incidents"), amount(None, "people")
    ('113,153 people', '1 person', '0.5 incidents', 'not known')
    """
    told = figure(value)
    if told == NOT_KNOWN:
        return told
    return f"{told} {singular(unit) if told == '1' else unit}"


def signed(change: float | None, *, decimals: int = 0) -> str:
    """
    Say a change with its sign; one that rounds to nothing has none.

    Examples
    --------
    >>> signed(12), signed(-3.14, decimals=1) == f"{MINUS}3.1", signed(0.2)
    ('+12', True, '0')
    """
    text = number(change, decimals=decimals)
    return f"+{text}" if known(change) > 0 and (text == UNLIMITED or any(c in "123456789" for c in text)) else text


def figure(value: float | None) -> str:
    """
    Say a figure of any size and unit: whole from a thousand up, to four digits below.

    Examples
    --------
    >>> figure(11506.6), figure(312.44), figure(0.012345), figure(7.0)
    ('11,507', '312.4', '0.01235', '7')
    """
    amount = known(value)
    if not math.isfinite(amount) or abs(amount) >= WHOLE_FROM:
        return number(amount)
    if amount == 0:
        return "0"
    decimals = max(0, 3 - math.floor(math.log10(abs(amount))))
    text = digits(amount, min(decimals, 9))
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed_figure(change: float | None) -> str:
    """
    Say a change of a figure of any size, with its sign.

    Examples
    --------
    >>> signed_figure(853.26), signed_figure(0), signed_figure(-11506.6) == f"{MINUS}11,507"
    ('+853.3', '0', True)
    """
    text = figure(change)
    return f"+{text}" if known(change) > 0 else text


def force(needs: Mapping[str, float]) -> str:
    """
    Say what a force is made of.

    Parameters
    ----------
    needs
        How many of each kind of unit, and people.

    Examples
    --------
    >>> force({"engine": 2, "ladder": 1, "people": 16})
    '2 engines, 1 ladder and 16 people'
    """
    return joined([amount(n, kind if kind in UNCOUNTED else f"{kind}s") for kind, n in needs.items()])
