"""The radio, as the step sees it."""

from collections.abc import Callable
from typing import Final

from bridge.domain.conference import keypad
from bridge.domain.conference.records import PARTICIPANTS, SeatState
from bridge.domain.kernel.capability import Capability, Due, carries_out, on, when_due
from bridge.domain.kernel.ids import PatchId
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.timers import TimerKind
from bridge.domain.radio import availability, fallback, gates, link, patches, patching, prompts, terminals, transmission
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, KeyRadio, RemovePatch, SetPatch
from bridge.domain.radio.events import (
    ChannelFree,
    PathDown,
    PathUp,
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
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.records import PATCHES, Patch, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.telephony.events import TelephonyDown


def _patch_timer(kind: TimerKind, rule: Callable[[Step, Patch], None]) -> Due:
    def due(step: Step, subject: str) -> None:
        patch = patches.patch_of(step, PatchId(subject))
        if patch is not None:
            rule(step, patch)

    return when_due(kind, due)


def _keep(step: Step) -> None:
    """Removed patches are forgotten; people who leave release their key; arming and gates follow the conference."""
    for patch in list(step.node[PATCHES].values()):
        if patch.state is PatchState.REMOVED:
            step.forget(patch)
            continue
        keyer = step.node[PARTICIPANTS].get(patch.keyed_by) if patch.keyed_by else None
        if patch.keyed_by and (keyer is None or keyer.state is not SeatState.PRESENT):
            patching.set_key(step, patch, None)
        link.refresh_arming(step, step.node[PATCHES][patch.id])
        gates.refresh(step, step.node[PATCHES][patch.id])
    gates.tell_new_holders(step)


RADIO: Final = Capability(
    "radio",
    records=(PATCHES,),
    heed=(
        on(TelephonyDown, lambda step, _: fallback.telephony_down(step)),
        on(TerminalChanged, terminals.changed),
        on(RadioTalkStarted, terminals.reported),
        on(RadioTalkStopped, terminals.reported),
        on(TransmitGranted, terminals.reported),
        on(TransmitQueued, terminals.reported),
        on(TransmitRefused, terminals.reported),
        on(ChannelFree, terminals.reported),
        on(TransmitEnded, terminals.reported),
        on(PathUp, terminals.path_reported),
        on(PathDown, terminals.path_reported),
        on(SpeechBegan, terminals.path_reported),
        on(SpeechDrained, terminals.path_reported),
        on(SpeechLost, terminals.path_reported),
        on(TransmissionCut, terminals.path_reported),
        on(SaidOnAir, terminals.path_reported),
        on(VoiceStuck, terminals.path_reported),
    ),
    commands=(
        carries_out(AddPatch, patching.add),
        carries_out(RemovePatch, patching.remove_by_command),
        carries_out(ApprovePatch, patching.approve),
        carries_out(ExtendPatch, patching.extend),
        carries_out(SetPatch, patching.change),
        carries_out(KeyRadio, lambda step, _, command: patching.key(step, command)),
    ),
    timers=(
        when_due(RadioTimer.RADIO_ONLY, lambda step, _: fallback.due(step)),
        _patch_timer(RadioTimer.RADIO_GRANT, transmission.grant_overdue),
        _patch_timer(RadioTimer.RADIO_WARN, transmission.warn),
        _patch_timer(RadioTimer.RADIO_CUT, transmission.cut),
        _patch_timer(RadioTimer.RADIO_PAUSE, transmission.pause_over),
        _patch_timer(RadioTimer.RADIO_RETRY, availability.retry),
        _patch_timer(RadioTimer.RADIO_STALE, availability.drop_stale),
        _patch_timer(RadioTimer.RADIO_LEASE, patching.lease_due),
        _patch_timer(RadioTimer.RADIO_IDLE, patching.idle_due),
        _patch_timer(RadioTimer.RADIO_TAKEOVER, patching.take_over),
        _patch_timer(RadioTimer.RADIO_CLOSING, patching.finish),
        _patch_timer(RadioTimer.RADIO_KEY, patching.key_silent),
    ),
    notes=RadioNote,
    prompts=prompts,
    keys=(
        keypad.for_all(
            "*0",
            "talk to the radio, on and off (where it is keyed by key)",
            prompts.HELP_STAR_0,
            patching.toggle_key,
            keypad.SPEAKERS,
        ),
    ),
    keep=_keep,
)
