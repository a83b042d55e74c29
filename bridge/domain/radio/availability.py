"""Whether a talkgroup can be reached: its terminal, its audio path, and the notices when it cannot."""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import people, voices
from bridge.domain.conference.records import CONFERENCES
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.radio import link, prompts, transmission
from bridge.domain.radio.effects import CeaseTransmit, DropVoice, SayOnAir, SelectTalkgroup
from bridge.domain.radio.events import TerminalState
from bridge.domain.radio.passing import ARMED, RADIO_HEARD, REFUSALS
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, TERMINALS, Patch, PatchState
from bridge.domain.radio.timers import RadioTimer

BEING_SET: Final = PatchReason.BEING_SET()


STALE_EVERY_S: Final = 1.0
"""How often what is held for a talkgroup out of reach is looked through for what is too old."""


def terminal_changed(step: Step, patch: Patch) -> None:
    """Bring the patch on line when its terminal stands on the group, and off line when it does not."""
    terminal = step.node[TERMINALS][patch.terminal]
    ready = terminal.state == TerminalState.READY.value
    if ready and terminal.gssi == patch.gssi:
        if patch.state is PatchState.OFFLINE:
            step.stop_timer(RadioTimer.RADIO_TAKEOVER, patch.id)
            step.drop_from(REFUSALS, patch.id)
            step.do(DropVoice(patch.id, step.node.policy[RadioPolicy].stale_s))
            link.to(step, patch, PatchState.IDLE)
            _tell_linked(step, step.node[PATCHES][patch.id])
            transmission.go_on(step, step.node[PATCHES][patch.id])
        return
    if not ready:
        step.drop_from(REFUSALS, patch.id)
        _go_offline(step, patch, terminal.reason or PatchReason.TERMINAL_NOT_READY(state=terminal.state))
    elif patch.id not in step.node[REFUSALS]:  # else its own timer asks again
        step.do(SelectTalkgroup(patch.terminal, patch.gssi))
        _go_offline(step, patch, BEING_SET)


def not_selected(step: Step, patch: Patch, reason: Reason) -> None:
    """The terminal does not take the talkgroup: shown with its reason, asked for again ever more seldom. A spare may
    take over."""
    terminal = step.node[TERMINALS].get(patch.terminal)
    if patch.state is not PatchState.OFFLINE or terminal is None or terminal.state != TerminalState.READY.value:
        return
    policy, before = step.node.policy[RadioPolicy], step.node[REFUSALS].get(patch.id, 0)
    step.set_in(REFUSALS, patch.id, before + 1)
    _go_offline(step, patch, PatchReason.NOT_SELECTED(gssi=patch.gssi, cause=reason))
    pauses = Backoff(policy.select_retry_s, policy.select_longest_s)
    step.start_timer(RadioTimer.RADIO_RETRY, patch.id, pauses.after(before + 1))
    if not before:
        step.audit("samband", "radio.not_selected", patch.id, gssi=patch.gssi, reason=reason)
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_LOST)


def _tell_linked(step: Step, patch: Patch) -> None:
    """Announce the link, the first time in words: to the telephones, and to the talkgroup where it wants notices."""
    if patch.announced:
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_BACK)
        return
    step.put_passing(replace(patch, announced=True))
    conference = step.node[CONFERENCES][patch.conference]
    recorded = conference.recording.wanted
    if patch.notice:
        on_air = (prompts.AIR_OPENED, prompts.AIR_RECORDED) if recorded else (prompts.AIR_OPENED,)
        step.do(SayOnAir(patch.id, on_air, conference.language))
    link.tell_telephones(step, conference.id, prompts.RADIO_PATCHED)


def path_up(step: Step, patch: Patch) -> None:
    """A new path knows nothing of the orders to the old one: its gate is closed and it holds nothing."""
    step.drop_from(RADIO_HEARD, patch.id)
    step.drop_from(ARMED, patch.id)
    step.put_passing(replace(patch, voice_held=False, ending=False))
    link.refresh_arming(step, patch)


def path_down(step: Step, patch: Patch, reason: Reason) -> None:
    """No audio path: what is on the air must not stay keyed."""
    if patch.state is PatchState.TRANSMITTING or patch.state in link.ASKING:
        step.do(CeaseTransmit(patch.terminal))
        transmission.wait(step, patch, reason)


def cannot_send(step: Step, patch: Patch, reason: Reason) -> None:
    """Granted, and the path takes nothing: a keyed channel without a voice is let go of. The path tells anew what it
    holds when it is up again."""
    if patch.state is PatchState.TRANSMITTING:
        step.do(CeaseTransmit(patch.terminal))
        transmission.wait(step, patch, reason)


def _go_offline(step: Step, patch: Patch, reason: Reason) -> None:
    if patch.state is PatchState.OFFLINE and patch.reason == reason:
        return
    if patch.state is not PatchState.OFFLINE:
        link.stop_sending(step, patch)
        link.talker_gone(step, step.node[PATCHES][patch.id])
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_LOST)
        tell_unheard(step, patch)
        watch_for_spare(step, patch)
    link.to(step, step.node[PATCHES][patch.id], PatchState.OFFLINE, reason)
    step.start_timer(RadioTimer.RADIO_STALE, patch.id, STALE_EVERY_S)


def watch_for_spare(step: Step, patch: Patch) -> None:
    """Runs for as long as the talkgroup cannot be reached, from whatever the patch was before."""
    if step.node.policy[RadioPolicy].takeover_s:
        step.start_timer(RadioTimer.RADIO_TAKEOVER, patch.id, step.node.policy[RadioPolicy].takeover_s)


def tell_unheard(step: Step, patch: Patch) -> None:
    """The people who talk now, and think that the talkgroup hears them. The hosts hear of it anyhow."""
    if not link.is_armed(step, patch):
        return
    for one in people.in_main_room(step, patch.conference):
        if one.talking and not one.leads:
            voices.whisper(step, one, prompts.RADIO_LOST)


def drop_stale(step: Step, patch: Patch) -> None:
    """The talkgroup is still out of reach: what was said a while ago is not sent when it comes back. The path tells
    when nothing is left."""
    if patch.state is PatchState.OFFLINE:
        step.do(DropVoice(patch.id, step.node.policy[RadioPolicy].stale_s))
        step.start_timer(RadioTimer.RADIO_STALE, patch.id, STALE_EVERY_S)


def retry(step: Step, patch: Patch) -> None:
    if patch.state is PatchState.WAITING:
        link.to(step, patch, PatchState.IDLE)
        transmission.go_on(step, step.node[PATCHES][patch.id])
    elif patch.state is PatchState.OFFLINE and patch.id in step.node[REFUSALS]:
        step.do(SelectTalkgroup(patch.terminal, patch.gssi))
