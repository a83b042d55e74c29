"""What is done when a device did not do what it was asked to: one rule for every effect, and mypy names a missing one.

Three things can be known of a failed effect (`Fate`). *Refused*: it was not done. *Unknown*: it may have been done, so
only the same effect under the same id may follow, never a new call. *Gone*: its channel, mix, path or recording does
not exist any more, which is what the event of its end says too.

Two functions are total over the effects: `_rule` decides, `_renewed` says what an effect that is asked for again is by
then: the same, with what has changed meanwhile, or nothing when nobody wants it any more.
"""

from dataclasses import replace
from typing import Final, assert_never

from bridge.domain import again, callout, entry, legs, meeting, patching, radiolink, shortdata, tracks
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain.ids import AttemptId, RecordingId
from bridge.domain.model import ArchiveState, ConferenceState, Participant, ParticipantState, Patch, PatchState
from bridge.domain.node import EntryPhase
from bridge.domain.turn import Turn

ANSWER_TRIES: Final = 4
DIAL_TRIES: Final = 4
JOIN_TRIES: Final = 8
LOOK_UP_TRIES: Final = 20
"""With the pauses below: a minute in which the caller is asked to wait, again and again."""
RECORD_TRIES: Final = 3
TAKE_DOWN_TRIES: Final = 8
SOON_S: Final = 0.5
WAITING_LONGEST_S: Final = 3.0
"""Nobody waits in silence for longer than this: a word is said at each try."""
ARCHIVE_FIRST_S: Final = 30.0
ARCHIVE_LONGEST_S: Final = 900.0

LegEffect = (
    do.Answer
    | do.Play
    | do.StopPlaying
    | do.Whisper
    | do.HangUpLeg
    | do.JoinMix
    | do.SetHeard
    | do.Dial
    | do.LookUpCode
)
MixEffect = do.Announce | do.CreateMix | do.DestroyMix
RecordingEffect = do.StartRecording | do.StopRecording | do.ArchiveRecording | do.StartTrack | do.StopTrack
PathEffect = (
    do.OpenPath
    | do.ClosePath
    | do.SetRadioHeard
    | do.SendVoice
    | do.HoldVoice
    | do.DropVoice
    | do.ArmVoice
    | do.SayOnAir
)


def failed(turn: Turn, event: e.EffectFailed) -> None:
    """Whoever waits for the outcome does not wait for ever. An end that is no news leaves no audit row."""
    if _is_news(turn, event):
        reason, fate = event.reason, event.fate.value
        name = type(event.effect).__name__
        turn.audit("samband", "effect.failed", do.subject_of(event.effect), effect=name, fate=fate, reason=reason)
    _rule(turn, event)


def _is_news(turn: Turn, event: e.EffectFailed) -> bool:
    """A caller who hangs up early makes orders fail by it; a stranger must not fill the audit that way."""
    if not isinstance(event.effect, LegEffect):
        return event.fate is not e.Fate.GONE
    if event.fate is e.Fate.GONE:
        return False
    channel, node = event.effect.channel, turn.node
    is_called = AttemptId(channel) in node.attempts
    return is_called or channel in node.entries or channel in node.asks or channel in node.seats


def again_due(turn: Turn, key: str) -> None:
    """The pause of an effect that failed is over: it is done as it is wanted now."""
    effect = again.take(turn, key)
    if effect is None:
        return
    renewed = _renewed(turn, effect)
    if renewed is None:
        again.forget(turn, key)
    else:
        turn.do(renewed)


# --- what a failure means ---


def _rule(turn: Turn, event: e.EffectFailed) -> None:
    effect = event.effect
    match effect:
        case (
            do.Answer()
            | do.Play()
            | do.StopPlaying()
            | do.Whisper()
            | do.HangUpLeg()
            | do.JoinMix()
            | do.SetHeard()
            | do.Dial()
            | do.LookUpCode()
        ):
            _leg(turn, event, effect)
        case do.Announce() | do.CreateMix() | do.DestroyMix():
            _mix(turn, event, effect)
        case do.StartRecording() | do.StopRecording() | do.ArchiveRecording() | do.StartTrack() | do.StopTrack():
            _recording(turn, event, effect)
        case do.WithdrawCodes():
            again.plan(turn, effect, longest_s=ARCHIVE_LONGEST_S)
        case do.SelectTalkgroup() | do.DemandTransmit() | do.CeaseTransmit() | do.SendSds() | do.SendStatus():
            _radio(turn, event, effect)
        case (
            do.OpenPath()
            | do.ClosePath()
            | do.SetRadioHeard()
            | do.SendVoice()
            | do.HoldVoice()
            | do.DropVoice()
            | do.ArmVoice()
            | do.SayOnAir()
        ):
            _path(turn, event, effect)
        case _:
            assert_never(effect)


