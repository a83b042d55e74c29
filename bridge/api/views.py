"""Meetings and call-outs as the contract's JSON: plain functions from what the use cases give to response models."""

from collections.abc import Collection, Sequence
from typing import Any

from pydantic import Field

from bridge.api.language import code, data, words
from bridge.api.outbox_views import OutboxMessageOut, outbox_message_out
from bridge.api.radio_views import PatchOut, patch_out
from bridge.api.text import Output, when
from bridge.domain.callout import caps
from bridge.domain.callout.deadline import Standing, goals, standings
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import TARGET_DONE, AnswerLevel, Attempt, Target, TargetState
from bridge.domain.callout.sharing import left_out
from bridge.domain.conference.records import Conference, Floor, FloorRequest, MuteOwner, RecordingState, Role, Seat
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.order import oldest_first
from bridge.domain.outbox.records import OutboxMessage
from bridge.domain.recording.offrecord import TOLD
from bridge.domain.telephony.hours import person_of
from bridge.domain.telephony.numbers import national
from bridge.ports import Board, PersonalCode
from bridge.service.conferences import ShownConference
from bridge.service.reasons import CodesReason
from bridge.words import say


class ParticipantOut(Output):
    """Somebody in a conference: a telephone, a talkgroup or a browser."""

    id: str
    """Stable while they are in the conference, also while a lost line is rung back. A person who dials in again gets a
    new one."""
    kind: str
    """`phone` or `radio` (a patched talkgroup)."""
    name: str
    """The name that the host sees. It is the organisation and function of a called-out participant, or the number of
    one who dialled in. A patched talkgroup has its own."""
    organisation: str | None
    """The function's organisation; none where they dialled in."""
    function: str | None
    """The duty function that was called out; none where they dialled in."""
    also: list[str]
    """Further functions for which the same person answers, each with its organisation before it."""
    room: str
    """The room that they sit in, as under `/rooms`."""
    role: str
    """`host`, `cohost`, `participant`, `listener` (never heard) or `operator`."""
    state: str
    """`waiting` (to be let in), `joining`, `present`, `lost` (the line was lost, and the place is kept) or
    `left`."""
    muted: bool
    """Muted by their own key, a host, the API, hold or a rule. One whom only the floor's mode silences is not muted."""
    held: bool
    """Their telephone has put the conference on hold: they neither hear nor are heard."""
    ceaseless: bool
    """Their line sounds without a pause: more likely music or a car than a person."""
    silent_line: bool
    """Nothing comes from their telephone. It mutes by silence, or the line is lost: the telephone is being asked."""
    isolated: bool
    """Taken out of the sound for as long as their line sounds without a pause. Unmuting them lets them be heard."""
    muted_by: list[str]
    """The owners of their mutes: `self`, `host`, `all`, `policy` (came in muted), `hold`, `noise` (isolated), `mixing`.
    The last: more microphones were open than can be mixed."""
    talking: bool
    """They talk now and are heard: neither muted nor silenced by the floor's mode."""
    language: str
    """`sv` or `en`: of what is said to them."""
    encrypted: bool | None
    """Their line is encrypted between the operator and us. Null for a talkgroup, and where nobody knows."""
    said_name: str | None
    """Where to hear their name as they said it at the door; none where they said none."""
    waits_since: str | None
    """When they came into the waiting room (RFC 3339, UTC); none where they are let in."""
    rescued_from: str | None
    """The conference that took them in out of the emergency room, with those whom they talked with there. None for all
    others."""
    bound_for: str | None
    """The conference that they belong to while they are in that one; none where nothing tells. Its hosts are asked to
    let them in."""
    joined_at: str | None
    """When they came in (RFC 3339, UTC)."""
    left_at: str | None
    """When they left (RFC 3339, UTC); none before that."""
    notice_heard_at: str | None
    """When they had heard that the meeting is recorded; none for a talkgroup, and where they have not heard it."""


class FloorRequestOut(Output):
    """A place in the line for the floor."""

    participant: str
    """The participant who waits."""
    kind: str = Field(
        serialization_alias="class",
        description="`returning` (their line was lost in their turn), `listed`, `urgent`, `reply` or `ordinary`.",
    )
    since: str | None
    """When they asked, or were put on the list (RFC 3339, UTC)."""
    place: int | None
    """1 is the next. None while their line is lost: the place is kept, and others go before."""


