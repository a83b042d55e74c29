"""`step(node, event, mint)`: what is and what happened, to what is next and what shall be done.

This file only says which rule answers which event; the rules are in the modules beside it. mypy demands that every
event is answered. An event about something unknown changes nothing: Asterisk's and our own orders may cross.
"""

from typing import assert_never

from bridge.domain import (
    again,
    callout,
    ending,
    entry,
    failures,
    fallback,
    keypad,
    legs,
    meeting,
    patching,
    radiolink,
    reach,
    reconcile,
    requests,
    ringback,
    shortdata,
    tracks,
)
from bridge.domain import events as e
from bridge.domain.effects import HangUpLeg
from bridge.domain.ids import AttemptId, ChannelId, ConferenceId, PatchId, TerminalName
from bridge.domain.model import ConferenceState, ParticipantState, PatchState, Saved, TerminalView
from bridge.domain.node import Node
from bridge.domain.policy import Policy
from bridge.domain.turn import Mint, Result, Turn


def begin(saved: Saved, policy: Policy, terminals: tuple[TerminalName, ...], at_s: float, mint: Mint) -> Result:
    """The node as the store kept it; nothing is known yet of what Asterisk and the terminals do."""
    node = Node(
        policy=policy,
        conferences={one.id: one for one in saved.conferences},
        participants={one.id: one for one in saved.participants},
        patches={one.id: one for one in saved.patches},
        activations={one.id: one for one in saved.activations},
        targets={one.id: one for one in saved.targets},
        attempts={one.id: one for one in saved.attempts},
        recordings={one.id: one for one in saved.recordings},
        messages={one.id: one for one in saved.messages},
        terminals={name: TerminalView(name) for name in terminals},
    )
    turn = Turn(node, at_s, mint)
    reconcile.at_start(turn)
    shortdata.at_start(turn)
    return turn.result()


def step(node: Node, event: e.Event, mint: Mint) -> Result:
    """One event. Pure but for `mint`: the same node, event and ids give the same result."""
    turn = Turn(node, event.at_s, mint)
    match event:
        case e.Commanded():
            requests.carry_out(turn, event.actor, event.command)
        case e.TimerDue():
            _timer(turn, event.key)
        case e.EffectFailed():
            failures.failed(turn, event)
        case e.CodeResolved():
            caller = turn.node.entries.get(event.channel)
            if caller is not None:
                entry.resolved(turn, caller, event)
        case e.RecordingArchived():
            meeting.archived(turn, event)
        case e.TelephonyUp() | e.TelephonyDown() | e.CallArrived() | e.LegRinging() | e.LegAnswered() | e.LegEnded():
            _legs(turn, event)
        case e.DigitPressed() | e.PlaybackEnded() | e.TalkingStarted() | e.TalkingStopped():
            _on_line(turn, event)
        case e.MixJoined() | e.MixLeft() | e.RecordingStarted() | e.RecordingEnded() | e.RecordingFailed():
            _in_mix(turn, event)
        case (
            e.PathUp()
            | e.PathDown()
            | e.SpeechBegan()
            | e.SpeechDrained()
            | e.SpeechLost()
            | e.TransmissionCut()
            | e.SaidOnAir()
            | e.VoiceStuck()
        ):
            _media(turn, event)
        case (
            e.TerminalChanged()
            | e.RadioTalkStarted()
            | e.RadioTalkStopped()
            | e.TransmitGranted()
            | e.TransmitQueued()
            | e.TransmitRefused()
            | e.ChannelFree()
            | e.TransmitEnded()
            | e.SdsReceived()
            | e.SdsUnreadable()
            | e.StatusReceived()
            | e.SdsProgress()
            | e.SdsReported()
        ):
            _radio(turn, event)
            shortdata.heed(turn, event)
        case _:
            assert_never(event)
    _joint_rules(turn)
    return turn.result()


def _joint_rules(turn: Turn) -> None:
    """What ties the machines to each other, whichever event moved one of them."""
    for activation in list(turn.node.activations.values()):
        conference = turn.node.conferences.get(activation.conference)
        if conference is None:
            callout.forget(turn, activation)
        elif conference.state is ConferenceState.ENDED:
            callout.cancel(turn, activation)
    ringback.refresh(turn)
    reach.keep_floors(turn)
    for patch in list(turn.node.patches.values()):
        if patch.state is PatchState.REMOVED:
            turn.forget(patch)
            continue
        keyer = turn.node.participants.get(patch.keyed_by) if patch.keyed_by else None
        if patch.keyed_by and (keyer is None or keyer.state is not ParticipantState.PRESENT):
            patching.set_key(turn, patch, None)
        radiolink.refresh_arming(turn, turn.node.patches[patch.id])
        tracks.refresh(turn, turn.node.patches[patch.id])


# --- telephony ---