def _leg(turn: Turn, event: e.EffectFailed, effect: LegEffect) -> None:
    if event.fate is e.Fate.GONE and not isinstance(effect, do.JoinMix | do.Dial | do.LookUpCode | do.StopPlaying):
        again.forget_subject(turn, effect.channel)
        legs.ended(turn, effect.channel, legs.Q850_UNKNOWN)
        return
    match effect:
        case do.Answer():
            if not again.plan(turn, effect, most=ANSWER_TRIES):
                turn.do(do.HangUpLeg(effect.channel))
        case do.Play():
            _not_played(turn, effect)
        case do.StopPlaying() | do.Whisper():
            return  # two prompts at once, or a whisper less: nobody waits for it
        case do.HangUpLeg():
            again.plan(turn, effect)
        case do.JoinMix():
            not_joined(turn, effect)
        case do.SetHeard():
            again.plan(turn, effect, first_s=SOON_S)
        case do.Dial():
            _not_dialled(turn, event, effect)
        case do.LookUpCode():
            _not_looked_up(turn, effect)
        case _:
            assert_never(effect)


def _not_played(turn: Turn, effect: do.Play) -> None:
    """A prompt that could not be played counts as ended, so that the call goes on."""
    caller = turn.node.entries.get(effect.channel)
    if caller is not None:
        entry.played(turn, caller, effect.playback)
    ask = turn.node.asks.get(effect.channel)
    if ask is not None:
        callout.played(turn, ask, effect.playback)


def join_overdue(turn: Turn, participant: Participant) -> None:
    """The order was accepted, and nobody came into the mix: as if it had failed."""
    if participant.channel is not None and participant.state is ParticipantState.JOINING:
        mix = turn.node.conferences[participant.conference].mix
        not_joined(turn, do.JoinMix(participant.channel, mix, turn.node.heard.get(participant.channel, False)))


def not_joined(turn: Turn, effect: do.JoinMix) -> None:
    """The mix may be the one that is missing: it is made again, and the person is asked to wait in words."""
    participant = turn.seat(effect.channel)
    if participant is None or participant.state is not ParticipantState.JOINING:
        return
    conference = turn.node.conferences[participant.conference]
    if again.plan(turn, effect, most=JOIN_TRIES, longest_s=WAITING_LONGEST_S):
        turn.do(do.CreateMix(conference.mix, conference.id))
        meeting.ask_to_wait(turn, participant)
        return
    callout.not_seated(turn, effect.channel)
    meeting.leave(turn, participant)
    entry.apologise(turn, effect.channel, participant.language)


def _not_dialled(turn: Turn, event: e.EffectFailed, effect: do.Dial) -> None:
    attempt = turn.node.attempts.get(AttemptId(effect.channel))
    if attempt is None:
        return
    was_in_doubt = again.key_of(effect) in turn.node.again
    if event.fate is e.Fate.UNKNOWN and again.plan(turn, effect, most=DIAL_TRIES):
        return
    if event.fate is e.Fate.UNKNOWN or was_in_doubt:
        # A refusal tells nothing of an earlier order without an answer: its phone may ring.
        turn.do(do.HangUpLeg(effect.channel))
        callout.lost(turn, attempt)
    elif event.retry:
        callout.refused_by_trunk(turn, attempt)
    else:
        callout.not_diallable(turn, attempt, event.reason)


def _not_looked_up(turn: Turn, effect: do.LookUpCode) -> None:
    """Nobody knows whether the code is right: it is not counted as wrong, and the caller is asked to wait."""
    caller = turn.node.entries.get(effect.channel)
    if caller is None or caller.phase is not EntryPhase.CHECKING:
        return
    if again.plan(turn, effect, most=LOOK_UP_TRIES, longest_s=WAITING_LONGEST_S):
        entry.ask_to_wait(turn, caller)
    else:
        entry.apologise(turn, effect.channel, turn.node.policy.language)


