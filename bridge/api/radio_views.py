"""The radio as the contract's JSON: patched talkgroups, who talks in them, and terminals."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from bridge.api.parts import Parts
from bridge.api.text import Output, when
from bridge.domain.directory import Function
from bridge.domain.ids import ConferenceId, Issi, TerminalName
from bridge.domain.model import Patch, PatchState, TerminalView
from bridge.domain.node import Node
from bridge.domain.radiolink import connected_on


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
        " `transmitting`, `pausing`, `waiting`, or `closing` while the talkgroup is told of the end."
    )
    reason: str | None = Field(description="Why it is offline or waiting, in words.")
    talker: int | None = Field(description="The ISSI of the radio user who talks now.")
    talker_name: str | None = Field(description="The function whose ISSI that is, where the directory knows it.")
    talk_began_at: str | None = Field(description="When the radio user who talks now began: a minute is the limit.")
    emergency: bool = Field(description="It is an emergency call: it is never talked over.")
    voice_held: bool = Field(description="Speech from the meeting waits for the channel.")
    held_ms: int | None = Field(description="How much speech waits; none where the audio path tells nothing.")
    delay_ms: int | None = Field(description="How long ago the speech that is sent next was said.")
    transmission_began_at: str | None = Field(description="When our own transmission that is on the air now began.")
    warn_s: float = Field(description="A transmission is warned this long after it began.")
    cut_s: float = Field(description="A transmission is cut this long after it began; what follows goes in the next.")
    keying: str = Field(description="What opens the way to the air: `voice`, `floor` or `key` (`*0`).")
    keyed_by: str | None = Field(description="The participant whose key holds the way to the air open.")
    precedence: str = Field(description="Who goes first when both talk: `radio` or `phone`.")
    breaking_in: bool = Field(description="The channel is asked for although a radio user talks.")
    looped: bool = Field(description="What is received is our own transmission come back: it is not let through.")
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
    issi: int | None
    """The terminal's own identity."""
    gssi: int | None
    """The talkgroup it stands on."""
    signal_dbm: int | None
    """Signal strength, dBm."""
    model: str | None
    """What it says it is."""
    battery_percent: int | None
    """0…100, where it has a battery."""
    conference_id: str | None
    """The conference that it serves now."""
    patch_id: str | None = Field(description="The patch that it serves now.")
    spare: bool = Field(description="Kept free to take over the talkgroup of a terminal that fails.")
    alarms: list[str] = Field(description="What is wrong with it: `weak_signal`, `low_battery`…")
    alarms_at: list[str] = Field(
        description="When each of `alarms` was raised; of what happens in an instant, when it last happened."
    )
    talkgroups: list[CodeplugGroupOut] = Field(description="Those of its own codeplug, as far as it tells.")
    detail: dict[str, Any]
    """What else it has told, by name."""


def patch_out(patch: Patch, names: Mapping[Issi, str], parts: Parts) -> PatchOut:
    radio = parts.control.node().policy.radio
    figures = parts.levels(patch.id) or {}
    held_ms, delay_ms = figures.get("held_ms"), figures.get("delay_ms")
    return PatchOut(
        id=patch.id,
        gssi=patch.gssi,
        name=patch.name,
        terminal=patch.terminal or None,
        state="closing" if patch.closing else patch.state,
        reason=patch.reason,
        talker=patch.talker,
        talker_name=names.get(patch.talker) if patch.talker is not None else None,
        talk_began_at=when(patch.talk_began_at_s),
        emergency=patch.emergency,
        voice_held=patch.voice_held,
        held_ms=None if held_ms is None else round(held_ms),
        delay_ms=None if delay_ms is None else round(delay_ms),
        transmission_began_at=when(patch.transmission_began_at_s),
        warn_s=radio.warn_s,
        cut_s=radio.cut_s,
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


def patches_of(node: Node, conference: ConferenceId) -> list[Patch]:
    return [
        one for one in node.patches.values() if one.conference == conference and one.state is not PatchState.REMOVED
    ]


async def talker_names(parts: Parts, patches: Iterable[Patch]) -> dict[Issi, str]:
    """Who the talking ISSIs are, by the directory's functions."""
    talking = {patch.talker for patch in patches if patch.talker is not None}
    if not talking:
        return {}
    names = issi_names(await parts.directory.list(Function))
    return {issi: names[issi] for issi in talking if issi in names}


def issi_names(functions: Iterable[Function]) -> dict[int, str]:
    """Who the radio users are, by the directory's functions."""
    return {issi: function.name for function in functions for issi in function.issis}


def patch_on(node: Node, terminal: TerminalName) -> Patch | None:
    """The patch that has the terminal now: not one that only asks for it, nor one that is saying farewell."""
    patch = connected_on(node, terminal)
    return patch if patch is not None and not patch.closing else None


def is_spare(node: Node, terminal: TerminalName) -> bool:
    return any(one.spare for one in node.policy.terminals if one.name == terminal)


def terminal_out(terminal: TerminalView, node: Node) -> TerminalOut:
    patch = patch_on(node, terminal.name)
    return TerminalOut(
        name=terminal.name,
        state=terminal.state,
        reason=terminal.reason,
        issi=terminal.issi,
        gssi=terminal.gssi,
        signal_dbm=terminal.signal_dbm,
        model=terminal.model,
        battery_percent=terminal.battery_percent,
        conference_id=patch.conference if patch else None,
        patch_id=patch.id if patch else None,
        spare=is_spare(node, terminal.name),
        alarms=list(terminal.alarms),
        alarms_at=[when(at_s) or "" for at_s in terminal.alarm_times_s],
        talkgroups=[CodeplugGroupOut(gssi=gssi, name=name) for gssi, name in terminal.talkgroups],
        detail=dict(terminal.detail),
    )
