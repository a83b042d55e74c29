"""The answer to a device that did not carry out its order. There is one rule for every effect, and mypy names a missing
one.

Three things can be known of a failed effect (`Fate`). *Refused*: it was not done. *Unknown*: it may have been done. So
only the same effect under the same id may follow, never a new call. *Gone*: its channel, mix, path or recording does
not exist any more. The event of its end says so too.

Two functions are total over the effects. `_rule` decides. `_renewed` gives the effect as it is wanted by the time it is
ordered again. It is the same, a changed one, or none when nobody wants it any more.
"""

from dataclasses import replace
from typing import Final, assert_never, cast

from bridge.domain.callout import calls, pump, questions
from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.records import ATTEMPTS
from bridge.domain.conference import entry, people, rooms, seats, voices
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.effects import LookUpCode, WithdrawCodes
from bridge.domain.conference.passing import ENTRIES, HEARD, SEATS, EntryPhase
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.records import Seat, SeatState
from bridge.domain.effects import KnownEffect
from bridge.domain.joint import legs, scheduled, talkgroup_tracks
from bridge.domain.kernel import again
from bridge.domain.kernel.again import AGAIN
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import AttemptId, ChannelId, RecordingId
from bridge.domain.kernel.step import Step
from bridge.domain.mailings import desk as mailings
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.outbox import desk as outbox
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.radio import availability, link, patches, patching, transmission
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    OpenPath,
    RadioEffect,
    SayOnAir,
    SelectTalkgroup,
    SendVoice,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.passing import ARMED, RADIO_HEARD
from bridge.domain.radio.records import Patch, PatchState
from bridge.domain.recording import names, offrecord, recordings
from bridge.domain.recording.effects import (
    ArchiveRecording,
    DropRecording,
    RecordName,
    SilenceRecording,
    StartLegTrack,
    StartRecording,
    StopLegTrack,
    StopName,
    StopRecording,
)
from bridge.domain.recording.records import RECORDINGS, ArchiveState
from bridge.domain.rollcall import calling
from bridge.domain.rollcall import prompts as roll_call_prompts
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.reasons import RollCallReason
from bridge.domain.rollcall.records import ROLL_CALLS, RollCallState
from bridge.domain.schedule import keeping
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.seattracks import following
from bridge.domain.shortdata import desk as shortdata
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.shortdata.events import SdsProgress, SdsStage
from bridge.domain.telephony.effects import (
    Announce,
    Answer,
    CreateMix,
    DestroyMix,
    Dial,
    HangUpLeg,
    JoinMix,
    LeaveMix,
    Play,
    SetHeard,
    StopPlaying,
    Whisper,
)
from bridge.domain.telephony.state import TELEPHONY
from bridge.domain.waiting import line

ANSWER_TRIES: Final = 4
DIAL_TRIES: Final = 4
JOIN_TRIES: Final = 8
LOOK_UP_TRIES: Final = 20
"""With the pauses below: a minute in which the caller is asked to wait, again and again."""
READ_ROLL_TRIES: Final = 5
"""With the pauses below: some seconds in which the host is asked to wait."""
RECORD_TRIES: Final = 3
SILENCE_TRIES: Final = 4
"""With the pauses between: a recording that cannot be silenced is closed after 3.5 s."""
TAKE_DOWN_TRIES: Final = 8
SOON_S: Final = 0.5
WAITING_LONGEST_S: Final = 3.0
"""Nobody waits in silence for longer than this: a word is said at each try."""
ARCHIVE_FIRST_S: Final = 30.0
ARCHIVE_LONGEST_S: Final = 900.0

LegEffect = Answer | Play | StopPlaying | Whisper | HangUpLeg | JoinMix | LeaveMix | SetHeard | Dial | LookUpCode
MixEffect = Announce | CreateMix | DestroyMix
NameEffect = RecordName | StopName | DropRecording
RecordingEffect = StartRecording | StopRecording | SilenceRecording | ArchiveRecording | StartTrack | StopTrack
DataEffect = SubmitSds | SubmitStatus
PathEffect = OpenPath | ClosePath | SetRadioHeard | SendVoice | HoldVoice | DropVoice | ArmVoice | SayOnAir


def failed(step: Step, event: EffectFailed) -> None:
    """Nobody waits for the outcome for ever. An end that is no news leaves no audit row."""
    if _is_news(step, event):
        reason, fate = event.reason, event.fate.value
        name = type(event.effect).__name__
        step.audit("samband", "effect.failed", event.effect.subject, effect=name, fate=fate, reason=reason)
    _rule(step, event)


