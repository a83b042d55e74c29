"""The gate from a talkgroup into its conference, and the notice on the air that it has the floor."""

from dataclasses import replace

from bridge.domain.conference import legs, voices
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Conference, SeatState
from bridge.domain.kernel.step import Step
from bridge.domain.radio import prompts
from bridge.domain.radio.effects import SayOnAir, SetRadioHeard
from bridge.domain.radio.passing import RADIO_HEARD
from bridge.domain.radio.records import PATCHES, Patch, PatchState


def refresh(step: Step, patch: Patch) -> None:
    """Bring the gate from the radio to what mute, floor and the talker say; only differences are sent."""
    conference = step.node[CONFERENCES].get(patch.conference)
    if patch.closing or conference is None:
        return
    voice = step.node[PARTICIPANTS].get(patch.participant)
    present = voice is not None and voice.state is SeatState.PRESENT and voices.shall_be_heard(step.node, voice)
    is_open = patch.state is PatchState.RECEIVING and not patch.looped and present
    if step.node[RADIO_HEARD].get(patch.id, False) is not is_open:
        step.set_in(RADIO_HEARD, patch.id, is_open)
        step.do(SetRadioHeard(patch.id, is_open))
        if voice is not None:
            step.put_passing(replace(voice, talking=is_open))


def tell_new_holders(step: Step) -> None:
    """A talkgroup that has just been given the floor hears so on the air."""
    before = step.before[CONFERENCES]
    for conference in step.node[CONFERENCES].values():
        old = before.get(conference.id)
        if old is not None and old.floor.holder != conference.floor.holder:
            _tell_new_holder(step, conference)


def _tell_new_holder(step: Step, conference: Conference) -> None:
    """A talkgroup has no telephone to whisper into. A radio user who talks already got the floor by pressing, and
    knows."""
    holder = step.node[PARTICIPANTS].get(conference.floor.holder) if conference.floor.holder else None
    patch_id = legs.patch_of(step.node, holder) if holder is not None else None
    patch = step.node[PATCHES].get(patch_id) if patch_id is not None else None
    if patch is not None and patch.state is not PatchState.RECEIVING and not patch.closing:
        step.do(SayOnAir(patch.id, (prompts.AIR_FLOOR_YOURS,), conference.language))
