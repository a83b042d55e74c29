"""From a report of a terminal or an audio path to the rule of the patch that it concerns."""

from typing import assert_never

from bridge.domain.kernel.step import Step
from bridge.domain.radio import availability, link, patches, patching, receiving, transmission
from bridge.domain.radio.events import (
    ChannelFree,
    MediaEvent,
    PathDown,
    PathUp,
    RadioEvent,
    RadioTalkStarted,
    RadioTalkStopped,
    SaidOnAir,
    SpeechBegan,
    SpeechDrained,
    SpeechLost,
    TerminalChanged,
    TransmissionCut,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
    VoiceStuck,
)
from bridge.domain.radio.records import TERMINALS, TerminalView


def changed(step: Step, event: TerminalChanged) -> None:
    """Show the terminal as it is now, and tell its patch."""
    view = TerminalView(
        name=event.terminal,
        state=event.state.value,
        reason=event.reason,
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
    step.set_in(TERMINALS, event.terminal, view)
    step.show("terminal", event.terminal)
    reported(step, event)


def reported(step: Step, event: RadioEvent) -> None:
    """Tell the patch on that terminal, if there is one."""
    patch = link.patch_on(step, event.terminal)
    if patch is None:
        return
    match event:
        case TerminalChanged():
            availability.terminal_changed(step, patch)
        case RadioTalkStarted():
            receiving.talk_started(step, patch, event)
        case RadioTalkStopped():
            receiving.talk_stopped(step, patch)
        case TransmitGranted():
            transmission.granted(step, patch)
        case TransmitQueued():
            transmission.queued(step, patch)
        case TransmitRefused():
            transmission.refused(step, patch, event)
        case ChannelFree():
            availability.retry(step, patch)
        case TransmitEnded():
            transmission.transmit_ended(step, patch, lost=event.lost, reason=event.reason)
        case _:
            assert_never(event)


def path_reported(step: Step, event: MediaEvent) -> None:
    """Tell the patch of that path, if it is not removed."""
    patch = patches.patch_of(step, event.patch)
    if patch is None:
        return
    match event:
        case PathUp():
            availability.path_up(step, patch)
        case PathDown():
            availability.path_down(step, patch, event.reason)
        case SpeechBegan():
            transmission.speech_began(step, patch)
        case SpeechDrained():
            transmission.speech_drained(step, patch)
        case SpeechLost():
            step.audit("samband", "radio.speech_lost", patch.id, lost_ms=event.lost_ms)
        case TransmissionCut():
            transmission.cut(step, patch)
        case SaidOnAir():
            if patch.closing:
                patching.finish(step, patch)
        case VoiceStuck():
            transmission.voice_stuck(step, patch, stuck=event.stuck)
        case _:
            assert_never(event)
