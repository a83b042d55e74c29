"""The live state as the contract's JSON: plain functions from the node to response models."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from bridge.api.parts import Parts
from bridge.api.text import Output, number_spoken, when
from bridge.domain.directory import Function
from bridge.domain.ids import ConferenceId, Issi, TerminalName
from bridge.domain.model import (
    TARGET_DONE,
    Activation,
    Attempt,
    Conference,
    ConferenceState,
    Floor,
    Participant,
    ParticipantState,
    Patch,
    PatchState,
    RecordingState,
    Target,
    TargetState,
    TerminalView,
)
from bridge.domain.node import Node


class ParticipantOut(Output):
    """Somebody in a conference: a telephone, a talkgroup or a browser."""

    id: str
    """Stable while the conference lasts, also when the line was lost and came back."""
    kind: str
    """`phone`, `radio` (a patched talkgroup) or `browser`."""
    name: str
    """What the host sees: the function, the number, or the talkgroup."""
    organisation: str | None
    """Of the function, where it is known."""
    function: str | None
    """The duty function, where it is known by its call or its code."""
    role: str
    """`host` or `participant`."""
    state: str
    """`joining`, `present` or `left`."""
    muted: bool
    """By himself or by a host. Who is silent by the floor's mode is not muted."""
    talking: bool
    """Speech is detected now, also of one who is muted."""
    language: str
    """`sv` or `en`: in which he is spoken to."""
    joined_at: str | None
    """When he came in (RFC 3339, UTC)."""
    left_at: str | None
    """When he left (RFC 3339, UTC); none: he is there."""


class FloorOut(Output):
    """Who may be heard (*ordet*)."""

    mode: str
    """`open` (all), `lecture` (hosts and whom they give the word) or `queue` (one at a time, in order)."""
    holder: str | None
    """The participant who has the word; none: nobody, or all."""
    queue: list[str]
    """Participants who wait for the word, the next first."""
    given_at: str | None
    """When the holder got it (RFC 3339, UTC)."""


class ConferenceRecordingOut(Output):
    """Whether the conference is recorded now."""

    on: bool
    """It is, or is about to be."""
    state: str
    """`off`, `starting`, `on`, `stopping` or `failed`."""
    id: str | None
    """The recording under way, to be found under `/recordings` when it is archived."""
    failure: str | None
    """Why it could not be recorded, in words."""


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
    talker: int | None = Field(description="The ISSI of who talks on the radio now.")
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
    asked_by: str = Field(description="Who asked for the patch.")
    approved_by: str | None = Field(description="Who approved it, where the talkgroup demands that: never who asked.")
    lease_until: str | None = Field(description="The patch ends then, unless extended; none: no end.")
    idle_s: float | None = Field(description="The patch ends when nobody has talked for so long; none: never.")
    used_at: str | None = Field(description="When somebody last talked in either direction.")
    notice: bool = Field(description="The talkgroup is told in words when the patch begins and ends.")
    spoken_end: bool = Field(description="Each turn from the meeting ends with a spoken KOM.")
    created_at: str | None
    """When it was asked for (RFC 3339, UTC)."""
    participant: str = Field(description="The talkgroup as a participant of the conference.")


class ConferenceOut(Output):
    """One meeting, with all that a host needs."""

    id: str
    """Made by us, never used again."""
    name: str
    """As it was opened."""
    number: str
    """To call, E.164."""
    number_spoken: str
    """The same as it is written and read aloud in Sweden."""
    code: str | None
    """The participants' code, keyed with `#` after it; none when the conference has ended."""
    host_code: str | None
    """The code that makes a host; none when the conference has ended."""
    state: str
    """`open` (nobody is there yet, or any more), `active` or `ended`."""
    language: str
    """`sv` or `en`: of what is said to all."""
    locked: bool
    """Nobody new gets in."""
    exercise: bool
    """An exercise (*övning*): marked wherever it is shown or kept."""
    emergency: bool
    """It was opened by itself for callers of the emergency room."""
    forum: str | None
    """The forum whose defaults it has."""
    created_at: str | None
    """When it was opened (RFC 3339, UTC)."""
    started_at: str | None
    """When the first one came (RFC 3339, UTC)."""
    ended_at: str | None
    """When it was ended (RFC 3339, UTC)."""
    participants: list[ParticipantOut]
    """Who is in it now, in the order they came."""
    floor: FloorOut
    """Who may be heard."""
    recording: ConferenceRecordingOut
    """Whether it is recorded now."""
    patches: list[PatchOut]
    """The talkgroups in it."""
    radio_only_since: str | None = Field(
        description="Telephony is lost, and the meeting goes on in its talkgroups alone since then."
    )