def _is_news(step: Step, event: EffectFailed) -> bool:
    """A caller who hangs up early makes orders fail by it; a stranger must not fill the audit that way."""
    is_about_a_line = isinstance(event.effect, LegEffect)
    return event.fate is not Fate.GONE and (not is_about_a_line or _is_known(step, ChannelId(event.effect.subject)))


def _is_known(step: Step, channel: ChannelId) -> bool:
    node = step.node
    is_called = AttemptId(channel) in node[ATTEMPTS]
    return is_called or channel in node[ENTRIES] or channel in node[QUESTIONS] or channel in node[SEATS]


def again_due(step: Step, key: str) -> None:
    """The pause of an effect that failed is over: it is done as it is wanted now."""
    effect = again.take(step, key)
    if effect is None:
        return
    renewed = _renewed(step, cast(KnownEffect, effect))
    if renewed is None:
        again.forget(step, key)
    else:
        step.do(renewed)


# --- what a failure means ---


def _rule(step: Step, event: EffectFailed) -> None:
    effect = cast(KnownEffect, event.effect)
    match effect:
        case (
            Answer()
            | Play()
            | StopPlaying()
            | Whisper()
            | HangUpLeg()
            | JoinMix()
            | LeaveMix()
            | SetHeard()
            | Dial()
            | LookUpCode()
        ):
            _leg(step, event, effect)
        case Announce() | CreateMix() | DestroyMix():
            _mix(step, event, effect)
        case StartRecording() | StopRecording() | SilenceRecording() | ArchiveRecording() | StartTrack() | StopTrack():
            _recording(step, event, effect)
        case RecordName() | StopName() | DropRecording():
            _name(step, event, effect)
        case StartLegTrack() | StopLegTrack():
            _leg_track(step, event, effect)
        case WithdrawCodes() | ReadRoll() | PrepareMeeting() | ReadCalled() | WriteMailing():
            _database(step, event, effect)
        case SelectTalkgroup() | DemandTransmit() | CeaseTransmit():
            _radio(step, event, effect)
        case SubmitSds() | SubmitStatus():
            _data(step, event, effect)
        case SendMessage():
            outbox.failed(step, event)
        case (
            OpenPath()
            | ClosePath()
            | SetRadioHeard()
            | SendVoice()
            | HoldVoice()
            | DropVoice()
            | ArmVoice()
            | SayOnAir()
        ):
            _path(step, event, effect)
        case _:
            assert_never(effect)


def _database(
    step: Step, event: EffectFailed, effect: WithdrawCodes | ReadRoll | PrepareMeeting | ReadCalled | WriteMailing
) -> None:
    match effect:
        case WithdrawCodes():
            again.plan(step, effect, longest_s=ARCHIVE_LONGEST_S)
        case ReadRoll():
            _roll_not_read(step, effect)
        case PrepareMeeting() | ReadCalled():
            scheduled.not_done(step, effect, event.reason)
        case WriteMailing():
            mailings.failed(step, effect, event.reason, keeping.wall_s(step))
        case _:
            assert_never(effect)


def _leg(step: Step, event: EffectFailed, effect: LegEffect) -> None:
    if event.fate is Fate.GONE and not isinstance(effect, JoinMix | LeaveMix | Dial | LookUpCode | StopPlaying):
        again.forget_subject(step, effect.channel)
        following.gone(step, effect.channel)
        participant = people.seat(step, effect.channel)
        if participant is not None and participant.state is SeatState.PRESENT and not isinstance(effect, HangUpLeg):
            # Its end is on the way, with a cause that tells a lost line from a hang-up.
            seats.left_mix(step, participant, effect.channel)
        else:
            legs.ended(step, effect.channel, legs.Q850_UNKNOWN)
        return
    match effect:
        case Answer():
            if not again.plan(step, effect, most=ANSWER_TRIES):
                step.do(HangUpLeg(effect.channel))
        case Play():
            _not_played(step, effect)
        case StopPlaying() | Whisper():
            return  # two prompts at once, or a whisper less: nobody waits for it
        case HangUpLeg():
            again.plan(step, effect)
        case JoinMix():
            not_joined(step, effect)
        case LeaveMix() | SetHeard():
            _not_set(step, event, effect)
        case Dial():
            _not_dialled(step, event, effect)
        case LookUpCode():
            _not_looked_up(step, effect)
        case _:
            assert_never(effect)


