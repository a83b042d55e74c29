"""Why something is so, or is refused: a code with its data. The words of every language stand in `bridge.words`.

Each capability lists its codes in an enumeration of its own; a member is called to make a reason::

    class FloorReason(ReasonCode):
        NOBODY_WAITS = "nobody_waits_for_the_floor"
        TALKGROUP_UNREACHABLE = "talkgroup_unreachable", "talkgroup"  # a code, then the names of its data

    FloorReason.TALKGROUP_UNREACHABLE(talkgroup="RAPS 1")

The words name the data in braces. A device's own words go with any code as `evidence`. They are kept for the log, the
audit and programs. No catalogue shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self, Union

Plain = str | int | float | bool
Value = Union[Plain, "Reason"]
"""A reason may carry the one behind it."""

EVIDENCE: Final = "evidence"
MOST_DEPTH: Final = 8
"""Reasons inside reasons that are read back; a damaged row ends here."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable snake_case code, and its data by name, sorted by name."""

    code: str
    data: tuple[tuple[str, Value], ...] = ()

    def get(self, name: str) -> Value | None:
        """One of its data; `None` where it has none of that name."""
        return next((value for key, value in self.data if key == name), None)

    def proved(self, evidence: str) -> "Reason":
        """The same with a device's own words; no words, no evidence."""
        kept = tuple(one for one in self.data if one[0] != EVIDENCE)
        return Reason(self.code, tuple(sorted((*kept, (EVIDENCE, evidence))))) if evidence else self

    def __str__(self) -> str:
        """For logs and the audit: `code(name=value, …)`, or the sentence of before codes. Never for people."""
        if self.code == GeneralReason.LEGACY:
            return str(self.get("text"))
        return f"{self.code}({', '.join(f'{name}={value}' for name, value in self.data)})" if self.data else self.code


class ReasonCode(StrEnum):
    """The codes of one capability. A member's value is its code; `names` are the data that its words may show."""

    names: tuple[str, ...]

    def __new__(cls, code: str, *names: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.names = names
        return member

    def __call__(self, **data: Value | None) -> Reason:
        """The reason with its data. Data that is `None` is left out."""
        return Reason(self.value, tuple(sorted((name, value) for name, value in data.items() if value is not None)))


class Unusable(ValueError):
    """A value that cannot be used, with the reason for people.

    Attributes:
        reason: Its words name the remedy.
        at: Where the fault is, below the place that is being checked: `("trunk", 1, "name")`; empty for that place.
    """

    def __init__(self, reason: Reason, *at: str | int) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.at = at


class GeneralReason(ReasonCode):
    """Reasons that belong to no capability."""

    OK = "ok"
    """Nothing is wrong: a part's health."""
    LEGACY = "legacy", "text"
    """A sentence that was kept before reasons had codes."""
    INTERNAL_ERROR = "internal_error", "error"
    NOT_UNDERSTOOD = "not_understood"
    CANNOT_BE_KEPT = "cannot_be_kept"
    """The database will never take it."""
    RECORDS_REFUSED = "records_refused", "records", "more"
    """The first of them by name, and how many more."""
    NOTHING_CAN_BE_SAVED = "nothing_can_be_saved", "cause"
    DEVICE_FAILED = "device_failed", "device"
    """A device did not do what it was asked to. It is read in records of before every adapter had codes of its own."""


WELL: Final = GeneralReason.OK()
"""The health of a part with which nothing is wrong."""


def as_json(reason: Reason) -> dict[str, Any]:
    """Code and data as values of JSON; a reason inside is one too."""
    return {"code": str(reason.code), "data": data_of(reason)}


def data_of(reason: Reason) -> dict[str, Any]:
    return {name: as_json(value) if isinstance(value, Reason) else value for name, value in reason.data}


def without_evidence(reason: Reason) -> Reason:
    """The same for those who hold no token: what devices said may name files and users."""
    kept = ((name, value) for name, value in reason.data if name != EVIDENCE)
    return Reason(
        reason.code,
        tuple((name, without_evidence(value) if isinstance(value, Reason) else value) for name, value in kept),
    )


def from_json(value: object, depth: int = 0) -> Reason:
    """The reason that `as_json` wrote. Anything else is a sentence of before, kept as it is."""
    if not isinstance(value, Mapping) or not isinstance(value.get("code"), str) or depth > MOST_DEPTH:
        return GeneralReason.LEGACY(text=str(value))
    data = value.get("data")
    pairs = data.items() if isinstance(data, Mapping) else ()
    return Reason(value["code"], tuple(sorted((str(name), _value(one, depth)) for name, one in pairs)))


def _value(one: object, depth: int) -> Value:
    if isinstance(one, str | int | float | bool):
        return one
    return from_json(one, depth + 1)