class SpokenOut(Output):
    """The time that one share has had the floor. A host who only leads uses up no share."""

    organisation: str
    """The organisation; a participant's own name where they have none."""
    spoken_s: float
    """Of the turns that are over."""


class FloorOut(Output):
    """The floor (*ordet*): the right to be heard."""

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
    turn_s: float
    """The time limit of the holder's turn; 0: none."""
    requests: list[FloorRequestOut]
    """Everybody who waits, those on the speaking list too, the next first; last those whose line is lost."""
    spoken: list[SpokenOut]
    """The time that each organisation has had the floor."""


class ConferenceRecordingOut(Output):
    """The state of the conference's recording now."""

    wanted: bool
    """It is recorded whenever a telephone is in it."""
    on: bool
    """It is recorded now, or the recording is about to begin."""
    state: str
    """`off`, `starting`, `on`, `stopping` or `failed`."""
    id: str | None
    """The recording under way, as under `/recordings`."""
    off_record: bool
    """Nothing that is said now is recorded, and everybody has been told."""
    off_record_state: str
    """`no`; `asked` and `silenced` on the way off the record; `yes`; `ending` and `returning` on the way back."""
    off_record_since: str | None
    """When it was asked for."""
    failure: str | None
    """Why the latest recording failed, in words."""
    failure_code: str | None
    """The same for programs: stable, snake_case."""
    failure_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


class PersonalCodeOut(Output):
    """A code that one function was given for one conference, without its digits."""

    id: str
    """Names the code where it is withdrawn."""
    function_id: str
    """The function of the directory that it was given to."""
    function: str
    """As the directory named it when the code was issued."""
    organisation: str
    """The function's, as the directory named it then."""
    role: Role
    """The part that the caller has in the conference."""
    issued_at: str
    """When it was issued (RFC 3339, UTC)."""


class IssuedCodeOut(PersonalCodeOut):
    """A code that was just issued."""

    code: str
    """Its digits, shown here and never again."""


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
    """The participants' code, keyed with `#` after it. None when the conference has ended, or was opened for rescued
    callers. None also where `codes_fault` says why."""
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
    waiting_room: bool
    """Callers wait until a host lets them in."""
    joins_muted: bool
    """Everybody but hosts comes in muted, and a host lifts it."""
    entry_sound: str
    """The sound when somebody comes or goes: `none`, `tone` or `name` (of a function, or as it was said)."""
    asks_name: bool
    """Callers who are known by no code of their own say their name at the door."""
    secrecy: str
    """`open` or `secret`: secrecy applies, so that no talkgroup is patched."""
    ends_at: str | None
    """When it is meant to end (RFC 3339, UTC); null: that is open. Nothing ends it by itself."""
    exercise: bool
    """An exercise (*övning*): marked wherever it is shown or kept."""
    emergency: bool
    """Callers rescued from the emergency room are let into it without its code. They were there while no controller
    was. Where no open, unlocked conference is marked so, one is opened for them, which has no codes."""
    forum: str | None
    """The forum whose defaults it has."""
    created_at: str | None
    """When it was opened (RFC 3339, UTC)."""
    started_at: str | None
    """When the first telephone came in (RFC 3339, UTC)."""
    ended_at: str | None
    """When it was ended (RFC 3339, UTC)."""
    participants: list[ParticipantOut]
    """The participants who are in it, on the way in or being rung back, in the order they came."""
    waiting_together: list[ParticipantOut]
    """Those out of the emergency room who wait together to come into it, the first first. They talk with each other
    meanwhile in another conference, their `rescued_from`. They are let in as those under `/waiting`, all at once."""
    floor: FloorOut
    """The right to be heard."""
    recording: ConferenceRecordingOut
    """The state of its recording now."""
    patches: list[PatchOut]
    """The talkgroups in it."""
    radio_only_since: str | None = Field(
        description="Telephony is lost, and the meeting goes on in its talkgroups alone since then."
    )
    direct_number: str | None
    """The number that leads straight into it, E.164; `null`: none but the main one, with a code."""
    direct_code: bool
    """Whether callers of that number key a code."""


class AttemptOut(Output):
    """One call to one number of a target."""

    id: str
    """Also the id of its channel in Asterisk, so that a call is found again after a crash."""
    number: str
    """E.164."""
    person: str | None
    """The person on duty whose number it is; `null`: it is the function's own."""
    trunk: str
    """The trunk it went by."""
    state: str
    """`intent` (committed to be placed), `ringing`, `answered` or `ended`."""
    result: str | None
    """Its outcome: `joined`, `later`, `cannot`, `deputy`, `no_key`, `busy`, `no_answer`, `rejected`, `forwarded`,
    `invalid`, `congestion`, `failed`, `cancelled`, `in_doubt`. None before its end."""
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


