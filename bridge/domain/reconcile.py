"""After every connect: what was promised is compared with what is, and the difference is worked off.

The database holds the promises (seats, attempts, recordings), Asterisk holds the calls. Both may have gone on alone.
"""

from dataclasses import replace

from bridge.domain import callout, ending, entry, fallback, meeting, patching, radiolink, ringback, tracks
from bridge.domain.effects import CreateMix, DestroyMix, HangUpLeg, StopRecording
from bridge.domain.events import CallArrived, LiveChannel, TelephonyUp
from bridge.domain.ids import AttemptId, ChannelId, MixId, RecordingId, TrunkName
from bridge.domain.model import (
    ArchiveState,
    Conference,
    ConferenceState,
    Participant,
    ParticipantKind,
    ParticipantState,
    PatchState,
    Recording,
    RecordingState,
)
from bridge.domain.timers import TimerKind
from bridge.domain.turn import Turn

OURS = "leg-"
"""The prefix of channels that we placed."""


def telephony_up(turn: Turn, event: TelephonyUp) -> None:
    """Seats first, so that nobody in a meeting notices anything; then calls under way, then who is new."""
    turn.set_node(telephony_up=True, telephony_reason="")
    turn.show("telephony", "asterisk")
    live = {channel.id: channel for channel in event.channels}
    over = {conference.mix for conference in turn.node.conferences.values() if _is_over(conference)}
    _mixes(turn, event.mixes)
    _seats(turn, live, frozenset(channel for channel, _ in event.ended))
    _recordings(turn, event.recordings)
    _attempts(turn, live, dict(event.ended))
    _strangers(turn, live, over)
    _patches(turn)
    fallback.telephony_up(turn)
    callout.pump(turn)


def _is_over(conference: Conference) -> bool:
    return conference.state is ConferenceState.ENDED


def _mixes(turn: Turn, live: frozenset[MixId]) -> None:
    """Mixes of conferences that are known no more are taken down, with their announcers."""
    occupied = {
        participant.conference
        for participant in turn.node.participants.values()
        if participant.state is not ParticipantState.LEFT
    }
    for conference in list(turn.node.conferences.values()):
        if _is_over(conference):
            ending.finish(turn, conference)
        elif conference.id in occupied:
            turn.do(CreateMix(conference.mix, conference.id))
    known = {conference.mix for conference in turn.node.conferences.values()}
    turn.do(*(DestroyMix(mix) for mix in sorted(live - known)))


def _seats(turn: Turn, live: dict[ChannelId, LiveChannel], hung_up: frozenset[ChannelId]) -> None:
    """Who is not on the line any more has hung up, as a call record tells, or has lost the line and is rung back."""
    for participant in list(turn.node.participants.values()):
        if participant.kind is ParticipantKind.RADIO or participant.channel is None:
            continue
        if participant.state is ParticipantState.LEFT:
            continue
        channel = live.get(participant.channel)
        if channel is not None:
            _keep_seat(turn, participant, channel)
            continue
        turn.drop_from("entries", participant.channel)
        if participant.channel in hung_up:
            meeting.leave(turn, participant)
        else:
            ringback.lost(turn, participant)
    ringback.ring_back(turn)


def _keep_seat(turn: Turn, participant: Participant, channel: LiveChannel) -> None:
    """Still on the line: into the mix if they are not there, and their microphone as we say it is."""
    turn.set_in("seats", channel.id, participant.id)
    for name in ("entries", "asks"):
        turn.drop_from(name, channel.id)
    for kind in (TimerKind.PROMPT, TimerKind.CALLOUT_KEY):
        turn.stop_timer(kind, channel.id)
    conference = turn.node.conferences[participant.conference]
    if channel.mix != conference.mix:
        meeting.take_seat(turn, participant)
        return
    meeting.seated(turn, participant)
    turn.drop_from("heard", channel.id)
    meeting.refresh_microphones(turn, conference.id)