def _not_set(step: Step, event: EffectFailed, effect: LeaveMix | SetHeard) -> None:
    """A mix that is gone holds nobody any more, and at the door alone it matters."""
    if isinstance(effect, SetHeard):
        again.plan(step, effect, first_s=SOON_S)
    elif event.fate is not Fate.GONE and effect.channel in step.node[ENTRIES]:
        again.plan(step, effect, most=JOIN_TRIES, first_s=SOON_S)


def _not_played(step: Step, effect: Play) -> None:
    """A prompt that could not be played counts as ended, so that the call goes on."""
    caller = step.node[ENTRIES].get(effect.channel)
    if caller is not None:
        entry.played(step, caller, effect.playback)
    ask = step.node[QUESTIONS].get(effect.channel)
    if ask is not None:
        questions.played(step, ask, effect.playback)
    line.not_said(step, effect.channel, effect.playback)


def join_overdue(step: Step, channel: ChannelId, participant: Seat) -> None:
    """The order was accepted, and nobody came into the mix: as if it had failed. Or somebody has left it, and the line
    is still up."""
    if participant.state is SeatState.PRESENT:
        seats.put_back(step, participant)
    else:
        not_joined(step, JoinMix(channel, participant.room, step.node[HEARD].get(channel, False)))


def not_joined(step: Step, effect: JoinMix) -> None:
    """The mix may be missing: it is made again, and the person is asked to wait in words."""
    participant = people.seat(step, effect.channel)
    if participant is not None and participant.state is SeatState.WAITING:
        line.not_listening(step, participant)
    if participant is None or participant.state is not SeatState.JOINING:
        return
    if again.plan(step, effect, most=JOIN_TRIES, longest_s=WAITING_LONGEST_S):
        rooms.make_sure_of(step, participant)
        seats.ask_to_wait(step, participant)
        return
    calls.not_seated(step, effect.channel)
    seats.leave(step, participant)
    entry.apologise(step, effect.channel, participant.language)


def _not_dialled(step: Step, event: EffectFailed, effect: Dial) -> None:
    attempt = step.node[ATTEMPTS].get(AttemptId(effect.channel))
    if attempt is None:
        return
    was_in_doubt = again.key_of(effect) in step.node[AGAIN]
    if event.fate is Fate.UNKNOWN and again.plan(step, effect, most=DIAL_TRIES):
        return
    if event.fate is Fate.UNKNOWN or was_in_doubt:
        # A refusal tells nothing of an earlier order without an answer: its phone may ring.
        step.do(HangUpLeg(effect.channel))
        calls.lost(step, attempt)
    elif event.retry:
        calls.refused_by_trunk(step, attempt)
    else:
        calls.not_diallable(step, attempt, event.reason)


def _not_looked_up(step: Step, effect: LookUpCode) -> None:
    """Nobody knows whether the code is right: it is not counted as wrong, and the caller is asked to wait."""
    caller = step.node[ENTRIES].get(effect.channel)
    if caller is None or caller.phase is not EntryPhase.CHECKING:
        return
    if again.plan(step, effect, most=LOOK_UP_TRIES, longest_s=WAITING_LONGEST_S):
        entry.ask_to_wait(step, caller)
    else:
        entry.apologise(step, effect.channel, step.node.policy[EntryPolicy].language)


def _roll_not_read(step: Step, effect: ReadRoll) -> None:
    """Nobody tells who is expected. The host is asked to wait, or told that there is no roll call."""
    roll_call = step.node[ROLL_CALLS].get(effect.roll_call)
    if roll_call is None or roll_call.state is not RollCallState.PREPARING:
        return
    if again.plan(step, effect, most=READ_ROLL_TRIES, longest_s=WAITING_LONGEST_S):
        voices.whisper_to_hosts(step, roll_call.conference, conference_prompts.ENTRY_WAIT)
    else:
        calling.not_begun(step, roll_call, roll_call_prompts.ROLL_UNREAD, RollCallReason.ROLL_UNREAD())


def _mix(step: Step, event: EffectFailed, effect: MixEffect) -> None:
    match effect:
        case Announce():
            return  # the meeting goes on; nobody waits for the words
        case CreateMix():
            again.plan(step, effect)
        case DestroyMix():
            if event.fate is not Fate.GONE:
                again.plan(step, effect, most=TAKE_DOWN_TRIES)
        case _:
            assert_never(effect)