def _legs(
    turn: Turn,
    event: e.TelephonyUp | e.TelephonyDown | e.CallArrived | e.LegRinging | e.LegAnswered | e.LegEnded,
) -> None:
    match event:
        case e.TelephonyUp():
            reconcile.telephony_up(turn, event)
            shortdata.pump(turn)
        case e.TelephonyDown():
            turn.set_node(telephony_up=False, telephony_reason=event.reason)
            fallback.telephony_down(turn)
            turn.show("telephony", "asterisk")
        case e.CallArrived():
            if event.channel not in turn.node.seats and event.channel not in turn.node.entries:
                entry.arrive(turn, event)
        case e.LegRinging() | e.LegAnswered():
            _leg_moves(turn, event)
        case e.LegEnded():
            again.forget_subject(turn, event.channel)
            legs.ended(turn, event.channel, event.cause)
        case _:
            assert_never(event)


def _leg_moves(turn: Turn, event: e.LegRinging | e.LegAnswered) -> None:
    """A call of ours that nobody knows any more must not ring on, nor be answered by silence."""
    attempt = turn.node.attempts.get(AttemptId(event.channel))
    if attempt is not None:
        answer = callout.ringing if isinstance(event, e.LegRinging) else callout.answered
        answer(turn, attempt)
    elif event.channel not in turn.node.seats and event.channel not in turn.node.entries:
        turn.do(HangUpLeg(event.channel))


def _on_line(turn: Turn, event: e.DigitPressed | e.PlaybackEnded | e.TalkingStarted | e.TalkingStopped) -> None:
    caller = turn.node.entries.get(event.channel)
    ask = turn.node.asks.get(event.channel)
    participant = turn.seat(event.channel)
    match event:
        case e.DigitPressed():
            if caller is not None:
                entry.press(turn, caller, event.digit)
            elif ask is not None:
                callout.press(turn, ask, event.digit)
            elif participant is not None:
                keypad.press(turn, participant, event.digit)
        case e.PlaybackEnded():
            if caller is not None:
                entry.played(turn, caller, event.playback)
            elif ask is not None:
                callout.played(turn, ask, event.playback)
        case e.TalkingStarted() | e.TalkingStopped():
            if participant is not None and participant.state is not ParticipantState.LEFT:
                meeting.talking(turn, participant, isinstance(event, e.TalkingStarted))
        case _:
            assert_never(event)


def _in_mix(
    turn: Turn,
    event: e.MixJoined | e.MixLeft | e.RecordingStarted | e.RecordingEnded | e.RecordingFailed,
) -> None:
    match event:
        case e.MixJoined():
            participant = turn.seat(event.channel)
            if participant is not None and turn.node.conferences[participant.conference].mix == event.mix:
                meeting.seated(turn, participant)
        case e.MixLeft():
            # Leaving the mix without hanging up is a move of our own; the reconcile heals what is not.
            return
        case e.RecordingStarted() | e.RecordingEnded() | e.RecordingFailed():
            recording = turn.node.recordings.get(event.recording)
            if recording is None:
                return
            if isinstance(event, e.RecordingStarted):
                meeting.recording_started(turn, recording)
            elif isinstance(event, e.RecordingEnded):
                meeting.recording_closed(turn, recording, event.duration_s)
            else:
                meeting.recording_failed(turn, recording, event.reason)
        case _:
            assert_never(event)


# --- radio and its audio ---


def _radio(turn: Turn, event: e.RadioEvent) -> None:
    if isinstance(event, e.TerminalChanged):
        _terminal(turn, event)
    patch = radiolink.patch_on(turn, event.terminal)
    if patch is None:
        return
    match event:
        case e.TerminalChanged():
            radiolink.terminal_changed(turn, patch)
        case e.RadioTalkStarted():
            radiolink.talk_started(turn, patch, event)
        case e.RadioTalkStopped():
            radiolink.talk_stopped(turn, patch)
        case e.TransmitGranted():
            radiolink.granted(turn, patch)
        case e.TransmitQueued():
            radiolink.queued(turn, patch)
        case e.TransmitRefused():
            radiolink.refused(turn, patch, event)
        case e.ChannelFree():
            radiolink.retry(turn, patch)
        case e.TransmitEnded():
            radiolink.transmit_ended(turn, patch, lost=event.lost, reason=event.reason)
        case e.SdsReceived() | e.SdsUnreadable() | e.StatusReceived() | e.SdsProgress() | e.SdsReported():
            return
        case _:
            assert_never(event)


def _terminal(turn: Turn, event: e.TerminalChanged) -> None:
    view = TerminalView(
        name=event.terminal,
        state=event.state.value,
        reason=event.reason or None,
        issi=event.issi,
        gssi=event.gssi,
        signal_dbm=event.signal_dbm,
        model=event.model,
        battery_percent=event.battery_percent,
        alarms=event.alarms,
        alarm_times_s=event.alarm_times_s,
        talkgroups=event.talkgroups,
        detail={"line": event.line} if event.line else {},
    )
    turn.set_in("terminals", event.terminal, view)
    turn.show("terminal", event.terminal)