def _mix(turn: Turn, event: e.EffectFailed, effect: MixEffect) -> None:
    match effect:
        case do.Announce():
            return  # the meeting goes on; nobody waits for the words
        case do.CreateMix():
            again.plan(turn, effect)
        case do.DestroyMix():
            if event.fate is not e.Fate.GONE:
                again.plan(turn, effect, most=TAKE_DOWN_TRIES)
        case _:
            assert_never(effect)


def _recording(turn: Turn, event: e.EffectFailed, effect: RecordingEffect) -> None:
    recording = turn.node.recordings.get(effect.recording)
    if recording is None:
        return
    match effect:
        case do.StartRecording():
            is_settled = event.fate is not e.Fate.UNKNOWN
            if is_settled or not again.plan(turn, effect, most=RECORD_TRIES):
                meeting.recording_failed(turn, recording, event.reason)
        case do.StopRecording():
            if event.fate is e.Fate.GONE:
                meeting.recording_closed(turn, recording, None)
            else:
                again.plan(turn, effect)
        case do.ArchiveRecording():
            meeting.archive_failed(turn, recording, event.reason)
            again.plan(turn, effect, first_s=ARCHIVE_FIRST_S, longest_s=ARCHIVE_LONGEST_S)
        case do.StartTrack():
            meeting.recording_failed(turn, recording, event.reason)
            tracks.failed(turn, effect.patch, effect.recording)
        case do.StopTrack():
            meeting.recording_closed(turn, recording, None)  # it has ended with its path
        case _:
            assert_never(effect)


def _radio(turn: Turn, event: e.EffectFailed, effect: do.RadioEffect) -> None:
    match effect:
        case do.SelectTalkgroup():
            patch = radiolink.patch_on(turn, effect.terminal)
            if patch is not None and patch.gssi == effect.gssi:
                radiolink.not_selected(turn, patch, event.reason)
        case do.DemandTransmit():
            patch = radiolink.patch_on(turn, effect.terminal)
            if patch is not None:
                radiolink.transmit_ended(turn, patch, lost=True, reason=event.reason)
        case do.CeaseTransmit():
            again.plan(turn, effect, first_s=SOON_S)
        case do.SendSds() | do.SendStatus():
            if event.fate is e.Fate.UNKNOWN:
                terminal, stage = effect.terminal, e.SdsStage.IN_DOUBT
                doubt = e.SdsProgress(turn.at_s, terminal, effect.message, stage, reason=event.reason)
                shortdata.progress(turn, doubt)
            else:
                shortdata.refused(turn, effect.message, event.reason, retry=event.retry)
        case _:
            assert_never(effect)


def _path(turn: Turn, event: e.EffectFailed, effect: PathEffect) -> None:
    """A path that is gone is told by `PathDown`, and a new one is told everything anew."""
    patch = turn.patch_of(effect.patch)
    is_gone = event.fate is e.Fate.GONE
    match effect:
        case do.OpenPath():
            again.plan(turn, effect)
        case do.ClosePath() | do.SetRadioHeard() | do.DropVoice() | do.ArmVoice():
            if not is_gone:
                again.plan(turn, effect, most=TAKE_DOWN_TRIES, first_s=SOON_S)
        case do.SendVoice():
            if patch is not None:
                radiolink.cannot_send(turn, patch, event.reason)
        case do.HoldVoice():
            if not is_gone:
                again.plan(turn, effect, first_s=SOON_S)
            if patch is not None:
                turn.do(do.CeaseTransmit(patch.terminal))  # whatever the path still sends must not go out
        case do.SayOnAir():
            if patch is not None and patch.closing:
                patching.finish(turn, patch)
        case _:
            assert_never(effect)


# --- what is asked for again ---