def _recording(step: Step, event: EffectFailed, effect: RecordingEffect) -> None:
    recording = step.node[RECORDINGS].get(effect.recording)
    if recording is None:
        return
    match effect:
        case StartRecording():
            is_settled = event.fate is not Fate.UNKNOWN
            if is_settled or not again.plan(step, effect, most=RECORD_TRIES):
                recordings.recording_failed(step, recording, event.reason)
        case StopRecording():
            if event.fate is Fate.GONE:
                recordings.recording_closed(step, recording, None)
            else:
                again.plan(step, effect)
        case SilenceRecording():
            if event.fate is Fate.GONE:
                recordings.recording_closed(step, recording, None)
            elif not again.plan(step, effect, most=SILENCE_TRIES, first_s=SOON_S):
                recordings.not_silenced(step, recording)
        case ArchiveRecording():
            recordings.archive_failed(step, recording, event.reason)
            again.plan(step, effect, first_s=ARCHIVE_FIRST_S, longest_s=ARCHIVE_LONGEST_S)
        case StartTrack():
            recordings.recording_failed(step, recording, event.reason)
            talkgroup_tracks.failed(step, effect.patch, effect.recording)
        case StopTrack():
            recordings.recording_closed(step, recording, None)  # it has ended with its path
        case _:
            assert_never(effect)


def _name(step: Step, event: EffectFailed, effect: NameEffect) -> None:
    """A name that cannot be recorded keeps nobody out. One that may run is stopped first."""
    recording = step.node[RECORDINGS].get(effect.recording)
    if recording is None:
        return
    match effect:
        case RecordName():
            if event.fate is Fate.UNKNOWN:
                step.do(StopName(effect.channel, effect.recording))
            names.failed(step, recording)
        case StopName():
            names.not_stopped(step, recording)
        case DropRecording():
            again.plan(step, effect, first_s=ARCHIVE_FIRST_S, longest_s=ARCHIVE_LONGEST_S)
        case _:
            assert_never(effect)


def _leg_track(step: Step, event: EffectFailed, effect: StartLegTrack | StopLegTrack) -> None:
    """Until a stop is certain, nobody is told that the meeting is off the record."""
    if event.fate is Fate.GONE:
        again.forget(step, again.key_of(effect))
        following.gone(step, effect.channel)
    elif isinstance(effect, StopLegTrack):
        again.plan(step, effect, first_s=SOON_S)
    else:
        following.failed(step, effect.channel, event.reason)
        again.plan(step, effect)


def _radio(step: Step, event: EffectFailed, effect: RadioEffect) -> None:
    match effect:
        case SelectTalkgroup():
            patch = link.patch_on(step, effect.terminal)
            if patch is not None and patch.gssi == effect.gssi:
                availability.not_selected(step, patch, event.reason)
        case DemandTransmit():
            patch = link.patch_on(step, effect.terminal)
            if patch is not None:
                transmission.transmit_ended(step, patch, lost=True, reason=event.reason)
        case CeaseTransmit():
            again.plan(step, effect, first_s=SOON_S)
        case _:
            assert_never(effect)


def _data(step: Step, event: EffectFailed, effect: DataEffect) -> None:
    if event.fate is Fate.UNKNOWN:
        doubt = SdsProgress(step.at_s, effect.terminal, effect.message, SdsStage.IN_DOUBT, reason=event.reason)
        shortdata.progress(step, doubt)
    else:
        shortdata.refused(step, effect.message, event.reason, retry=event.retry)


def _path(step: Step, event: EffectFailed, effect: PathEffect) -> None:
    """`PathDown` reports a path that is gone. A new path gets every order anew."""
    patch = patches.patch_of(step, effect.patch)
    is_gone = event.fate is Fate.GONE
    match effect:
        case OpenPath():
            again.plan(step, effect)
        case ClosePath() | SetRadioHeard() | DropVoice() | ArmVoice():
            if not is_gone:
                again.plan(step, effect, most=TAKE_DOWN_TRIES, first_s=SOON_S)
        case SendVoice():
            if patch is not None:
                availability.cannot_send(step, patch, event.reason)
        case HoldVoice():
            if not is_gone:
                again.plan(step, effect, first_s=SOON_S)
            if patch is not None:
                step.do(CeaseTransmit(patch.terminal))  # whatever the path still sends must not go out
        case SayOnAir():
            if patch is not None and patch.closing:
                patching.finish(step, patch)
        case _:
            assert_never(effect)


# --- what is asked for again ---


