"""The conference's speech on the air: asked for, granted, warned of, cut within the minute."""

from dataclasses import replace

from bridge.domain.conference import voices
from bridge.domain.conference.records import CONFERENCES
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.radio import availability, link, prompts
from bridge.domain.radio.effects import CeaseTransmit, DemandTransmit, SayOnAir, SendVoice
from bridge.domain.radio.events import TransmitRefused
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, Patch, PatchState, Precedence
from bridge.domain.radio.timers import RadioTimer


def speech_began(step: Step, patch: Patch) -> None:
    """Somebody in the meeting talks: ask for the channel, unless it must wait for somebody."""
    patch = replace(patch, voice_held=True)
    step.put_passing(patch)
    if patch.state is PatchState.IDLE:
        _demand(step, patch)
    elif patch.state is PatchState.RECEIVING:
        break_in(step, patch)
    elif patch.state is PatchState.OFFLINE:
        availability.tell_unheard(step, patch)


def break_in(step: Step, patch: Patch) -> None:
    """Phones first: the radio user who talks is asked to give way, and is heard until they do. Not in an emergency, and
    not for what the network carries into this group already."""
    if patch.precedence is not Precedence.PHONE or patch.emergency or patch.breaking_in or patch.looped:
        return
    step.put_passing(replace(patch, breaking_in=True))
    step.do(DemandTransmit(patch.terminal, patch.gssi, preempt=True))
    step.start_timer(RadioTimer.RADIO_GRANT, patch.id, step.node.policy[RadioPolicy].grant_s)


def speech_drained(step: Step, patch: Patch) -> None:
    """All is said, and sent."""
    patch = replace(patch, voice_held=False, used_at_s=step.at_s)
    step.put_passing(patch)
    if patch.breaking_in:
        step.put_passing(replace(patch, breaking_in=False))
        step.do(CeaseTransmit(patch.terminal))
    elif patch.state is PatchState.TRANSMITTING and patch.spoken_end and not patch.ending and not patch.closing:
        language = step.node[CONFERENCES][patch.conference].language
        step.put_passing(replace(patch, ending=True))
        step.do(SayOnAir(patch.id, (prompts.AIR_OVER,), language))
    elif patch.state is PatchState.TRANSMITTING or patch.state in link.ASKING:
        link.stop_sending(step, patch, withdrawn=False)
        step.do(CeaseTransmit(patch.terminal))
        link.tell_talkers(step, patch, prompts.TONE_END)
        link.to(step, step.node[PATCHES][patch.id], PatchState.IDLE)


def voice_stuck(step: Step, patch: Patch, *, stuck: bool) -> None:
    """A steady noise is no speech. The path keeps it off the air. The hosts learn of it, once each time."""
    if stuck:
        step.audit("samband", "radio.voice_stuck", patch.id, gssi=patch.gssi)
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_STUCK)


def _demand(step: Step, patch: Patch) -> None:
    link.to(step, patch, PatchState.DEMANDING)
    step.do(DemandTransmit(patch.terminal, patch.gssi))
    step.start_timer(RadioTimer.RADIO_GRANT, patch.id, step.node.policy[RadioPolicy].grant_s)


def granted(step: Step, patch: Patch) -> None:
    """The channel is ours: from here on, and from here on only, audio goes out. A repeated grant changes nothing."""
    if patch.state is PatchState.TRANSMITTING:
        return
    if patch.state not in link.ASKING and not patch.breaking_in:
        step.do(CeaseTransmit(patch.terminal))
        return
    if patch.state is PatchState.RECEIVING:
        link.talker_gone(step, patch)
        patch = step.node[PATCHES][patch.id]
    policy = step.node.policy[RadioPolicy]
    link.to(step, replace(patch, transmission_began_at_s=step.at_s), PatchState.TRANSMITTING)
    step.do(SendVoice(patch.id))
    step.start_timer(RadioTimer.RADIO_WARN, patch.id, policy.warn_s)
    step.start_timer(RadioTimer.RADIO_CUT, patch.id, policy.cut_s)
    step.note(patch.conference, RadioNote.TRANSMISSION_STARTED, patch.participant, gssi=patch.gssi)
    link.tell_talkers(step, patch, prompts.TONE_PERMIT)