def _renewed(turn: Turn, effect: do.DeviceEffect) -> do.DeviceEffect | None:
    """The effect as it is wanted now; `None` when it is not."""
    match effect:
        case do.Answer() | do.HangUpLeg() | do.JoinMix() | do.SetHeard() | do.Dial() | do.LookUpCode():
            return _renewed_leg(turn, effect)
        case do.CreateMix() | do.DestroyMix():
            conference = next((one for one in turn.node.conferences.values() if one.mix == effect.mix), None)
            is_over = conference is None or conference.state is ConferenceState.ENDED
            return effect if is_over is isinstance(effect, do.DestroyMix) else None
        case do.StartRecording() | do.StopRecording() | do.ArchiveRecording():
            return _renewed_recording(turn, effect)
        case do.WithdrawCodes():
            return effect
        case do.CeaseTransmit():
            patch = radiolink.patch_on(turn, effect.terminal)
            return effect if patch is None or not radiolink.has_the_channel(patch) else None
        case do.OpenPath() | do.ClosePath() | do.SetRadioHeard() | do.HoldVoice() | do.DropVoice() | do.ArmVoice():
            return _renewed_path(turn, effect)
        case (
            do.Play()
            | do.StopPlaying()
            | do.Whisper()
            | do.Announce()
            | do.SelectTalkgroup()
            | do.DemandTransmit()
            | do.SendSds()
            | do.SendStatus()
            | do.SendVoice()
            | do.SayOnAir()
            | do.StartTrack()
            | do.StopTrack()
        ):
            return None  # their rules never plan them again
        case _:
            assert_never(effect)


def _renewed_leg(
    turn: Turn, effect: do.Answer | do.HangUpLeg | do.JoinMix | do.SetHeard | do.Dial | do.LookUpCode
) -> do.DeviceEffect | None:
    channel = effect.channel
    participant = turn.seat(channel)
    caller = turn.node.entries.get(channel)
    match effect:
        case do.Answer():
            return effect if caller is not None else None
        case do.HangUpLeg():
            return effect
        case do.JoinMix():
            return meeting.join_of(turn, participant) if participant is not None else None
        case do.SetHeard():
            heard = turn.node.heard.get(channel)
            return None if heard is None else do.SetHeard(channel, heard)
        case do.Dial():
            # Out of sight the call may have come and gone: the listing of the next connect tells, not a second call.
            attempt = turn.node.attempts.get(AttemptId(channel))
            is_wanted = attempt is not None and callout.is_unplaced(attempt) and turn.node.telephony_up
            return effect if is_wanted else None
        case do.LookUpCode():
            return effect if caller is not None and caller.phase is EntryPhase.CHECKING else None
        case _:
            assert_never(effect)


def _renewed_recording(
    turn: Turn, effect: do.StartRecording | do.StopRecording | do.ArchiveRecording
) -> do.DeviceEffect | None:
    recording = turn.node.recordings.get(RecordingId(effect.recording))
    if recording is None:
        return None
    is_archiving = isinstance(effect, do.ArchiveRecording)
    return effect if recording.state is (ArchiveState.SPOOLED if is_archiving else ArchiveState.RECORDING) else None


def _renewed_path(
    turn: Turn,
    effect: do.OpenPath | do.ClosePath | do.SetRadioHeard | do.HoldVoice | do.DropVoice | do.ArmVoice,
) -> do.DeviceEffect | None:
    patch = turn.patch_of(effect.patch)
    if patch is None or effect.patch not in turn.node.paths:
        return effect if isinstance(effect, do.ClosePath) else None
    return _renewed_live_path(turn, effect, patch)


def _renewed_live_path(
    turn: Turn,
    effect: do.OpenPath | do.ClosePath | do.SetRadioHeard | do.HoldVoice | do.DropVoice | do.ArmVoice,
    patch: Patch,
) -> do.DeviceEffect | None:
    match effect:
        case do.OpenPath():
            return replace(effect, terminal=patch.terminal)
        case do.ClosePath():
            return None
        case do.SetRadioHeard():
            return replace(effect, heard=turn.node.radio_heard.get(patch.id, False))
        case do.HoldVoice():
            return effect if patch.state is not PatchState.TRANSMITTING else None
        case do.DropVoice():
            return effect if patch.state is PatchState.OFFLINE or patch.looped else None
        case do.ArmVoice():
            return replace(effect, armed=turn.node.armed.get(patch.id, True))
        case _:
            assert_never(effect)
