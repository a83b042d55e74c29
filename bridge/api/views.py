"""The live state as the contract's JSON: plain functions from the node to response models."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field

from bridge.api.conferences import people_in
from bridge.api.parts import Parts
from bridge.api.radio_views import PatchOut, patch_out, patches_of, talker_names
from bridge.api.text import Output, when
from bridge.domain.ids import Issi
from bridge.domain.model import (
    TARGET_DONE,
    Activation,
    Attempt,
    Conference,
    ConferenceState,
    Floor,
    Participant,
    RecordingState,
    Target,
    TargetState,
)
from bridge.domain.numbers import national
from bridge.ports import ReadCodes

_CODES_FAULT: Final = "the code was sealed with a key that is lost: see /readyz for the remedy"


class ParticipantOut(Output):
    """Somebody in a conference: a telephone, a talkgroup or a browser."""

    id: str
    """Stable while they are in the conference, also while a lost line is rung back. Who dials in again gets a new one.
    """
    kind: str
    """`phone` or `radio` (a patched talkgroup)."""
    name: str
    """What the host sees: the organisation and function of who was called out, the number of who dialled in, or the
    talkgroup."""
    organisation: str | None
    """Of the function; none of who dialled in."""
    function: str | None
    """The duty function of who was called out; none of who dialled in."""
    role: str
    """`host` or `participant`."""
    state: str
    """`joining`, `present`, `lost` (the line was lost, and the person is rung back) or `left`."""
    muted: bool
    """By their own key, a host or the API. Those whom only the floor's mode silences are not muted."""
    talking: bool
    """They talk now and are heard: neither muted nor silenced by the floor's mode."""
    language: str
    """`sv` or `en`: of what is said to them."""
    joined_at: str | None
    """When they came in (RFC 3339, UTC)."""
    left_at: str | None
    """When they left (RFC 3339, UTC); none before that."""


class FloorOut(Output):
    """Who may be heard (*ordet*)."""

    mode: str
    """`open`: everybody who is not muted is heard. `lecture`: the holder alone, a host to begin with. `queue`: the
    holder alone; the first who waits is next."""
    holder: str | None
    """The participant who has the floor. None: nobody has it; then all are heard in `open`, and nobody in the others.
    """
    queue: list[str]
    """Participants who wait for the floor, the next first."""
    given_at: str | None
    """When the holder got it (RFC 3339, UTC)."""


class ConferenceRecordingOut(Output):
    """Whether the conference is recorded now."""

    wanted: bool
    """It is recorded whenever somebody is there."""
    on: bool
    """It is recorded now, or the recording is about to begin."""
    state: str
    """`off`, `starting`, `on`, `stopping` or `failed`."""
    id: str | None
    """The recording under way, as under `/recordings`."""
    failure: str | None
    """Why it could not be recorded, in words."""


class ConferenceOut(Output):
    """One meeting, with all that a host needs."""

    id: str
    """Made by Samband; no other conference ever has it."""
    name: str
    """As it was opened."""
    number: str
    """To call, E.164."""
    number_spoken: str
    """The same as it is written and read aloud in Sweden."""
    code: str | None
    """The participants' code, keyed with `#` after it; none when the conference has ended, was opened for rescued
    callers, or `codes_fault` says why."""
    host_code: str | None
    """The code that makes a host; none as for `code`."""
    codes_fault: str | None
    """Why a code that there is cannot be read, in words."""
    state: str
    """`open` (no telephone is in it, yet or any more), `active` or `ended`."""
    language: str
    """`sv` or `en`: of what is said to all."""
    locked: bool
    """Nobody new gets in but with the host's code, or by a call-out."""
    exercise: bool
    """An exercise (*övning*): marked wherever it is shown or kept."""
    emergency: bool
    """Callers rescued from the emergency room, where they were while no controller was there, are let into it without
    its code. Where no open, unlocked conference is marked so, one is opened for them, which has no codes."""
    forum: str | None
    """The forum whose defaults it has."""
    created_at: str | None
    """When it was opened (RFC 3339, UTC)."""
    started_at: str | None
    """When the first participant came (RFC 3339, UTC)."""
    ended_at: str | None
    """When it was ended (RFC 3339, UTC)."""
    participants: list[ParticipantOut]
    """Those who are in it, on the way in or being rung back, in the order they came."""
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
    """`waiting`, `calling`, `asked` (answered, no key yet), `joined`, `lost` (joined, and the line was lost), `later`,
    `cannot`, `unreachable` or `cancelled`.
    """
    reason: str | None
    """How the latest call ended, or why it is so, in words."""
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
    """The client's own, or one of Samband's: the same key starts nothing anew."""
    conference_id: str
    """Those who press 1 are in this conference."""
    list_name: str
    """The activation list's name when it was started; of a single ring the function's, or the name given."""
    started_by: str
    """The token's name, the function that ordered it by radio, or `samband` when lost lines are rung back."""
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
    return ConferenceRecordingOut(
        wanted=recording.wanted, on=on, state=recording.state, id=recording.recording, failure=recording.failure
    )


async def conference_out(parts: Parts, conference: Conference) -> ConferenceOut:
    """A conference with all a host needs, its codes included while it is not ended."""
    return (await conferences_out(parts, [conference]))[0]


async def conferences_out(parts: Parts, conferences: Sequence[Conference]) -> list[ConferenceOut]:
    """As `conference_out`, in as many questions for all as for one."""
    codes = await parts.codes.read_many([one.id for one in conferences if one.state is not ConferenceState.ENDED])
    names = await talker_names(parts, parts.control.node().patches.values())
    return [_conference_out(parts, one, codes.get(one.id), names) for one in conferences]


def _conference_out(
    parts: Parts, conference: Conference, codes: ReadCodes | None, names: Mapping[Issi, str]
) -> ConferenceOut:
    node = parts.control.node()
    return ConferenceOut(
        id=conference.id,
        name=conference.name,
        number=conference.number,
        number_spoken=national(conference.number),
        code=codes[0] if codes else None,
        host_code=codes[1] if codes else None,
        codes_fault=_CODES_FAULT if codes is not None and None in codes else None,
        state=conference.state,
        language=conference.language,
        locked=conference.locked,
        exercise=conference.exercise,
        emergency=conference.emergency,
        forum=conference.forum,
        created_at=when(conference.created_at_s),
        started_at=when(conference.started_at_s),
        ended_at=when(conference.ended_at_s),
        participants=[participant_out(one) for one in people_in(node, conference.id)],
        floor=floor_out(conference.floor),
        recording=recording_out(conference),
        patches=[patch_out(one, names, parts) for one in patches_of(node, conference.id)],
        radio_only_since=when(conference.radio_only_since_s),
    )


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