def _recordings(turn: Turn, live: frozenset[RecordingId]) -> None:
    for recording in list(turn.node.recordings.values()):
        if recording.state is ArchiveState.RECORDING and recording.patch is None:
            if recording.id in live:
                meeting.recording_found(turn, recording)
            else:
                _close_recording(turn, recording)
        elif recording.state is ArchiveState.SPOOLED:
            meeting.archive_again(turn, recording)


def _close_recording(turn: Turn, recording: Recording) -> None:
    """The order to begin it may still be on its way to Asterisk: in the same lane, the one to stop it comes after."""
    conference = turn.node.conferences.get(recording.conference)
    if conference is not None and conference.recording.state is RecordingState.STARTING:
        turn.do(StopRecording(conference.mix, recording.id))
    meeting.recording_closed(turn, recording, None)


def _attempts(turn: Turn, live: dict[ChannelId, LiveChannel], ended: dict[ChannelId, int]) -> None:
    for attempt in list(turn.node.attempts.values()):
        channel = live.get(ChannelId(attempt.id))
        if channel is not None:
            callout.trunk_in_use(turn, attempt)
            if ChannelId(attempt.id) not in turn.node.seats:
                callout.adopted(turn, attempt, answered=channel.answered)
        elif ChannelId(attempt.id) in ended:
            callout.ended_meanwhile(turn, attempt, ended[ChannelId(attempt.id)])
        else:
            # The order may still be on its way to Asterisk: in the same lane, this one comes after it.
            turn.do(HangUpLeg(ChannelId(attempt.id)))
            callout.lost(turn, attempt)


def _strangers(turn: Turn, live: dict[ChannelId, LiveChannel], over: set[MixId]) -> None:
    """Callers who were keying their code begin anew; who sits in a meeting that is over, or was called by us and is
    known no more, is hung up."""
    for stale in [one for channel, one in turn.node.entries.items() if channel not in live]:
        entry.gone(turn, stale)
    for channel in live.values():
        known = channel.id in turn.node.seats or ChannelId(channel.id) in turn.node.asks
        if known or AttemptId(channel.id) in turn.node.attempts:
            continue
        if channel.id.startswith(OURS) or channel.mix in over:
            turn.do(HangUpLeg(channel.id))
        else:
            trunk = channel.trunk or TrunkName("")
            entry.arrive(turn, CallArrived(turn.at_s, channel.id, channel.number, channel.caller, trunk))


def _patches(turn: Turn) -> None:
    for patch in list(turn.node.patches.values()):
        if patch.state in (PatchState.REMOVED, PatchState.ASKED):
            continue
        patching.open_path(turn, patch)
        if patch.terminal in turn.node.terminals:
            radiolink.terminal_changed(turn, turn.node.patches[patch.id])


def at_start(turn: Turn) -> None:
    """The controller has come up with what the store kept: what passes is not known to it any more.

    Nothing is known of Asterisk yet, so that telephony is down from the first moment; what needs no Asterisk goes on.
    """
    ringback.resume(turn)
    for patch in list(turn.node.patches.values()):
        patching.resume(turn, patch)
    tracks.close_left(turn)
    fallback.telephony_down(turn)
    _conferences_at_start(turn)
    for participant in list(turn.node.participants.values()):
        if participant.talking:
            turn.put_passing(replace(participant, talking=False))


def _conferences_at_start(turn: Turn) -> None:
    """The timers of the last life are given anew; recordings that lie closed in the spool are archived."""
    policy = turn.node.policy.meeting
    for conference in turn.node.conferences.values():
        if _is_over(conference):
            turn.start_timer(TimerKind.CONFERENCE_END, conference.id, policy.end_after_s)
        elif conference.state is ConferenceState.OPEN:
            turn.start_timer(TimerKind.CONFERENCE_EMPTY, conference.id, policy.empty_s)
        if conference.recording.state is RecordingState.FAILED and conference.recording.wanted:
            turn.start_timer(TimerKind.RECORDING, conference.id, policy.recording_retry_s)
    for recording in turn.node.recordings.values():
        if recording.state is ArchiveState.SPOOLED:
            meeting.archive_again(turn, recording)