def _renewed(step: Step, effect: KnownEffect) -> DeviceEffect | None:
    """The effect as it is wanted now; `None` when it is not."""
    match effect:
        case Answer() | HangUpLeg() | JoinMix() | LeaveMix() | SetHeard() | Dial() | LookUpCode():
            return _renewed_leg(step, effect)
        case CreateMix() | DestroyMix():
            return effect if rooms.is_over(step.node, effect.mix) is isinstance(effect, DestroyMix) else None
        case SilenceRecording():
            return offrecord.renewed(step, effect)
        case StartLegTrack():
            return following.begin_again(step, effect)
        case StopLegTrack():
            return following.end_again(step, effect)
        case StartRecording() | StopRecording() | ArchiveRecording() | DropRecording():
            return _renewed_recording(step, effect)
        case WithdrawCodes():
            return effect
        case ReadRoll() | PrepareMeeting() | ReadCalled() | WriteMailing():
            return _renewed_reading(step, effect)
        case CeaseTransmit():
            patch = link.patch_on(step, effect.terminal)
            return effect if patch is None or not link.has_the_channel(patch) else None
        case OpenPath() | ClosePath() | SetRadioHeard() | HoldVoice() | DropVoice() | ArmVoice():
            return _renewed_path(step, effect)
        case (
            Play()
            | StopPlaying()
            | Whisper()
            | Announce()
            | SelectTalkgroup()
            | DemandTransmit()
            | SubmitSds()
            | SubmitStatus()
            | SendMessage()
            | SendVoice()
            | SayOnAir()
            | StartTrack()
            | StopTrack()
            | RecordName()
            | StopName()
        ):
            return None  # their rules never plan them again
        case _:
            assert_never(effect)


def _renewed_reading(step: Step, effect: ReadRoll | PrepareMeeting | ReadCalled | WriteMailing) -> DeviceEffect | None:
    if isinstance(effect, WriteMailing):
        return mailings.renewed(step, effect)
    if not isinstance(effect, ReadRoll):
        return scheduled.renewed(step, effect)
    roll_call = step.node[ROLL_CALLS].get(effect.roll_call)
    return effect if roll_call is not None and roll_call.state is RollCallState.PREPARING else None


def _renewed_leg(
    step: Step, effect: Answer | HangUpLeg | JoinMix | LeaveMix | SetHeard | Dial | LookUpCode
) -> DeviceEffect | None:
    channel = effect.channel
    participant = people.seat(step, channel)
    caller = step.node[ENTRIES].get(channel)
    match effect:
        case Answer() | LeaveMix():
            return effect if caller is not None else None
        case HangUpLeg():
            return effect
        case JoinMix():
            return seats.join_of(step, participant) if participant is not None else None
        case SetHeard():
            heard = step.node[HEARD].get(channel)
            return None if heard is None else SetHeard(channel, heard)
        case Dial():
            # Out of sight the call may have come and gone. The listing of the next connect decides, not a second call.
            attempt = step.node[ATTEMPTS].get(AttemptId(channel))
            is_wanted = attempt is not None and pump.is_unplaced(attempt) and step.node[TELEPHONY].up
            return effect if is_wanted else None
        case LookUpCode():
            return effect if caller is not None and caller.phase is EntryPhase.CHECKING else None
        case _:
            assert_never(effect)


def _renewed_recording(
    step: Step, effect: StartRecording | StopRecording | ArchiveRecording | DropRecording
) -> DeviceEffect | None:
    recording = step.node[RECORDINGS].get(RecordingId(effect.recording))
    if recording is None:
        return None
    is_archiving = isinstance(effect, ArchiveRecording | DropRecording)
    return effect if recording.state is (ArchiveState.SPOOLED if is_archiving else ArchiveState.RECORDING) else None


def _renewed_path(
    step: Step, effect: OpenPath | ClosePath | SetRadioHeard | HoldVoice | DropVoice | ArmVoice
) -> DeviceEffect | None:
    if isinstance(effect, ClosePath):
        return effect  # its patch is gone for good
    patch = patches.patch_of(step, effect.patch)
    return _renewed_live_path(step, effect, patch) if patch is not None else None


def _renewed_live_path(
    step: Step, effect: OpenPath | SetRadioHeard | HoldVoice | DropVoice | ArmVoice, patch: Patch
) -> DeviceEffect | None:
    match effect:
        case OpenPath():
            return replace(effect, terminal=patch.terminal)
        case SetRadioHeard():
            return replace(effect, heard=step.node[RADIO_HEARD].get(patch.id, False))
        case HoldVoice():
            return effect if patch.state is not PatchState.TRANSMITTING else None
        case DropVoice():
            return effect if patch.state is PatchState.OFFLINE or patch.looped else None
        case ArmVoice():
            return replace(effect, armed=step.node[ARMED].get(patch.id, True))
        case _:
            assert_never(effect)
