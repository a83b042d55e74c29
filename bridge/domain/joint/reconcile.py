"""After every connect: what was promised is compared with what is, and the difference is worked off.

The database holds the promises (seats, attempts, recordings), Asterisk holds the calls. Both may have gone on alone.
"""

from collections.abc import Mapping
from dataclasses import replace

from bridge.domain.callout import calls, pump, ringback, trunks
from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.records import ATTEMPTS
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import entry, legs, rooms, seats, voices
from bridge.domain.conference.passing import ENTRIES, HEARD, SEATS
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ROOMS,
    Conference,
    ConferenceState,
    Leg,
    RecordingState,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.joint import arriving, ending, talkgroup_tracks
from bridge.domain.kernel.ids import AttemptId, ChannelId, MixId, RecordingId, TrunkName
from bridge.domain.kernel.step import Step
from bridge.domain.radio import availability, fallback, patching
from bridge.domain.radio.records import PATCHES, TERMINALS, PatchState
from bridge.domain.recording import names, recordings
from bridge.domain.recording.effects import StopRecording
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording, RecordingKind
from bridge.domain.recording.timers import RecordingTimer
from bridge.domain.seattracks import following
from bridge.domain.telephony.effects import CreateMix, DestroyMix, HangUpLeg
from bridge.domain.telephony.events import CallArrived, LiveChannel, TelephonyUp
from bridge.domain.telephony.state import TELEPHONY, Telephony
from bridge.domain.telephony.timers import PromptTimer

OURS = "leg-"
"""The prefix of channels that we placed."""


def telephony_up(step: Step, event: TelephonyUp) -> None:
    """Seats first, so that nobody in a meeting notices anything; then calls under way, then who is new."""
    step.know(TELEPHONY, Telephony(up=True, reason=None))
    step.show("telephony", "asterisk")
    live = {channel.id: channel for channel in event.channels}
    over = {mix for mix in step.node[ROOMS] if rooms.is_over(step.node, mix)}
    _mixes(step, event.mixes)
    _seats(step, live, dict(event.ended))
    _recordings(step, event.recordings)
    _attempts(step, live, dict(event.ended), dict(event.keyed))
    _strangers(step, live, over)
    _patches(step)
    fallback.telephony_up(step)
    trunks.connected(step)
    pump.pump(step)


def _is_over(conference: Conference) -> bool:
    return conference.state is ConferenceState.ENDED


def _mixes(step: Step, live: frozenset[MixId]) -> None:
    """Mixes of rooms that are closed or not known are taken down, with their announcers."""
    occupied = {
        participant.room for participant in step.node[PARTICIPANTS].values() if participant.state is not SeatState.LEFT
    }
    for conference in list(step.node[CONFERENCES].values()):
        ending.finish(step, conference)
    leaving = {room.id for room in step.node[ROOMS].values() if _is_over(step.node[CONFERENCES][room.conference])}
    for room in step.node[ROOMS].values():
        if room.id in occupied and not rooms.is_over(step.node, room.id):
            step.do(CreateMix(room.id, room.conference))
    step.do(*(DestroyMix(mix) for mix in sorted(live - leaving) if rooms.is_over(step.node, mix)))


def _seats(step: Step, live: dict[ChannelId, LiveChannel], hung_up: Mapping[ChannelId, int]) -> None:
    """A participant who is not on the line any more has hung up, where a call record tells so. Else they have lost the
    line, and are rung back."""
    for participant in list(step.node[PARTICIPANTS].values()):
        leg = legs.live(step.node, participant)
        if leg is None or leg.channel is None:
            continue
        channel = live.get(leg.channel)
        if channel is not None:
            _keep_seat(step, participant, leg, channel)
            continue
        caller = step.node[ENTRIES].get(leg.channel)
        if caller is not None:
            entry.gone(step, caller)
        if leg.channel in hung_up:
            seats.leave(step, participant, cause=hung_up[leg.channel])
        else:
            ringback.lost(step, participant)
    ringback.ring_back(step)


def _keep_seat(step: Step, participant: Seat, leg: Leg, channel: LiveChannel) -> None:
    """They are still on the line. They come back into their room if they are not there, and their microphone is set
    as we say."""
    step.set_in(SEATS, channel.id, leg.id)
    following.found(step, channel.id)
    step.drop_from(ENTRIES, channel.id)
    step.drop_from(QUESTIONS, channel.id)
    for kind in (PromptTimer.PROMPT, ConferenceTimer.ENTRY_NAME, CalloutTimer.CALLOUT_KEY):
        step.stop_timer(kind, channel.id)
    if participant.state is SeatState.WAITING:
        seats.take_seat(step, participant)
        return
    if channel.mix != participant.room:
        seats.put_back(step, participant)
        return
    seats.seated(step, participant, channel.id)
    step.drop_from(HEARD, channel.id)
    voices.refresh_microphones(step, participant.conference)


