"""A talkgroup in the meeting: its talkers, and the meeting's speech on its way to the air without losing words.

::

    OFFLINE ──terminal on the group──▶ IDLE ◀──────────────── speech drained ───────────────┐
                                        │ ▲                                                  │
                     speech began       │ └──── it stopped, nothing held ──┐                 │
                                        ▼                                  │                 │
           ┌───── refused, lost ── DEMANDING ── a radio user talks ──▶ RECEIVING             │
           ▼                        │    │                                 ▲                 │
        WAITING ── retry due ──▶ ───┘    └── granted ──▶ TRANSMITTING ─────┼─────────────────┘
                                 QUEUED ─── granted ──▶  │                 │
                                                         └─ 58 s ─▶ PAUSING ── pause over, speech held ─▶ DEMANDING

`bridge.media` holds speech from its first sample; this module decides when it may go out. Its rules:

- Audio goes out only after our own grant.
- Every demand has a timer.
- A transmission is cut before its minute, and goes on in the next.
- A radio user who talks is never talked over: the meeting's speech waits. With phones first they are asked to give way.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import people, voices
from bridge.domain.conference.records import CONFERENCES, ConferenceState, LegKind
from bridge.domain.kernel.ids import ConferenceId, TerminalName
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.radio.effects import ArmVoice, DropVoice, HoldVoice
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import ARMED, PATHS
from bridge.domain.radio.records import PATCHES, Keying, Patch, PatchState
from bridge.domain.radio.timers import RadioTimer

ASKING: Final = frozenset({PatchState.DEMANDING, PatchState.QUEUED})


_TIMERS: Final = (
    RadioTimer.RADIO_GRANT,
    RadioTimer.RADIO_WARN,
    RadioTimer.RADIO_CUT,
    RadioTimer.RADIO_PAUSE,
    RadioTimer.RADIO_RETRY,
    RadioTimer.RADIO_STALE,
)


def patch_on(step: Step, terminal: TerminalName) -> Patch | None:
    """The patch that a terminal serves, if any. A patch that waits for approval has no terminal yet."""
    return connected_on(step.node, terminal)


def connected_on(node: Node, terminal: TerminalName) -> Patch | None:
    """As `patch_on`, for a node that is only read."""
    return next((one for one in node[PATCHES].values() if one.terminal == terminal and is_connected(one)), None)


def is_connected(patch: Patch) -> bool:
    """It has been made, and approved where that is needed; its talkgroup may be out of reach all the same."""
    return patch.state not in (PatchState.REMOVED, PatchState.PENDING_APPROVAL)


def has_the_channel(patch: Patch) -> bool:
    """Whether the channel is ours, or is asked for: then an old order must not release it."""
    return patch.state is PatchState.TRANSMITTING or patch.state in ASKING or patch.breaking_in


def end(step: Step, patch: Patch) -> None:
    """The patch is no more."""
    to(step, step.node[PATCHES][patch.id], PatchState.REMOVED)


def refresh_arming(step: Step, patch: Patch) -> None:
    """Tell the path whether the meeting's speech is for the air now; only differences are sent."""
    if patch.state in (PatchState.PENDING_APPROVAL, PatchState.REMOVED) or patch.id not in step.node[PATHS]:
        return
    armed = is_armed(step, patch)
    if step.node[ARMED].get(patch.id, True) is not armed:
        step.set_in(ARMED, patch.id, armed)
        step.do(ArmVoice(patch.id, armed))


def is_armed(step: Step, patch: Patch) -> bool:
    conference = step.node[CONFERENCES][patch.conference]
    if patch.closing or patch.looped or conference.state is ConferenceState.ENDED:
        return False
    match patch.keying:
        case Keying.VOICE:
            return True
        case Keying.KEY:
            return patch.keyed_by is not None
        case Keying.FLOOR:
            holder = conference.floor.holder
            return holder is not None and holder != patch.participant


def tell_telephones(step: Step, conference: ConferenceId, *said: Prompt) -> None:
    """Each for themselves and never into the mix: what is said there goes on the air too."""
    for one in people.present(step, conference):
        voices.whisper(step, one, *said)


def talker_gone(step: Step, patch: Patch) -> None:
    if patch.state is not PatchState.RECEIVING:
        return
    step.note(
        patch.conference,
        RadioNote.RADIO_TALK_STOPPED,
        patch.participant,
        issi=patch.talker or 0,
        gssi=patch.gssi,
        duration_s=round(step.at_s - (patch.talk_began_at_s or step.at_s), 3),
    )
    gone = replace(patch, talker=None, emergency=False, talk_began_at_s=None, looped=False, breaking_in=False)
    step.put_passing(replace(gone, used_at_s=step.at_s))
    if patch.looped:
        refresh_arming(step, step.node[PATCHES][patch.id])
        step.do(DropVoice(patch.id))  # the last of it is still on its way through the meeting


def tell_talkers(step: Step, patch: Patch, *said: Prompt) -> None:
    """For the ears of those alone who are talking into the radio now."""
    for one in people.in_main_room(step, patch.conference):
        if one.talking and one.kind is not LegKind.RADIO:
            voices.whisper(step, one, *said)


def stop_sending(step: Step, patch: Patch, *, withdrawn: bool = True) -> None:
    """Nothing goes out from here on. Unsent speech is held, and `bridge.media` reports it by `SpeechBegan`."""
    if patch.state is not PatchState.TRANSMITTING:
        return
    step.do(HoldVoice(patch.id, withdrawn))
    step.note(
        patch.conference,
        RadioNote.TRANSMISSION_STOPPED,
        patch.participant,
        gssi=patch.gssi,
        duration_s=round(step.at_s - (patch.transmission_began_at_s or step.at_s), 3),
    )
    step.put_passing(replace(patch, transmission_began_at_s=None, voice_held=False, ending=False, used_at_s=step.at_s))


def to(step: Step, patch: Patch, state: PatchState, reason: Reason | None = None) -> None:
    """Change state. Only what a restart must know is committed; the rest passes too often."""
    for kind in _TIMERS:
        step.stop_timer(kind, patch.id)
    changed = replace(patch, state=state, reason=reason)
    if state is PatchState.REMOVED:
        step.put(changed)
    else:
        step.put_passing(changed)
