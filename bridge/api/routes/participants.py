"""Participants: who is there, ring one more, mute, unmute, remove."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import model_validator

from bridge.api.activations import NewActivation, activation_view, start_in, target_of_function
from bridge.api.conferences import find_conference, find_participant, open_one, people_of
from bridge.api.parts import Parts, TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Key, Name, Number
from bridge.api.views import ActivationOut, ParticipantOut, participant_out
from bridge.domain.commands import KeyRadio, NewTarget, RemoveParticipant, SetMuted
from bridge.domain.directory import Function
from bridge.domain.ids import ConferenceId, ParticipantId, TargetId
from bridge.domain.model import Language

router = APIRouter(prefix="/conferences/{conference}/participants", tags=["participants"])
ParticipantKey = Annotated[ParticipantId, Path(max_length=64, alias="participant", description="The participant's id.")]


class RingIn(Input):
    """A function of the directory, or a number with a name."""

    function_id: Key | None = None
    """A function of the directory: its numbers are tried in order."""
    number: Number | None = None
    """As dialled in Sweden, or E.164."""
    name: Name | None = None
    """The name the host sees; needed with a number."""
    language: Language | None = None
    """`sv` or `en`; the function's or the conference's where none is given."""

    @model_validator(mode="after")
    def _one_of(self) -> "RingIn":
        if (self.function_id is None) == (self.number is None):
            raise ValueError("give either function_id, or number with name")
        if self.number is not None and self.name is None:
            raise ValueError("a number needs a name, so that the host sees who is rung")
        return self


@router.get("")
async def list_participants(
    conference: ConferenceKey,
    parts: TheParts,
    left: Annotated[bool, Query(description="Also those who have left.")] = False,
) -> list[ParticipantOut]:
    """In the order they came."""
    found = await find_conference(parts, conference)
    return [participant_out(one) for one in await people_of(parts, found, left=left)]


@router.post("", status_code=202)
async def ring(conference: ConferenceKey, body: RingIn, parts: TheParts, actor: Actor) -> ActivationOut:
    """Ring one participant: an activation of one target. Who answers and presses 1 is in the conference. Asked again
    for the same function, or the same number and name, while it is rung, it gives the activation that rings it."""
    found = await open_one(parts, conference)
    target = await _target(parts, body, found.language)
    identity = f"function:{body.function_id}" if body.function_id is not None else f"number:{body.number} {body.name}"
    new = NewActivation(
        key=parts.ids.mint("activation"),
        list_name=target.function,
        targets=(target,),
        exercise=found.exercise,
        list_id=identity,
    )
    activation, _ = await start_in(parts, actor, new, conference)
    return await activation_view(parts, activation)


async def _target(parts: Parts, body: RingIn, language: Language) -> NewTarget:
    if body.function_id is None:
        return NewTarget(
            id=TargetId(parts.ids.mint("target")),
            function=body.name or "",
            organisation="",
            numbers=(body.number or "",),
            language=body.language or language,
        )
    function = await parts.directory.get(Function, body.function_id)
    if function is None:
        raise Problem.invalid("function_id", f"there is no function {body.function_id}")
    if not function.numbers:
        raise Problem.invalid("function_id", f"{function.name} has no number", "give the function a number first")
    return await target_of_function(parts, function, body.language)


@router.get("/{participant}")
async def read_participant(conference: ConferenceKey, participant: ParticipantKey, parts: TheParts) -> ParticipantOut:
    """One participant, also one who has left."""
    return participant_out(await find_participant(parts, conference, participant))


@router.post("/{participant}/mute")
async def mute(conference: ConferenceKey, participant: ParticipantKey, parts: TheParts, actor: Actor) -> ParticipantOut:
    """Silence somebody to all others. A telephone hears it, and can unmute itself with `*6`."""
    return await _set_muted(parts, actor, conference, participant, muted=True)


@router.post("/{participant}/unmute")
async def unmute(
    conference: ConferenceKey, participant: ParticipantKey, parts: TheParts, actor: Actor
) -> ParticipantOut:
    """Let somebody be heard again, as far as the floor's mode allows."""
    return await _set_muted(parts, actor, conference, participant, muted=False)


@router.post("/{participant}/key-radio")
async def key_radio(
    conference: ConferenceKey, participant: ParticipantKey, parts: TheParts, actor: Actor
) -> ParticipantOut:
    """As the participant's own `*0`: what is said in the meeting goes to its talkgroups that are keyed by `key`, until
    the key is released, or has been silent for long."""
    return await _key_radio(parts, actor, conference, participant, keyed=True)


@router.post("/{participant}/unkey-radio")
async def unkey_radio(
    conference: ConferenceKey, participant: ParticipantKey, parts: TheParts, actor: Actor
) -> ParticipantOut:
    """Release the key."""
    return await _key_radio(parts, actor, conference, participant, keyed=False)


@router.post("/{participant}/remove", status_code=204)
async def remove(conference: ConferenceKey, participant: ParticipantKey, parts: TheParts, actor: Actor) -> None:
    """Hang somebody up. They can call again unless the conference is locked. A talkgroup's patch is removed."""
    await _must_be_of(parts, conference, participant)
    await ask(parts, actor, RemoveParticipant(conference, participant))


async def _set_muted(
    parts: Parts, actor: str, conference: ConferenceId, participant: ParticipantId, *, muted: bool
) -> ParticipantOut:
    await _must_be_of(parts, conference, participant)
    await ask(parts, actor, SetMuted(conference, participant, muted))
    return participant_out(await find_participant(parts, conference, participant))


async def _key_radio(
    parts: Parts, actor: str, conference: ConferenceId, participant: ParticipantId, *, keyed: bool
) -> ParticipantOut:
    await _must_be_of(parts, conference, participant)
    await ask(parts, actor, KeyRadio(conference, participant, keyed))
    return participant_out(await find_participant(parts, conference, participant))


async def _must_be_of(parts: Parts, conference: ConferenceId, participant: ParticipantId) -> None:
    """The conference takes orders, and the participant is or was in it."""
    await open_one(parts, conference)
    await find_participant(parts, conference, participant)
