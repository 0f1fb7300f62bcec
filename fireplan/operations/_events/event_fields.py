"""What may be said for each field of an event, what becomes of it, and what is told when it does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from pydantic_core import PydanticCustomError, core_schema

from fireplan.errors import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import GetCoreSchemaHandler, ValidationInfo

SECOND_US = 1_000_000
MOST_AHEAD_S = 3600.0
"""A stamp farther than this ahead of the clock that received it is no stamp. [s]"""

LONGEST_ID, LONGEST_TEXT = 200, 500
"""Characters in an id, and in any other text."""

MOST_SEQ = 2**53
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAMP = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$"
"""Stamps that are sure to be read, as the schema has it; `datetime.fromisoformat` reads some others too."""

REASON = "reason"
"""Mark of a fault that is told in its own words."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """
    Note on a field for pydantic: what a feed may say for it.

    Attributes
    ----------
    kind
        The type of what is said, with its limits; the JSON schema is that of this type.
    otherwise
        What is told of anything else; it follows the field's name.
    becomes
        Makes the field's value of what is said; None: it is the value.
    """

    kind: Any
    otherwise: str
    becomes: Callable[[Any], Any] | None = None

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Say it in pydantic's terms: check the kind, with our own words for what does not fit, then convert."""
        kind = core_schema.custom_error_schema(
            handler.generate_schema(self.kind), custom_error_type=REASON, custom_error_message=self.otherwise
        )
        return kind if self.becomes is None else core_schema.no_info_after_validator_function(self.becomes, kind)


WHOLE = Annotated[int, Field(strict=True, gt=-MOST_SEQ, lt=MOST_SEQ)]


def text_of(longest: int) -> FieldRule:
    """Note that a field is a text, or a whole number that is meant as one; "" is nothing."""
    text = Annotated[str, Field(strict=True, max_length=longest)]
    return FieldRule(text | WHOLE | None, f"is no text of up to {longest} characters", _as_text)


def _as_text(said: str | int | None) -> str | None:
    return None if said is None else str(said).replace("\x00", "") or None


def _as_id(said: str | int) -> str:
    """
    Check what tells one thing from another.

    What cannot be seen is refused, not taken away: of "E1" and "E1" with a NUL, with half a surrogate pair, a mark
    that turns the direction of writing, or a blank at its end, nobody could tell which unit is meant.
    """
    text = str(said)
    if len(text) > LONGEST_ID or not text.isprintable():
        raise PydanticCustomError(REASON, NO_ID)
    if text != text.strip():
        raise PydanticCustomError(REASON, "begins or ends with a blank")
    return text


def _as_id_if_any(said: str | int | None) -> str | None:
    return None if said is None or said == "" else _as_id(said)


NO_ID = f"is no text of 1 to {LONGEST_ID} printable characters"
ID = FieldRule(
    Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_ID, pattern=r"\S")]
    | Annotated[int, Field(strict=True)],
    NO_ID,
    _as_id,
)
OTHER_ID = FieldRule(
    Annotated[str, Field(strict=True, max_length=LONGEST_ID)] | WHOLE | None,
    f"is no text of up to {LONGEST_ID} characters",
    _as_id_if_any,
)
"""Of what an event speaks of; "" is nothing."""

NO_STAMP = "is not a stamp such as 2024-03-05T19:00:20-05:00"
TIME = {"format": "date-time"}
SHORTEST_STAMP, LONGEST_STAMP = 16, 40


def _as_instant(said: str) -> int:
    """Give an RFC 3339 stamp in microseconds; its offset is needed."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise PydanticCustomError(REASON, NO_STAMP) from None
    if at.tzinfo is None:
        raise PydanticCustomError("ts_naive", "has no offset from UTC: write -05:00 or Z behind it; it is not guessed")
    us = in_us(at)
    if us < 0:
        raise PydanticCustomError(REASON, "lies before 1970")
    return us


INSTANT = FieldRule(
    Annotated[
        str,
        Field(
            strict=True,
            min_length=SHORTEST_STAMP,
            max_length=LONGEST_STAMP,
            json_schema_extra={**TIME, "pattern": STAMP},
        ),
    ],
    NO_STAMP,
    _as_instant,
)
SEQ = FieldRule(
    Annotated[int, Field(strict=True, ge=0, lt=MOST_SEQ)] | None,
    "is not a whole number from 0: number the events, or leave it out",
)


def received_by(said: object, info: ValidationInfo) -> int:
    """When a gateway says that it received the event; if it does not say so, or says a time to come, when we did."""
    ours_us = int(info.context or 0)
    if not isinstance(said, str) or not SHORTEST_STAMP <= len(said) <= LONGEST_STAMP:
        return ours_us
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return ours_us
    if at.tzinfo is None or at < EPOCH:
        return ours_us
    return min(in_us(at), ours_us + int(MOST_AHEAD_S) * SECOND_US)


def in_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware stamp."""
    return (at - EPOCH) // timedelta(microseconds=1)


def fault_of(error: Mapping[str, Any], *, types: tuple[str, ...]) -> tuple[str, str]:
    """
    Put one of pydantic's errors in our words, which hold nothing of the event but its type.

    Parameters
    ----------
    error
        From `ValidationError.errors`.
    types
        Of events that are known.

    Returns
    -------
    Short name of the reason, and the reason.
    """
    name, kind, value = error["loc"][0], error["type"], error["input"]
    if kind == "missing" or value is None:
        return name, f"{name} is missing"
    if name == "type":
        shown = quoted(value if isinstance(value, str) else type(value).__name__, limit=40)
        return "unknown_type", f"type {shown} is unknown: known are {listed(types, most=len(types))}"
    if name in DEGREES:
        # A whole number too long for a float is a number all the same.
        if kind in {"greater_than_equal", "less_than_equal"} or type(value) is int:
            return name, f"{name} is outside -{DEGREES[name]} to {DEGREES[name]} degrees"
        return name, f"{name} is not a finite number of degrees"
    return name if kind == REASON else kind, f"{name} {error['msg']}"


DEGREES = {"latitude": 90, "longitude": 180}


def degrees(name: str, meaning: str) -> Any:  # noqa: ANN401 - as pydantic's own `Field`
    """Note that a field is a number of degrees."""
    most = DEGREES[name]
    return Field(description=meaning, strict=True, ge=-most, le=most, allow_inf_nan=False)
