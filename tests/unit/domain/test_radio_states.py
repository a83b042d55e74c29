"""The whole table of a talkgroup's states: each event in each of them, to the last order and timer.

A line is `event → state: lines of the timeline, orders, timers, and words in somebody's ear`. An event without a line
changes nothing in that state.
"""

from collections.abc import Callable
from typing import Final

import pytest

from bridge.domain.conference.records import Role
from bridge.domain.kernel.effects import DeviceEffect, StartTimer
from bridge.domain.kernel.events import Event, TimerDue
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.step import Result
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.effects import (
    CeaseTransmit,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    SayOnAir,
    SendVoice,
    SetRadioHeard,
)
from bridge.domain.radio.events import (
    ChannelFree,
    PathDown,
    PathUp,
    RadioTalkStarted,
    RadioTalkStopped,
    SpeechBegan,
    SpeechDrained,
    TerminalChanged,
    TerminalState,
    TransmissionCut,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.records import PatchState, Precedence
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.telephony.effects import Whisper
from tests.harness.reasons import because
from tests.harness.story import GROUP, PATCH, TERMINAL, Story

HOST, BO = "host", "bo"
FIELD = Issi(1_002_001)

EVENTS: Final[dict[str, Callable[[float], Event]]] = {
    "speech begins": lambda at_s: SpeechBegan(at_s, PATCH),
    "speech is over": lambda at_s: SpeechDrained(at_s, PATCH),
    "granted": lambda at_s: TransmitGranted(at_s, TERMINAL),
    "queued": lambda at_s: TransmitQueued(at_s, TERMINAL),
    "refused for now": lambda at_s: TransmitRefused(at_s, TERMINAL, because("busy"), retry=True),
    "refused": lambda at_s: TransmitRefused(at_s, TERMINAL, because("busy"), retry=False),
    "ended": lambda at_s: TransmitEnded(at_s, TERMINAL, lost=False),
    "lost": lambda at_s: TransmitEnded(at_s, TERMINAL, lost=True),
    "channel free": lambda at_s: ChannelFree(at_s, TERMINAL),
    "user talks": lambda at_s: RadioTalkStarted(at_s, TERMINAL, GROUP, FIELD, False),
    "user stops": lambda at_s: RadioTalkStopped(at_s, TERMINAL),
    "path up": lambda at_s: PathUp(at_s, PATCH),
    "path down": lambda at_s: PathDown(at_s, PATCH, because("the worker ended")),
    "cut by the sound": lambda at_s: TransmissionCut(at_s, PATCH),
    "terminal away": lambda at_s: _terminal(at_s, TerminalState.ABSENT),
    "terminal on the group": lambda at_s: _terminal(at_s, TerminalState.READY),
    **{
        kind.value: lambda at_s, kind=kind: TimerDue(at_s, TimerKey(kind, PATCH))  # type: ignore[misc]
        for kind in RadioTimer
        if kind not in (RadioTimer.RADIO_ONLY, RadioTimer.RADIO_CLOSING)
    },
}


def _terminal(at_s: float, state: TerminalState) -> TerminalChanged:
    return TerminalChanged(at_s, TERMINAL, state, None, Issi(1001), GROUP)


def offline(precedence: Precedence) -> Story:
    """A talkgroup that was reached once, and its terminal is away. Bo talks in the meeting."""
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    story.talks(BO)
    story.patches(precedence=precedence)
    story.happens(PathUp(story.now_s, PATCH))
    story.terminal_is(TerminalState.READY)
    story.terminal_is(TerminalState.ABSENT)
    return story


WAYS: Final[dict[PatchState, tuple[str, ...]]] = {
    PatchState.OFFLINE: (),
    PatchState.IDLE: ("terminal on the group",),
    PatchState.RECEIVING: ("terminal on the group", "user talks"),
    PatchState.DEMANDING: ("terminal on the group", "speech begins"),
    PatchState.QUEUED: ("terminal on the group", "speech begins", "queued"),
    PatchState.TRANSMITTING: ("terminal on the group", "speech begins", "granted"),
    PatchState.PAUSING: ("terminal on the group", "speech begins", "granted", "radio_cut"),
    PatchState.WAITING: ("terminal on the group", "speech begins", "refused for now"),
}
"""State → the events that lead from `offline` to it."""


def in_state(state: PatchState, *, held: bool, precedence: Precedence = Precedence.RADIO) -> Story:
    story = offline(precedence)
    for name in WAYS[state]:
        story.passes(0.25)
        story.happens(EVENTS[name](story.now_s))
    if held:
        story.happens(SpeechBegan(story.now_s, PATCH))
    assert story.patch.state is state
    return story


def told(state: PatchState, *, held: bool, precedence: Precedence = Precedence.RADIO) -> list[str]:
    """The lines of one state."""
    lines = []
    for name, event in EVENTS.items():
        story = in_state(state, held=held, precedence=precedence)
        before = story.patch
        story.passes(0.25)
        result = story.happens(event(story.now_s))
        said = _said(result)
        after = story.patch
        if said or (after.state, after.voice_held) != (before.state, before.voice_held):
            held_now = " (held)" if after.voice_held else ""
            lines.append(f"{name} → {after.state.value}{held_now}: {', '.join(said)}".rstrip(": "))
    return lines


def _said(result: Result) -> list[str]:
    said = [one.kind.value.removeprefix("radio_").replace("transmission", "sending") for one in result.notes]
    for effect in result.effects:
        match effect:
            case StartTimer(key, after_s):
                said.append(f"{key.kind.value.removeprefix('radio_')} {after_s:g}")
            case Whisper(channel, prompts, _):
                said.append(f"{channel}: {' '.join(prompts)}")
            case SayOnAir(_, prompts, _):
                said.append(f"on the air {' '.join(prompts)}")
            case DropVoice(_, older_than_s):
                said.append("drop" if older_than_s is None else f"drop older {older_than_s:g}")
            case HoldVoice(_, withdrawn):
                said.append("hold, withdrawn" if withdrawn else "hold")
            case CeaseTransmit():
                said.append("cease")
            case DemandTransmit(_, _, preempt):
                said.append("demand, break in" if preempt else "demand")
            case SendVoice():
                said.append("send")
            case SetRadioHeard(_, heard):
                said.append("gate open" if heard else "gate shut")
            case DeviceEffect():
                said.append(type(effect).__name__)
    return said


TABLE: Final[dict[tuple[PatchState, bool, Precedence], str]] = {
    (PatchState.OFFLINE, False, Precedence.RADIO): """
        speech begins → offline (held): bo: radio/lost
        granted → offline: cease
        user talks → receiving: talk_started, gate open
        terminal on the group → idle: drop older 10, host: radio/back
        radio_stale → offline: drop older 10, stale 1
        radio_takeover → offline: takeover 5
        """,
    (PatchState.OFFLINE, True, Precedence.RADIO): """
        speech begins → offline (held): bo: radio/lost
        speech is over → offline
        granted → offline (held): cease
        user talks → receiving (held): talk_started, gate open
        path up → offline
        terminal on the group → demanding (held): drop older 10, host: radio/back, demand, grant 4
        radio_stale → offline (held): drop older 10, stale 1
        radio_takeover → offline (held): takeover 5
        """,
    (PatchState.IDLE, False, Precedence.RADIO): """
        speech begins → demanding (held): demand, grant 4
        granted → idle: cease
        user talks → receiving: talk_started, gate open
        terminal away → offline: host: radio/lost, bo: radio/lost, takeover 5, stale 1
        """,
    (PatchState.RECEIVING, False, Precedence.RADIO): """
        speech begins → receiving (held)
        granted → receiving: cease
        user stops → idle: talk_stopped, gate shut
        path up → receiving: gate open
        terminal away → offline: talk_stopped, host: radio/lost, bo: radio/lost, takeover 5, stale 1, gate shut
        """,
    (PatchState.RECEIVING, True, Precedence.RADIO): """
        speech is over → receiving
        granted → receiving (held): cease
        user stops → demanding (held): talk_stopped, demand, grant 4, gate shut
        path up → receiving: gate open
        terminal away → offline (held): talk_stopped, host: radio/lost, bo: radio/lost, takeover 5, stale 1, gate shut
        """,
    (PatchState.DEMANDING, False, Precedence.RADIO): """
        speech is over → idle: cease, bo: tone/end
        granted → transmitting (held): sending_started, send, warn 50, cut 58, bo: tone/permit
        queued → queued (held): grant 15, bo: tone/queued
        refused for now → waiting (held): bo: tone/denied, retry 1
        refused → waiting (held): bo: tone/denied, retry 20
        lost → waiting (held): bo: tone/denied, retry 1
        user talks → receiving (held): talk_started, cease, gate open
        path up → demanding
        path down → waiting (held): cease, bo: tone/denied, retry 1
        terminal away → offline (held): host: radio/lost, bo: radio/lost, takeover 5, stale 1
        radio_grant → waiting (held): cease, bo: tone/denied, retry 1
        """,
    (PatchState.QUEUED, False, Precedence.RADIO): """
        speech is over → idle: cease, bo: tone/end
        granted → transmitting (held): sending_started, send, warn 50, cut 58, bo: tone/permit
        refused for now → waiting (held): bo: tone/denied, retry 1
        refused → waiting (held): bo: tone/denied, retry 20
        lost → waiting (held): bo: tone/denied, retry 1
        user talks → receiving (held): talk_started, cease, gate open
        path up → queued
        path down → waiting (held): cease, bo: tone/denied, retry 1
        terminal away → offline (held): host: radio/lost, bo: radio/lost, takeover 5, stale 1
        radio_grant → waiting (held): cease, bo: tone/denied, retry 1
        """,
    (PatchState.TRANSMITTING, False, Precedence.RADIO): """
        speech is over → idle: sending_stopped, hold, cease, bo: tone/end
        lost → waiting: sending_stopped, hold, withdrawn, bo: tone/denied, retry 1
        user talks → receiving: sending_stopped, talk_started, hold, withdrawn, gate open
        path up → transmitting
        path down → waiting: sending_stopped, cease, hold, withdrawn, bo: tone/denied, retry 1
        cut by the sound → pausing: sending_stopped, hold, cease, pause 2
        terminal away → offline: sending_stopped, hold, withdrawn, host: radio/lost, bo: radio/lost, takeover 5, stale 1
        radio_warn → transmitting (held): bo: tone/warning radio/ten-seconds
        radio_cut → pausing: sending_stopped, hold, cease, pause 2
        """,
    (PatchState.PAUSING, False, Precedence.RADIO): """
        speech begins → pausing (held)
        granted → pausing: cease
        user talks → receiving: talk_started, gate open
        terminal away → offline: host: radio/lost, bo: radio/lost, takeover 5, stale 1
        radio_pause → idle
        """,
    (PatchState.PAUSING, True, Precedence.RADIO): """
        speech is over → pausing
        granted → pausing (held): cease
        user talks → receiving (held): talk_started, gate open
        path up → pausing
        terminal away → offline (held): host: radio/lost, bo: radio/lost, takeover 5, stale 1
        radio_pause → demanding (held): demand, grant 4
        """,
    (PatchState.WAITING, False, Precedence.RADIO): """
        speech is over → waiting
        granted → waiting (held): cease
        channel free → demanding (held): demand, grant 4
        user talks → receiving (held): talk_started, gate open
        path up → waiting
        terminal away → offline (held): host: radio/lost, bo: radio/lost, takeover 5, stale 1
        radio_retry → demanding (held): demand, grant 4
        """,
    (PatchState.RECEIVING, True, Precedence.PHONE): """
        speech is over → receiving: cease
        granted → transmitting (held): talk_stopped, sending_started, send, warn 50, cut 58, bo: tone/permit, gate shut
        queued → receiving (held): grant 15
        refused for now → receiving (held): bo: tone/denied
        refused → receiving (held): bo: tone/denied
        user stops → demanding (held): talk_stopped, demand, grant 4, gate shut
        path up → receiving: gate open
        terminal away → offline (held): talk_stopped, host: radio/lost, bo: radio/lost, takeover 5, stale 1, gate shut
        radio_grant → receiving (held): cease, bo: tone/denied
        """,
}
"""State, whether the meeting's speech is held, and who goes first → its lines. With `Precedence.PHONE` and speech
held the network has been asked to let the meeting break in."""


@pytest.mark.parametrize(("state", "held", "precedence"), list(TABLE))
def test_each_event_means_in_each_state_what_the_table_says(
    state: PatchState, held: bool, precedence: Precedence
) -> None:
    wanted = [line.strip() for line in TABLE[state, held, precedence].strip().splitlines()]
    assert told(state, held=held, precedence=precedence) == wanted