def _media(turn: Turn, event: e.MediaEvent) -> None:
    patch = turn.patch_of(event.patch)
    if patch is None:
        return
    match event:
        case e.PathUp():
            radiolink.path_up(turn, patch)
        case e.PathDown():
            radiolink.path_down(turn, patch, event.reason)
        case e.SpeechBegan():
            radiolink.speech_began(turn, patch)
        case e.SpeechDrained():
            radiolink.speech_drained(turn, patch)
        case e.SpeechLost():
            turn.audit("samband", "radio.speech_lost", patch.id, lost_ms=event.lost_ms)
        case e.TransmissionCut():
            radiolink.cut(turn, patch)
        case e.SaidOnAir():
            if patch.closing:
                patching.finish(turn, patch)
        case e.VoiceStuck():
            radiolink.voice_stuck(turn, patch, stuck=event.stuck)
        case _:
            assert_never(event)


# --- timers ---


def _timer(turn: Turn, key: e.TimerKey) -> None:
    kind = e.TimerKind
    match key.kind:
        case (
            kind.ENTRY_DIGITS
            | kind.ENTRY_BRAKE
            | kind.ENTRY_REMIND
            | kind.KEYS
            | kind.CALLOUT_KEY
            | kind.PROMPT
            | kind.JOIN
        ):
            _line_timer(turn, key.kind, ChannelId(key.subject))
        case kind.CALLOUT_RING:
            attempt = turn.node.attempts.get(AttemptId(key.subject))
            if attempt is not None:
                callout.ring_overdue(turn, attempt)
        case kind.CALLOUT_PUMP:
            callout.pump(turn)
        case kind.SDS_PUMP:
            shortdata.pump(turn)
        case kind.CONFERENCE_END | kind.CONFERENCE_EMPTY | kind.RECORDING:
            conference = turn.node.conferences.get(ConferenceId(key.subject))
            if conference is not None:
                _CONFERENCE_TIMERS[key.kind](turn, conference)
        case kind.RADIO_ONLY:
            fallback.due(turn)
        case kind.AGAIN:
            failures.again_due(turn, key.subject)
        case _:
            patch = turn.patch_of(PatchId(key.subject))
            if patch is not None:
                _RADIO_TIMERS[key.kind](turn, patch)


_CONFERENCE_TIMERS = {
    e.TimerKind.CONFERENCE_END: ending.farewell_over,
    e.TimerKind.CONFERENCE_EMPTY: meeting.still_empty,
    e.TimerKind.RECORDING: meeting.record_again,
}
_RADIO_TIMERS = {
    e.TimerKind.TRACK: tracks.try_again,
    e.TimerKind.RADIO_GRANT: radiolink.grant_overdue,
    e.TimerKind.RADIO_WARN: radiolink.warn,
    e.TimerKind.RADIO_CUT: radiolink.cut,
    e.TimerKind.RADIO_PAUSE: radiolink.pause_over,
    e.TimerKind.RADIO_RETRY: radiolink.retry,
    e.TimerKind.RADIO_STALE: radiolink.drop_stale,
    e.TimerKind.RADIO_LEASE: patching.lease_due,
    e.TimerKind.RADIO_IDLE: patching.idle_due,
    e.TimerKind.RADIO_TAKEOVER: patching.take_over,
    e.TimerKind.RADIO_CLOSING: patching.finish,
    e.TimerKind.RADIO_KEY: patching.key_silent,
}


def _line_timer(turn: Turn, kind: e.TimerKind, channel: ChannelId) -> None:
    caller, ask, participant = turn.node.entries.get(channel), turn.node.asks.get(channel), turn.seat(channel)
    if caller is not None and kind in _ENTRY_TIMERS:
        _ENTRY_TIMERS[kind](turn, caller)
    if ask is not None and kind in _ASK_TIMERS:
        _ASK_TIMERS[kind](turn, ask)
    if participant is not None and kind in _SEAT_TIMERS:
        _SEAT_TIMERS[kind](turn, participant)


_ENTRY_TIMERS = {
    e.TimerKind.ENTRY_DIGITS: entry.pause,
    e.TimerKind.ENTRY_BRAKE: entry.say_wrong,
    e.TimerKind.ENTRY_REMIND: entry.remind,
    e.TimerKind.PROMPT: entry.prompt_overdue,
}
_ASK_TIMERS = {e.TimerKind.CALLOUT_KEY: callout.no_key, e.TimerKind.PROMPT: callout.prompt_overdue}
_SEAT_TIMERS = {e.TimerKind.KEYS: keypad.forget_pending, e.TimerKind.JOIN: failures.join_overdue}