class AttemptOut(Output):
    """One call to one number of a target."""

    id: str
    """Also the id of its channel in Asterisk, so that a call is found again after a crash."""
    number: str
    """E.164."""
    trunk: str
    """The trunk it went by."""
    state: str
    """`intent` (committed to be placed), `ringing`, `answered` or `ended`."""
    result: str | None
    """How it ended: `joined`, `later`, `cannot`, `no_key`, `busy`, `no_answer`, `congestion`, `in_doubt`…"""
    cause: int | None
    """Q.850 cause of the end."""
    placed_at: str | None
    """When it was committed to be placed (RFC 3339, UTC)."""
    ringing_at: str | None
    """When it began to ring (RFC 3339, UTC)."""
    answered_at: str | None
    """When it was answered, by a person or not (RFC 3339, UTC)."""
    ended_at: str | None
    """When it ended (RFC 3339, UTC)."""


class TargetOut(Output):
    """One function that is called, with its numbers in order."""

    id: str
    """Of this target of this activation."""
    position: int
    """Its place in the list, from 0."""
    function: str
    """The duty function."""
    organisation: str
    """Whose it is."""
    numbers: list[str]
    """E.164, in the order they are tried."""
    state: str
    """`waiting`, `calling`, `asked` (answered, no key yet), `joined`, `later`, `cannot`, `unreachable` or `cancelled`.
    """
    reason: str | None
    """Why it ended so, in words."""
    attempts_made: int
    """Calls that count; those that failed for lack of a line do not."""
    calling: str | None
    """The number that is called now."""
    not_before: str | None
    """The next call is made then at the earliest (RFC 3339, UTC)."""
    attempts: list[AttemptOut]
    """Every call, the first first."""


class ActivationOut(Output):
    """A call-out (*inkallning*) as it stands now."""

    id: str
    """Made by us."""
    key: str
    """The client's own: the same key starts nothing anew."""
    conference_id: str
    """Where those who press 1 are taken."""
    list_name: str
    """The activation list's name when it was started."""
    started_by: str
    """The token's name, or who ordered it by radio."""
    started_at: str | None
    """When it was committed (RFC 3339, UTC)."""
    ended_at: str | None
    """When every target was settled, or it was cancelled (RFC 3339, UTC)."""
    state: str
    """`open`, `done` or `cancelled`."""
    exercise: bool
    """An exercise (*övning*): those who answer are told."""
    counters: dict[str, int]
    """How many targets are in each state, and in all (`total`) and finished (`done`)."""
    targets: list[TargetOut]
    """Every function with its outcome, in the list's order."""


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
    """`absent`, `initialising`, `unregistered`, `ready` or `failed`."""
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
    alarms: list[str] = Field(description="What is wrong and does not stop it: `weak_signal`, `low_battery`…")
    talkgroups: list[CodeplugGroupOut] = Field(description="Those of its own codeplug, as far as it tells.")
    detail: dict[str, Any]
    """What else it has told, by name."""


def participant_out(participant: Participant) -> ParticipantOut:
    return ParticipantOut(
        id=participant.id,
        kind=participant.kind,
        name=participant.name,
        organisation=participant.organisation,
        function=participant.function,
        role=participant.role,
        state=participant.state,
        muted=participant.muted,
        talking=participant.talking,
        language=participant.language,
        joined_at=when(participant.joined_at_s),
        left_at=when(participant.left_at_s),
    )


def floor_out(floor: Floor) -> FloorOut:
    return FloorOut(mode=floor.mode, holder=floor.holder, queue=list(floor.queue), given_at=when(floor.given_at_s))


def recording_out(conference: Conference) -> ConferenceRecordingOut:
    recording = conference.recording
    on = recording.state in {RecordingState.STARTING, RecordingState.ON}
    return ConferenceRecordingOut(on=on, state=recording.state, id=recording.recording, failure=recording.failure)


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


