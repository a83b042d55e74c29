"""Roll calls as the contract's JSON."""

from typing import Any

from pydantic import Field

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.kernel.language import Language
from bridge.domain.rollcall import quorum
from bridge.domain.rollcall.records import HERE, RollEntry
from bridge.ports import RollSheet


class DeputyOut(Output):
    """A function that is called in the place of another."""

    function: str
    """The duty function."""
    organisation: str
    """Its organisation."""
    rung_at: str | None
    """When it was first rung for this roll call (RFC 3339, UTC)."""


class RollEntryOut(Output):
    """A function on the roll."""

    id: str
    """To tick it by."""
    function: str
    """The duty function."""
    organisation: str
    """Its organisation."""
    state: str
    """`expected`, `present` (seen by its seat), `answered` (by key), `ticked` (by a host), `deputy` or `missing`."""
    here: bool
    """It is there, itself or by a deputy."""
    required: bool
    """The quorum does not hold without it."""
    called_at: str | None
    """When its name was read out (RFC 3339, UTC)."""
    seen_at: str | None
    """When its state was set (RFC 3339, UTC)."""
    participant: str | None
    """The function's participant, or the deputy's."""
    ticked_by: str | None
    """The name of the host or client that ticked it."""
    rung_at: str | None
    """When it was first rung for this roll call (RFC 3339, UTC)."""
    deputies: list[DeputyOut]
    """In the order they are called."""


class RollCallOut(Output):
    """One roll call (*upprop*): a document of its moment."""

    id: str
    """Made by Samband."""
    state: str
    """`preparing` (the roll is being read), `calling` (by name), `ringing` (the missing) or `ended`."""
    started_by: str
    """The host or client that began it."""
    started_at: str | None
    """When it was begun (RFC 3339, UTC)."""
    ended_at: str | None
    """When it ended (RFC 3339, UTC)."""
    summary_to: str
    """`all` or `hosts`: the listeners to its summary."""
    quorum: int | None
    """So many functions must be there. None: all, unless some are required."""
    quorum_holds: bool
    """Whether enough are there now."""
    expected: int
    """The number of functions on the roll."""
    here: int
    """The number of them that are there."""
    reason: str | None = Field(description="Why no name was read out, in words.")
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    entries: list[RollEntryOut]
    """In the order in which they are read out."""


def roll_call_out(sheet: RollSheet, language: Language) -> RollCallOut:
    one, entries = sheet
    roll = [entry for entry in entries if entry.deputy_for is None]
    return RollCallOut(
        id=one.id,
        state=one.state.value,
        started_by=one.started_by,
        started_at=when(one.started_at_s),
        ended_at=when(one.ended_at_s),
        summary_to=one.summary_to.value,
        quorum=one.quorum,
        quorum_holds=quorum.holds(one.quorum, roll),
        expected=len(roll),
        here=sum(entry.state in HERE for entry in roll),
        reason=words(one.reason, language),
        reason_code=code(one.reason),
        reason_data=data(one.reason),
        entries=[_entry_out(entry, [each for each in entries if each.deputy_for == entry.id]) for entry in roll],
    )


def _entry_out(entry: RollEntry, deputies: list[RollEntry]) -> RollEntryOut:
    return RollEntryOut(
        id=entry.id,
        function=entry.function,
        organisation=entry.organisation,
        state=entry.state.value,
        here=entry.state in HERE,
        required=entry.required,
        called_at=when(entry.called_at_s),
        seen_at=when(entry.seen_at_s),
        participant=entry.seat,
        ticked_by=entry.ticked_by,
        rung_at=when(entry.rung_at_s),
        deputies=[
            DeputyOut(function=each.function, organisation=each.organisation, rung_at=when(each.rung_at_s))
            for each in deputies
        ],
    )
