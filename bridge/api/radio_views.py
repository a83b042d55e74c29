"""The radio as the contract's JSON: patched talkgroups, who talks in them, and terminals."""

from typing import Any

from pydantic import Field

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.kernel.language import Language
from bridge.service.patches import ShownPatch
from bridge.service.terminals import ShownTerminal


class PatchOut(Output):
    """A talkgroup tied to a conference through a radio terminal."""

    id: str
    """Stable while the patch lasts."""
    gssi: int
    """The talkgroup, 1…16777215."""
    name: str = Field(description="The talkgroup's.")
    terminal: str | None = Field(description="None: chosen when the patch is approved.")
    state: str = Field(
        description="`asked` (waits for approval), `offline`, `idle`, `receiving`, `demanding`, `queued`,"
        " `transmitting`, `pausing`, `waiting` or `closing`. A patch that is closing tells the talkgroup of the end."
    )
    reason: str | None = Field(description="Why it is offline or waiting, in words.")
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    talker: int | None = Field(description="The ISSI of the radio user who talks now.")
    talker_name: str | None = Field(description="The function whose ISSI that is, where the directory knows it.")
    talk_began_at: str | None = Field(description="When the radio user who talks now began: a minute is the limit.")
    emergency: bool = Field(description="It is an emergency call: it is never talked over.")
    voice_held: bool = Field(description="Speech from the meeting waits for the channel.")
    held_ms: int | None = Field(
        description="Length of the speech that waits; none where the audio path has told nothing."
    )
    delay_ms: int | None = Field(description="Age of the speech that is sent next.")
    transmission_began_at: str | None = Field(description="When our own transmission that is on the air now began.")
    warn_s: float = Field(description="A transmission is warned this long after it began.")
    cut_s: float = Field(description="A transmission is cut this long after it began; what follows goes in the next.")
    keying: str = Field(description="The opener of the way to the air: `voice`, `floor` or `key` (`*0`).")
    keyed_by: str | None = Field(description="The participant whose key holds the way to the air open.")
    precedence: str = Field(description="The side that goes first when both talk: `radio` or `phone`.")
    breaking_in: bool = Field(description="The channel is asked for although a radio user talks.")
    looped: bool = Field(description="The talkgroup sends our own transmission back: it is not let through.")
    asked_by: str = Field(description="The one who asked for the patch.")
    approved_by: str | None = Field(
        description="The one who approved it, where the talkgroup demands that; never the one who asked."
    )
    lease_until: str | None = Field(description="The patch ends then, unless extended; none: no end.")
    idle_s: float | None = Field(description="The patch ends when nobody has talked for so long; none: never.")
    used_at: str | None = Field(description="When somebody last talked in either direction.")
    notice: bool = Field(description="The talkgroup is told in words when the patch begins and ends.")
    spoken_end: bool = Field(description="Each turn from the meeting ends with a spoken KOM.")
    created_at: str | None
    """When it was asked for (RFC 3339, UTC)."""
    participant: str = Field(description="The talkgroup as a participant of the conference.")


class CodeplugGroupOut(Output):
    """A talkgroup that is programmed into a terminal."""

    gssi: int
    """1…16777215."""
    name: str
    """As the terminal shows it."""


class TerminalOut(Output):
    """A radio terminal, as last reported."""

    name: str
    """Its name in the settings."""
    state: str
    """`absent`, `initialising`, `unregistered`, `ready`, `blocked` or `failed`."""
    reason: str | None
    """Why it is not ready, in words."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    issi: int | None
    """The terminal's own identity."""
    gssi: int | None
    """The talkgroup it stands on."""
    signal_dbm: int | None
    """Signal strength, dBm."""
    model: str | None
    """The model that it names itself."""
    battery_percent: int | None
    """0…100, where it has a battery."""
    conference_id: str | None
    """The conference that it serves now."""
    patch_id: str | None = Field(description="The patch that it serves now.")
    spare: bool = Field(description="Kept free to take over the talkgroup of a terminal that fails.")
    alarms: list[str] = Field(description="Its faults: `weak_signal`, `low_battery` and others.")
    alarms_at: list[str] = Field(
        description="When each of `alarms` was raised; of what happens in an instant, when it last happened."
    )
    talkgroups: list[CodeplugGroupOut] = Field(description="The talkgroups of its own codeplug, as far as it tells.")
    detail: dict[str, Any]
    """Everything else that it has told, by name."""


def patch_out(shown: ShownPatch, language: Language) -> PatchOut:
    patch = shown.patch
    held_ms, delay_ms = shown.figures.get("held_ms"), shown.figures.get("delay_ms")
    return PatchOut(
        id=patch.id,
        gssi=patch.gssi,
        name=patch.name,
        terminal=patch.terminal or None,
        state="closing" if patch.closing else patch.state,
        reason=words(patch.reason, language),
        reason_code=code(patch.reason),
        reason_data=data(patch.reason),
        talker=patch.talker,
        talker_name=shown.talker_name,
        talk_began_at=when(patch.talk_began_at_s),
        emergency=patch.emergency,
        voice_held=patch.voice_held,
        held_ms=None if held_ms is None else round(held_ms),
        delay_ms=None if delay_ms is None else round(delay_ms),
        transmission_began_at=when(patch.transmission_began_at_s),
        warn_s=shown.warn_s,
        cut_s=shown.cut_s,
        keying=patch.keying,
        keyed_by=patch.keyed_by,
        precedence=patch.precedence,
        breaking_in=patch.breaking_in,
        looped=patch.looped,
        asked_by=patch.asked_by,
        approved_by=patch.approved_by,
        lease_until=when(patch.lease_until_s),
        idle_s=patch.idle_s,
        used_at=when(patch.used_at_s or None),
        notice=patch.notice,
        spoken_end=patch.spoken_end,
        created_at=when(patch.created_at_s or None),
        participant=patch.participant,
    )


def terminal_out(shown: ShownTerminal, language: Language) -> TerminalOut:
    terminal, patch = shown.terminal, shown.patch
    return TerminalOut(
        name=terminal.name,
        state=terminal.state,
        reason=words(terminal.reason, language),
        reason_code=code(terminal.reason),
        reason_data=data(terminal.reason),
        issi=terminal.issi,
        gssi=terminal.gssi,
        signal_dbm=terminal.signal_dbm,
        model=terminal.model,
        battery_percent=terminal.battery_percent,
        conference_id=patch.conference if patch else None,
        patch_id=patch.id if patch else None,
        spare=shown.spare,
        alarms=list(terminal.alarms),
        alarms_at=[when(at_s) or "" for at_s in terminal.alarm_times_s],
        talkgroups=[CodeplugGroupOut(gssi=gssi, name=name) for gssi, name in terminal.talkgroups],
        detail=dict(terminal.detail),
    )