class LeftOutOut(Output):
    """A number that was not called, since it is outside its hours."""

    number: str
    """E.164."""
    reason: str
    """In words."""
    reason_code: str
    """The same for programs: stable, snake_case."""


class TargetOut(Output):
    """One function that is called, with its numbers in order."""

    id: str
    """Of this target of this activation."""
    position: int
    """Its place in the list, from 0."""
    function: str
    """The duty function."""
    organisation: str
    """The name of the organisation that it belongs to."""
    numbers: list[str]
    """E.164, in the order they are tried."""
    state: str
    """`waiting`, `calling`, `asked` (answered, no key yet), `calls_back` (rings by itself). Or it has an outcome:
    `joined`, `lost` (its line was lost), `later`, `cannot`, `unreachable` or `cancelled`. Or somebody says that it was
    `reached` in another way.
    """
    reason: str | None
    """The outcome of the latest call, or the cause of the state, in words."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    attempts_made: int
    """Calls that count; those that failed for lack of a line do not."""
    calling: str | None
    """The number that is called now."""
    left_out: list[LeftOutOut]
    """Numbers that were passed over, with the reason."""
    nobody_on_duty: bool
    """It has a rota, and nobody was on duty when the call-out began. Its own numbers are called."""
    function_id: str | None
    """Its identity in the directory; `null` for a person who was called by number."""
    deputy_for: str | None
    """The target that it stands in for, which cannot be reached or cannot come."""
    deputy_left: bool
    """A deputy stands by who may be called in its place. Shown of one call-out, not in the list."""
    comes_at: str | None
    """When they will come, as they said by key (RFC 3339, UTC). They are called then, unless they have come."""
    level: AnswerLevel | None
    """By when it shall have come: `direct`, `60_min` or `2_h` after the start."""
    due_at: str | None
    """The same as an instant (RFC 3339, UTC)."""
    not_before: str | None
    """The next call is made then at the earliest (RFC 3339, UTC)."""
    messages: list[OutboxMessageOut]
    """Messages beside the calls, and their corrections, the oldest first. Shown of one call-out, not in the list."""
    attempts: list[AttemptOut]
    """Every call, the first first."""


class LevelOut(Output):
    """How far one level of a call-out has come."""

    level: AnswerLevel | None
    """`direct`, `60_min` or `2_h`; none: its functions have no deadline."""
    due_at: str | None
    """Its deadline (RFC 3339, UTC)."""
    quorum: int | None
    """So many functions of it shall have come by then; `null`: all."""
    stops_at_quorum: bool
    """With its quorum nobody more of it is called."""
    quorum_at: str | None
    """When it had its quorum (RFC 3339, UTC)."""
    late: bool
    """Its deadline has passed without the quorum."""
    came: int
    """Functions of it that have come, by themselves or by a deputy."""
    needed: int
    """So many of them are its quorum: never more than it calls."""
    total: int
    """Functions of it."""


class ActivationOut(Output):
    """A call-out (*inkallning*) as it stands now."""

    id: str
    """Made by us."""
    key: str
    """The client's own, or one of Samband's: the same key starts nothing anew."""
    conference_id: str
    """The conference that people come to when they press 1."""
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
    """An exercise (*övning*): people who answer hear so."""
    parallel: bool
    """All numbers of a function are called at the same time, and the first key stops the others."""
    level: AnswerLevel | None
    """By when its functions shall have come: `direct`, `60_min` or `2_h` after the start."""
    due_at: str | None
    """The same as an instant (RFC 3339, UTC)."""
    quorum: int | None
    """So many functions shall have come by then; `null`: all."""
    stops_at_quorum: bool
    """With its quorum nobody more is called."""
    quorum_at: str | None
    """When it had its quorum (RFC 3339, UTC); of several levels when all had theirs."""
    late: bool
    """Its deadline, or that of one of its levels, has passed without the quorum."""
    levels: list[LevelOut]
    """How far each level has come, the most urgent first. Of several levels, `level` and `quorum` above are none, and
    `due_at` is the last deadline. There is one where all functions are due together."""
    awaits_approval: bool
    """Some functions are not called before a second person approves. Their reasons say why."""
    approved_by: str | None
    """The second person who has approved; none where nobody has."""
    counters: dict[str, int]
    """The number of targets in each state, in all (`total`), and finished (`done`)."""
    targets: list[TargetOut]
    """Every function with its outcome, in the list's order."""


