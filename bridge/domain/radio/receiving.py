"""Radio users who talk: heard, unless two talkgroups of ours are linked already."""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import floor_control, voices
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, FloorMode, SeatState
from bridge.domain.kernel.step import Step
from bridge.domain.radio import link, patches, prompts, transmission
from bridge.domain.radio.effects import CeaseTransmit, DropVoice
from bridge.domain.radio.events import RadioTalkStarted
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import LOOPS
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES, TERMINALS, Patch, PatchState

WRONG_MODE: Final = "wrong_mode"
"""The alarm of a terminal outside the network."""


def talk_started(step: Step, patch: Patch, event: RadioTalkStarted) -> None:
    """Somebody on the talkgroup talks. A repeat of the same state only brings a better identity. Sound that a terminal
    hears outside the network, in direct mode, is another talkgroup's."""
    outside = WRONG_MODE in step.node[TERMINALS][patch.terminal].alarms
    if outside or event.gssi not in (None, patch.gssi):
        return
    first = patch.state is not PatchState.RECEIVING
    if patch.state is PatchState.TRANSMITTING:
        link.stop_sending(step, patch)
    elif patch.state in link.ASKING:
        step.do(CeaseTransmit(patch.terminal))
    talker = event.issi or patch.talker
    changed = first or talker != patch.talker
    another = first or (patch.talker is not None and changed)
    patch = replace(step.node[PATCHES][patch.id], talker=talker, emergency=event.emergency)
    if another:
        patch = replace(patch, talk_began_at_s=step.at_s)
    patch = _guard_against_loop(step, patch, event, first=first)
    if event.emergency and patch.breaking_in:
        step.do(CeaseTransmit(patch.terminal))
        patch = replace(patch, breaking_in=False)
    if first:
        link.to(step, patch, PatchState.RECEIVING)
    else:
        step.put_passing(patch)
    voice = step.node[PARTICIPANTS][patch.participant]
    if event.emergency:
        step.note(patch.conference, RadioNote.EMERGENCY, patch.participant, issi=talker or 0)
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_EMERGENCY)
    if changed:
        step.note(patch.conference, RadioNote.RADIO_TALK_STARTED, voice.id, issi=talker or 0, gssi=patch.gssi)
    conference = step.node[CONFERENCES][patch.conference]
    present = voice.state is SeatState.PRESENT
    if first and present and not patch.looped and conference.floor.mode is not FloorMode.OPEN:
        floor_control.request_floor(step, voice)
    patch = step.node[PATCHES][patch.id]
    if first and patch.voice_held:
        transmission.break_in(step, patch)


def _guard_against_loop(step: Step, patch: Patch, event: RadioTalkStarted, *, first: bool) -> Patch:
    """Two talkgroups of ours that are linked in the network already: each would hear the other through us, for ever.

    There are two sure signs. One of our own terminals is the talker, or a user begins in two groups at once. Such a
    user is not let through in the second. Where no identity is given, a talker who begins just after our own start on
    another group is suspected. After some in a row it is taken as a loop. Meanwhile the network carries the meeting's
    speech into this group too: none of it is held for here.
    """
    own = {one.issi for name, one in step.node[TERMINALS].items() if name != patch.terminal and one.issi is not None}
    looped = event.issi in own or _began_elsewhere_too(step, patch)
    if first and event.issi is not None:
        step.drop_from(LOOPS, patch.id)
    if first and event.issi is None:
        in_a_row = step.node[LOOPS].get(patch.id, 0) + 1 if _just_began_elsewhere(step, patch) else 0
        step.set_in(LOOPS, patch.id, in_a_row)
        looped = in_a_row >= step.node.policy[RadioPolicy].loop_count
    elif event.issi is None:
        looped = patch.looped
    if looped and not patch.looped:
        step.note(patch.conference, RadioNote.RADIO_LOOP, patch.participant, gssi=patch.gssi, issi=event.issi or 0)
        step.audit("samband", "radio.loop", patch.id, gssi=patch.gssi, issi=event.issi)
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_LOOP)
        step.do(DropVoice(patch.id))
    return replace(patch, looped=looped)


def _began_elsewhere_too(step: Step, patch: Patch) -> bool:
    """The same user, at the same moment. Later they may have changed groups, and the end in the first not been told."""
    began_at_s = patch.talk_began_at_s
    return any(
        other.id != patch.id
        and other.talker == patch.talker
        and not other.looped
        and other.talk_began_at_s is not None
        and abs(began_at_s - other.talk_began_at_s) <= step.node.policy[RadioPolicy].loop_s
        for other in patches.patches_of(step, patch.conference)
        if began_at_s is not None and patch.talker is not None
    )


def _just_began_elsewhere(step: Step, patch: Patch) -> bool:
    return any(
        other.id != patch.id
        and other.transmission_began_at_s is not None
        and step.at_s - other.transmission_began_at_s <= step.node.policy[RadioPolicy].loop_s
        for other in patches.patches_of(step, patch.conference)
    )


def talk_stopped(step: Step, patch: Patch) -> None:
    if patch.state is not PatchState.RECEIVING:
        return
    talked_s = step.at_s - (patch.talk_began_at_s or step.at_s)
    link.talker_gone(step, patch)
    link.to(step, step.node[PATCHES][patch.id], PatchState.IDLE)
    conference = step.node[CONFERENCES][patch.conference]
    if conference.floor.mode is FloorMode.QUEUE and conference.floor.holder == patch.participant:
        floor_control.release_floor(step, conference)
    elif talked_s < step.node.policy[RadioPolicy].kerchunk_s and patch.participant in conference.floor.queue:
        floor_control.withdraw_request(step, step.node[PARTICIPANTS][patch.participant])
    transmission.go_on(step, step.node[PATCHES][patch.id])