def participants_of(node: Node, conference: ConferenceId, *, left: bool = False) -> list[Participant]:
    """In the order they came; those who left only when asked for."""
    found = [
        one
        for one in node.participants.values()
        if one.conference == conference and (left or one.state is not ParticipantState.LEFT)
    ]
    return sorted(found, key=lambda one: (one.joined_at_s or float("inf"), one.id))


def patches_of(node: Node, conference: ConferenceId) -> list[Patch]:
    return [
        one for one in node.patches.values() if one.conference == conference and one.state is not PatchState.REMOVED
    ]


async def conference_out(parts: Parts, conference: Conference) -> ConferenceOut:
    """A conference with all a host needs, its codes included while it is not ended."""
    node = parts.control.node()
    open_ = conference.state is not ConferenceState.ENDED
    codes = await parts.codes.read(conference.id) if open_ else None
    patches = patches_of(node, conference.id)
    names = await talker_names(parts, patches)
    return ConferenceOut(
        id=conference.id,
        name=conference.name,
        number=conference.number,
        number_spoken=number_spoken(conference.number),
        code=codes[0] if codes else None,
        host_code=codes[1] if codes else None,
        state=conference.state,
        language=conference.language,
        locked=conference.locked,
        exercise=conference.exercise,
        emergency=conference.emergency,
        forum=conference.forum,
        created_at=when(conference.created_at_s),
        started_at=when(conference.started_at_s),
        ended_at=when(conference.ended_at_s),
        participants=[participant_out(one) for one in participants_of(node, conference.id)],
        floor=floor_out(conference.floor),
        recording=recording_out(conference),
        patches=[patch_out(one, names, parts) for one in patches],
        radio_only_since=when(conference.radio_only_since_s),
    )


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


def activation_out(activation: Activation, targets: Sequence[Target], attempts: Sequence[Attempt]) -> ActivationOut:
    by_target: dict[str, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda one: one.intent_at_s):
        by_target.setdefault(attempt.target, []).append(attempt)
    ordered = sorted(targets, key=lambda one: one.position)
    return ActivationOut(
        id=activation.id,
        key=activation.key,
        conference_id=activation.conference,
        list_name=activation.list_name,
        started_by=activation.started_by,
        started_at=when(activation.started_at_s),
        ended_at=when(activation.ended_at_s),
        state=activation.state,
        exercise=activation.exercise,
        counters=_counters(ordered),
        targets=[_target_out(one, by_target.get(one.id, [])) for one in ordered],
    )


def _counters(targets: Sequence[Target]) -> dict[str, int]:
    counters = {state.value: 0 for state in TargetState}
    for target in targets:
        counters[target.state] += 1
    return {**counters, "done": sum(target.state in TARGET_DONE for target in targets), "total": len(targets)}


def _target_out(target: Target, attempts: Sequence[Attempt]) -> TargetOut:
    calling = next((one.number for one in attempts if one.id == target.attempt), None)
    return TargetOut(
        id=target.id,
        position=target.position,
        function=target.function,
        organisation=target.organisation,
        numbers=list(target.numbers),
        state=target.state,
        reason=target.reason,
        attempts_made=target.attempts_made,
        calling=calling,
        not_before=when(target.not_before_s or None),
        attempts=[_attempt_out(one) for one in attempts],
    )


def _attempt_out(attempt: Attempt) -> AttemptOut:
    return AttemptOut(
        id=attempt.id,
        number=attempt.number,
        trunk=attempt.trunk,
        state=attempt.state,
        result=attempt.result,
        cause=attempt.cause,
        placed_at=when(attempt.intent_at_s),
        ringing_at=when(attempt.ringing_at_s),
        answered_at=when(attempt.answered_at_s),
        ended_at=when(attempt.ended_at_s),
    )


def patch_on(node: Node, terminal: TerminalName) -> Patch | None:
    """The patch that has the terminal now: not one that only asks for it, nor one that is saying farewell."""
    taken = (
        patch
        for patch in node.patches.values()
        if patch.terminal == terminal
        and patch.state not in {PatchState.REMOVED, PatchState.ASKED}
        and not patch.closing
    )
    return next(taken, None)


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
        talkgroups=[CodeplugGroupOut(gssi=gssi, name=name) for gssi, name in terminal.talkgroups],
        detail=dict(terminal.detail),
    )