def _recordings(step: Step, live: frozenset[RecordingId]) -> None:
    for recording in list(step.node[RECORDINGS].values()):
        if recording.state is ArchiveState.RECORDING and not recording.is_track:
            if recording.kind is RecordingKind.NAME and recording.id in live:
                names.found_running(step, recording)
            elif recording.id in live:
                recordings.recording_found(step, recording)
            else:
                _close_recording(step, recording)
        elif recording.state is ArchiveState.SPOOLED:
            recordings.archive_again(step, recording)


def _close_recording(step: Step, recording: Recording) -> None:
    """The order to begin it may still be on its way to Asterisk. In the same lane the order to stop comes after it."""
    conference = step.node[CONFERENCES].get(recording.conference)
    is_starting = (
        recording.kind is RecordingKind.MIX
        and conference is not None
        and conference.recording.state is RecordingState.STARTING
    )
    if is_starting and recording.room is not None:
        step.do(StopRecording(recording.room, recording.id))
    recordings.recording_closed(step, recording, None)


def _attempts(
    step: Step, live: dict[ChannelId, LiveChannel], ended: dict[ChannelId, int], keyed: dict[ChannelId, str]
) -> None:
    for attempt in list(step.node[ATTEMPTS].values()):
        channel = live.get(ChannelId(attempt.id))
        if channel is not None:
            trunks.trunk_in_use(step, attempt)
            if ChannelId(attempt.id) not in step.node[SEATS] and ChannelId(attempt.id) not in step.node[ENTRIES]:
                calls.adopted(step, attempt, channel)
        elif ChannelId(attempt.id) in ended:
            calls.ended_meanwhile(step, attempt, ended[ChannelId(attempt.id)], keyed.get(ChannelId(attempt.id), ""))
        else:
            # The order may still be on its way to Asterisk: in the same lane, this one comes after it.
            step.do(HangUpLeg(ChannelId(attempt.id)))
            calls.lost(step, attempt)


def _strangers(step: Step, live: dict[ChannelId, LiveChannel], over: set[MixId]) -> None:
    """Callers who were keying their code begin anew. A person in a meeting that is over is hung up. So is a called
    person who is no longer known."""
    for stale in [one for channel, one in step.node[ENTRIES].items() if channel not in live]:
        entry.gone(step, stale)
    for channel in live.values():
        known = channel.id in step.node[SEATS] or ChannelId(channel.id) in step.node[QUESTIONS]
        if known or AttemptId(channel.id) in step.node[ATTEMPTS]:
            continue
        if channel.id.startswith(OURS) or channel.mix in over:
            step.do(HangUpLeg(channel.id))
        else:
            trunk = channel.trunk or TrunkName("")
            arriving.arrive(step, CallArrived(step.at_s, channel.id, channel.number, channel.caller, trunk))


def _patches(step: Step) -> None:
    for patch in list(step.node[PATCHES].values()):
        if patch.state is PatchState.PENDING_APPROVAL:
            continue
        patching.open_path(step, patch)
        if patch.terminal in step.node[TERMINALS]:
            availability.terminal_changed(step, step.node[PATCHES][patch.id])


def at_start(step: Step) -> None:
    """The controller has come up with the store's records; the passing state is lost.

    Nothing is known of Asterisk yet, so telephony is down from the first moment. Everything that needs no Asterisk goes
    on.
    """
    ringback.resume(step)
    for patch in list(step.node[PATCHES].values()):
        patching.resume(step, patch)
    talkgroup_tracks.close_left(step)
    fallback.telephony_down(step)
    _conferences_at_start(step)
    for participant in list(step.node[PARTICIPANTS].values()):
        if participant.talking:
            step.put_passing(replace(participant, talking=False))


def _conferences_at_start(step: Step) -> None:
    """The timers of the last life are given anew; recordings that lie closed in the spool are archived."""
    policy = step.node.policy[ConferencePolicy]
    for conference in step.node[CONFERENCES].values():
        if _is_over(conference):
            step.start_timer(ConferenceTimer.CONFERENCE_END, conference.id, policy.end_after_s)
        elif conference.state is ConferenceState.OPEN:
            step.start_timer(ConferenceTimer.CONFERENCE_EMPTY, conference.id, policy.empty_s)
        if conference.recording.state is RecordingState.FAILED and conference.recording.wanted:
            step.start_timer(RecordingTimer.RECORDING, conference.id, policy.recording_retry_s)
    for recording in step.node[RECORDINGS].values():
        if recording.state is ArchiveState.SPOOLED:
            recordings.archive_again(step, recording)