def participant_out(participant: Seat) -> ParticipantOut:
    return ParticipantOut(
        id=participant.id,
        kind=participant.kind,
        name=participant.name,
        organisation=participant.organisation,
        function=participant.function,
        also=[f"{one.organisation} {one.function}".strip() for one in participant.also],
        room=participant.room,
        role=participant.role,
        state=participant.state,
        muted=participant.muted,
        held=MuteOwner.HOLD in participant.muted_by,
        ceaseless=participant.ceaseless,
        silent_line=participant.silent_line,
        isolated=MuteOwner.NOISE in participant.muted_by,
        muted_by=sorted(participant.muted_by),
        talking=participant.talking,
        language=participant.language,
        encrypted=participant.encrypted,
        said_name=_said_name(participant),
        waits_since=when(participant.waits_since_s),
        rescued_from=participant.rescued_from,
        bound_for=participant.bound_for,
        joined_at=when(participant.joined_at_s),
        left_at=when(participant.left_at_s),
        notice_heard_at=when(participant.notice_heard_at_s),
    )


def _said_name(participant: Seat) -> str | None:
    if participant.said_name is None:
        return None
    return f"/api/v1/conferences/{participant.conference}/participants/{participant.id}/name"


def personal_code_out(code: PersonalCode) -> PersonalCodeOut:
    return PersonalCodeOut(
        id=code.id,
        function_id=code.function_id,
        function=code.owner.function,
        organisation=code.owner.organisation,
        role=code.role,
        issued_at=when(code.issued_at_s) or "",
    )


def floor_out(floor: Floor) -> FloorOut:
    return FloorOut(
        mode=floor.mode,
        holder=floor.holder,
        queue=list(floor.queue),
        given_at=when(floor.given_at_s),
        turn_s=floor.turn_s,
        requests=_requests_out(floor),
        spoken=[SpokenOut(organisation=one.share, spoken_s=round(one.total_s, 3)) for one in floor.spoken],
    )


def _requests_out(floor: Floor) -> list[FloorRequestOut]:
    """As `Floor.line`. A request of somebody on the list stands at its place there."""
    requested = {one.participant: one for one in floor.requests}
    here = {**{one.participant: one for one in floor.listed}, **requested}
    found = [(here[participant], place) for place, participant in enumerate(floor.line, start=1)]
    away: list[tuple[FloorRequest, int | None]] = [(one, None) for one in floor.requests if one.away]
    return [
        FloorRequestOut(
            participant=one.participant,
            kind=one.kind if one.participant in requested else "listed",
            since=when(one.since_s),
            place=place,
        )
        for one, place in [*found, *away]
    ]


def recording_out(conference: Conference, language: Language) -> ConferenceRecordingOut:
    recording = conference.recording
    on = recording.state in {RecordingState.STARTING, RecordingState.ON}
    return ConferenceRecordingOut(
        wanted=recording.wanted,
        on=on,
        state=recording.state,
        id=recording.recording,
        off_record=recording.off_record in TOLD,
        off_record_state=recording.off_record,
        off_record_since=when(recording.off_record_since_s),
        failure=words(recording.failure, language),
        failure_code=code(recording.failure),
        failure_data=data(recording.failure),
    )


def conference_out(shown: ShownConference, language: Language) -> ConferenceOut:
    """A conference with all a host needs, its codes included while it is not ended."""
    conference, codes = shown.conference, shown.codes
    return ConferenceOut(
        id=conference.id,
        name=conference.name,
        number=conference.number,
        number_spoken=national(conference.number),
        code=codes[0] if codes else None,
        host_code=codes[1] if codes else None,
        codes_fault=say(CodesReason.UNREADABLE(), language) if codes is not None and None in codes else None,
        state=conference.state,
        language=conference.language,
        locked=conference.locked,
        waiting_room=conference.door.waiting_room,
        joins_muted=conference.door.joins_muted,
        entry_sound=conference.door.sound,
        asks_name=conference.door.asks_name,
        exercise=conference.exercise,
        emergency=conference.emergency,
        forum=conference.forum,
        created_at=when(conference.created_at_s),
        started_at=when(conference.started_at_s),
        ended_at=when(conference.ended_at_s),
        participants=[participant_out(one) for one in shown.people],
        waiting_together=[participant_out(one) for one in shown.together],
        floor=floor_out(conference.floor),
        recording=recording_out(conference, language),
        patches=[patch_out(one, language) for one in shown.patches],
        radio_only_since=when(conference.radio_only_since_s),
        direct_number=conference.direct_number,
        direct_code=conference.direct_code,
        secrecy=conference.secrecy.value,
        ends_at=when(conference.ends_at_s),
    )


