"""Participants: who is there, ring one more, mute, unmute, remove."""

from typing import Annotated

from fastapi import Path, Query, Response
from fastapi.responses import FileResponse
from pydantic import model_validator

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.reasons import InputReason
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Name, Number
from bridge.api.views import ActivationOut, ParticipantOut, activation_out, participant_out
from bridge.domain.conference.records import Role
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.service.participants import Ring

router = resource("/conferences/{conference}/participants", "participants")
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
            raise Unusable(InputReason.FUNCTION_OR_NUMBER())
        if self.number is not None and self.name is None:
            raise Unusable(InputReason.NUMBER_WITHOUT_NAME())
        return self


@router.get("")
async def list_participants(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    left: Annotated[bool, Query(description="Also the participants who have left.")] = False,
) -> list[ParticipantOut]:
    """The participants, in the order they came."""
    return [participant_out(one) for one in await service.participants.find(asker, conference, left=left)]


@router.post("", status_code=202)
async def ring(
    conference: ConferenceKey, body: RingIn, service: TheService, asker: Asker, language: TheLanguage
) -> ActivationOut:
    """Ring one participant: an activation of one target. The one who answers and presses 1 is in the conference. A
    second request gives the activation that still rings the same function, or the same number and name.
    """
    wish = Ring(body.function_id, body.number or "", body.name or "", body.language)
    return activation_out(await service.participants.ring(asker, conference, wish), language)


@router.get("/{participant}")
async def read_participant(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> ParticipantOut:
    """One participant, also one who has left."""
    return participant_out(await service.participants.read(asker, conference, participant))


@router.post("/{participant}/mute")
async def mute(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> ParticipantOut:
    """Silence somebody to all others. A telephone hears it, and can unmute itself with `*6`."""
    return participant_out(await service.participants.mute(asker, conference, participant, muted=True))


@router.post("/{participant}/unmute")
async def unmute(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> ParticipantOut:
    """Let somebody be heard again, as far as the floor's mode allows."""
    return participant_out(await service.participants.mute(asker, conference, participant, muted=False))


@router.get("/{participant}/name", response_class=Response)
async def name(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> FileResponse:
    """Their name as they said it at the door: WAV during the meeting, then FLAC from the archive. Listening is written
    to the audit log. A name that is not to be kept is `gone` or not found after the meeting."""
    path = await service.recordings.name(asker, conference, participant)
    kind = "audio/flac" if path.suffix == ".flac" else "audio/wav"
    return FileResponse(str(path), media_type=kind, headers={"Cache-Control": "private, no-store"})


class RoleIn(Input):
    """The new role of a participant."""

    role: Role
    """`host`, `cohost` (leads with the host's keys), `participant`, `listener` (is never heard) or `operator`. A
    talkgroup is a participant or a listener."""


@router.post("/{participant}/role")
async def set_role(
    conference: ConferenceKey, participant: ParticipantKey, body: RoleIn, service: TheService, asker: Asker
) -> ParticipantOut:
    """Let somebody lead, speak, or only listen. A telephone hears its new role."""
    return participant_out(await service.participants.set_role(asker, conference, participant, body.role))


@router.post("/{participant}/key-radio")
async def key_radio(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> ParticipantOut:
    """As the participant's own `*0`. The meeting's speech goes to its talkgroups that are keyed by `key`. It does so
    until the key is released, or has been silent for long."""
    return participant_out(await service.participants.key_radio(asker, conference, participant, keyed=True))


@router.post("/{participant}/unkey-radio")
async def unkey_radio(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> ParticipantOut:
    """Release the key."""
    return participant_out(await service.participants.key_radio(asker, conference, participant, keyed=False))


@router.post("/{participant}/remove", status_code=204)
async def remove(conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker) -> None:
    """Hang somebody up. They can call again unless the conference is locked. A talkgroup's patch is removed."""
    await service.participants.remove(asker, conference, participant)