def queued(step: Step, patch: Patch) -> None:
    if patch.state is PatchState.DEMANDING:
        link.to(step, patch, PatchState.QUEUED)
        step.start_timer(RadioTimer.RADIO_GRANT, patch.id, step.node.policy[RadioPolicy].queued_s)
        link.tell_talkers(step, patch, prompts.TONE_QUEUED)
    elif patch.breaking_in:
        step.start_timer(RadioTimer.RADIO_GRANT, patch.id, step.node.policy[RadioPolicy].queued_s)


def refused(step: Step, patch: Patch, event: TransmitRefused) -> None:
    if patch.state in link.ASKING:
        policy = step.node.policy[RadioPolicy]
        wait(step, patch, event.reason, policy.retry_s if event.retry else policy.busy_hold_s)
    elif patch.breaking_in:
        _give_way(step, patch)


def grant_overdue(step: Step, patch: Patch) -> None:
    """Nobody answered the demand; in some networks nobody ever does when another talks."""
    if patch.state in link.ASKING:
        step.do(CeaseTransmit(patch.terminal))
        wait(step, patch, PatchReason.DEMAND_UNANSWERED())
    elif patch.breaking_in:
        step.do(CeaseTransmit(patch.terminal))
        _give_way(step, patch)


def _give_way(step: Step, patch: Patch) -> None:
    """The network does not let us break in: what was said is held until the radio user is done."""
    step.stop_timer(RadioTimer.RADIO_GRANT, patch.id)
    step.put_passing(replace(patch, breaking_in=False))
    link.tell_talkers(step, patch, prompts.TONE_DENIED)


def transmit_ended(step: Step, patch: Patch, *, lost: bool, reason: Reason | None) -> None:
    """Over. Ceased by us it is the answer to our own wish; lost, what is unsent waits for the next."""
    if lost and (patch.state is PatchState.TRANSMITTING or patch.state in link.ASKING):
        wait(step, patch, reason or PatchReason.CHANNEL_WITHDRAWN())


def wait(step: Step, patch: Patch, reason: Reason, retry_s: float | None = None) -> None:
    policy = step.node.policy[RadioPolicy]
    link.stop_sending(step, patch)
    patch = step.node[PATCHES][patch.id]
    link.tell_talkers(step, patch, prompts.TONE_DENIED)
    link.to(step, patch, PatchState.WAITING, reason)
    step.start_timer(RadioTimer.RADIO_RETRY, patch.id, policy.retry_s if retry_s is None else retry_s)


def warn(step: Step, patch: Patch) -> None:
    """Ten seconds are left of the minute."""
    if patch.state is PatchState.TRANSMITTING:
        link.tell_talkers(step, patch, prompts.TONE_WARNING, prompts.RADIO_TEN_SECONDS)


def cut(step: Step, patch: Patch) -> None:
    """The minute is up: stop sending, let others in for a moment; what is said meanwhile is held."""
    if patch.state is not PatchState.TRANSMITTING:
        return
    link.stop_sending(step, patch, withdrawn=False)
    step.do(CeaseTransmit(patch.terminal))
    link.to(step, step.node[PATCHES][patch.id], PatchState.PAUSING)
    step.start_timer(RadioTimer.RADIO_PAUSE, patch.id, step.node.policy[RadioPolicy].pause_s)


def pause_over(step: Step, patch: Patch) -> None:
    if patch.state is PatchState.PAUSING:
        link.to(step, patch, PatchState.IDLE)
        go_on(step, step.node[PATCHES][patch.id])


def go_on(step: Step, patch: Patch) -> None:
    """The channel is free: whatever is held asks for it."""
    if patch.voice_held and patch.state is PatchState.IDLE:
        _demand(step, patch)