def activation_out(
    board: Board,
    language: Language,
    messages: Sequence[OutboxMessage] = (),
    with_deputies: Collection[TargetId] = frozenset(),
) -> ActivationOut:
    activation, targets, attempts = board
    by_target: dict[str, list[Attempt]] = {}
    for attempt in oldest_first(attempts, lambda one: one.intent_at_s):
        for target in (attempt.target, *attempt.also):
            by_target.setdefault(target, []).append(attempt)
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
        parallel=activation.parallel,
        level=activation.level,
        due_at=when(activation.due_at_s),
        quorum=activation.quorum,
        stops_at_quorum=activation.stops_at_quorum,
        quorum_at=when(activation.quorum_at_s),
        late=any(one.is_late for one in goals(activation)),
        levels=[_level_out(one) for one in standings(activation, ordered)],
        awaits_approval=activation.approved_by is None and any(caps.is_held(one) for one in ordered),
        approved_by=activation.approved_by,
        counters=_counters(ordered),
        targets=[
            _target_out(
                one,
                by_target.get(one.id, []),
                [each for each in messages if each.target == one.id],
                language,
                deputy_left=one.id in with_deputies,
            )
            for one in ordered
        ],
    )


def _level_out(standing: Standing) -> LevelOut:
    goal = standing.goal
    return LevelOut(
        level=goal.level,
        due_at=when(goal.due_at_s),
        quorum=goal.quorum,
        stops_at_quorum=goal.stops_at_quorum,
        quorum_at=when(goal.quorum_at_s),
        late=goal.is_late,
        came=standing.came,
        needed=standing.needed,
        total=standing.total,
    )


def _counters(targets: Sequence[Target]) -> dict[str, int]:
    counters = {state.value: 0 for state in TargetState if state is not TargetState.STANDBY}
    for target in targets:
        counters[target.state] += 1
    return {**counters, "done": sum(target.state in TARGET_DONE for target in targets), "total": len(targets)}


def _target_out(
    target: Target,
    attempts: Sequence[Attempt],
    messages: Sequence[OutboxMessage],
    language: Language,
    *,
    deputy_left: bool,
) -> TargetOut:
    calling = next((one.number for one in attempts if one.id == target.attempt), None)
    return TargetOut(
        id=target.id,
        position=target.position,
        function=target.function,
        organisation=target.organisation,
        numbers=list(target.numbers),
        state=target.state,
        reason=words(target.reason, language),
        reason_code=code(target.reason),
        reason_data=data(target.reason),
        attempts_made=target.attempts_made,
        left_out=[_left_out(one, language) for one in left_out(target, attempts)],
        calling=calling,
        nobody_on_duty=target.nobody_on_duty,
        function_id=target.function_id,
        deputy_for=target.deputy_for,
        deputy_left=deputy_left,
        comes_at=when(target.comes_at_s),
        level=target.level,
        due_at=when(target.due_at_s),
        not_before=when(target.not_before_s or None),
        attempts=[_attempt_out(one, person_of(one.number, target.number_uses)) for one in attempts],
        messages=[outbox_message_out(one, language) for one in messages],
    )


def _left_out(number: str, language: Language) -> LeftOutOut:
    reason = CalloutReason.OUTSIDE_HOURS(number=number)
    return LeftOutOut(number=number, reason=say(reason, language), reason_code=str(reason.code))


def _attempt_out(attempt: Attempt, person: str) -> AttemptOut:
    return AttemptOut(
        id=attempt.id,
        number=attempt.number,
        person=person or None,
        trunk=attempt.trunk,
        state=attempt.state,
        result=attempt.result,
        cause=attempt.cause,
        placed_at=when(attempt.intent_at_s),
        ringing_at=when(attempt.ringing_at_s),
        answered_at=when(attempt.answered_at_s),
        ended_at=when(attempt.ended_at_s),
    )
