"""Conferences: open, read, lock, mute all, record, end."""

from typing import Annotated, Self

from fastapi import Body, Path, Query, Response
from pydantic import Field, model_validator

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.reasons import InputReason
from bridge.api.resource import resource
from bridge.api.routes.overview import HandedOut, handed_out
from bridge.api.security import Asker
from bridge.api.text import Input, Instant, Key, Name, Number, Output, OwnCode
from bridge.api.views import (
    ConferenceOut,
    ConferenceRecordingOut,
    IssuedCodeOut,
    PersonalCodeOut,
    conference_out,
    personal_code_out,
    recording_out,
)
from bridge.domain.conference.records import EntrySound, FloorMode, Role, Secrecy
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.service.conferences import NewConference

router = resource("/conferences", "conferences")
ConferenceKey = Annotated[ConferenceId, Path(max_length=64, alias="conference", description="The conference's id.")]
PersonalCodeKey = Annotated[str, Path(max_length=64, alias="code", description="The code's id, not its digits.")]


class ConferenceIn(Input):
    """A new conference. A member that is left out is as the forum says; without a forum, Swedish and recorded."""

    name: Name
    """As it is shown and kept."""
    language: Language | None = None
    """`sv` or `en`: of what is said to all."""
    recorded: bool | None = None
    """Record it whenever a telephone is in it."""
    exercise: bool = False
    """An exercise (*övning*): marked wherever it is shown or kept."""
    emergency: bool = False
    """Callers rescued from the emergency room are let into it without its code."""
    forum: Key | None = None
    """The forum whose defaults it takes."""
    floor_mode: FloorMode = FloorMode.OPEN
    """The floor from the start."""
    code: OwnCode | None = None
    """A code of your own, 6 to 12 digits without a pattern; one is drawn where none is given. No open code may begin as
    it does."""
    host_code: OwnCode | None = None
    """The host's, as `code`; must differ from it."""
    waiting_room: bool = False
    """Callers wait until a host lets them in. Hosts pass, and the others that the setting `conference.waiting_passes`
    names."""
    joins_muted: bool = False
    """Everybody but hosts comes in muted, and a host lifts it."""
    entry_sound: EntrySound | None = None
    """When somebody comes or goes the meeting hears `none`, a `tone`, or the `name`. A name is that of a function, or
    what somebody said at the door. None: as the forum says, else `none`."""
    asks_name: bool | None = None
    """Callers who are known by no code of their own say their name at the door. None: as the forum says, else no."""
    direct_number: Number | None = None
    """A number of ours beside the main one that leads straight into it, as long as it is open."""
    direct_code: bool = True
    """False: callers of that number are let in without a code."""
    secrecy: Secrecy = Secrecy.OPEN
    """`secret`: everybody hears that secrecy applies, the door is locked, no talkgroup is patched. `national` is
    refused: what concerns national security is not said on a telephone."""

    ends_at: Instant | None = None
    """When it is meant to end (RFC 3339). Everybody is told ten and two minutes before; nothing ends it by itself."""

    @model_validator(mode="after")
    def _no_code_is_for_a_number(self) -> Self:
        if not self.direct_code and self.direct_number is None:
            raise Unusable(InputReason.CODE_WITHOUT_NUMBER())
        return self


class PersonalCodeIn(Input):
    """A personal code to issue."""

    function_id: Key
    """The function of the directory that the caller is seated as."""
    role: Role = Role.PARTICIPANT
    """`host`: the function leads the conference."""


class LockIn(Input):
    """The state of the door."""

    locked: bool = True
    """False opens it again."""


class DoorIn(Input):
    """The rules for those who come in. A member that is left out stays as it is."""

    waiting_room: bool | None = None
    """False lets everybody in who waits."""
    joins_muted: bool | None = None
    """Everybody but hosts comes in muted, and a host lifts it. It changes nothing for those who are in."""
    entry_sound: EntrySound | None = None
    """When somebody comes or goes the meeting hears `none`, a `tone`, or the `name`. A name is that of a function, or
    what somebody said at the door."""
    asks_name: bool | None = None
    """Callers who are known by no code of their own say their name at the door."""


class EndTimeIn(Input):
    """When the conference is meant to end."""

    ends_at: Instant | None
    """RFC 3339; null: that is open."""


class MoreTimeIn(Input):
    """More time for the conference."""

    minutes: int = Field(default=30, ge=1, le=1440)
    """So many more. Without an end, or after it, they count from now on."""


class PassOnIn(Input):
    """The person whose meeting it is to be."""

    to: Key
    """The name of their account."""
    stays: bool = False
    """The person whose it was leads it beside them. False: they see it no more."""


class HostOut(Output):
    """A person who may lead the meeting."""

    name: str
    """Of their account."""
    shown: str
    """As people read it."""
    has_it: bool
    """The meeting is theirs."""
    beside: bool
    """They lead it beside that person."""
    logged_in: bool
    """They have a session that goes on."""


class OnIn(Input):
    """The wish to record."""

    on: bool = True
    """False ends the recording."""


@router.get("")
async def list_conferences(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    ended: Annotated[bool, Query(description="Also the latest 200 that have ended.")] = False,
) -> list[ConferenceOut]:
    """The open conferences, the newest first."""
    return [conference_out(one, language) for one in await service.conferences.find(asker, ended=ended)]


@router.post("", status_code=201)
async def create_conference(
    body: ConferenceIn, service: TheService, asker: Asker, language: TheLanguage, response: Response
) -> ConferenceOut:
    """Open a conference with number and codes. Nobody is called: see `/activations`."""
    new = NewConference(**body.model_dump(exclude={"ends_at"}), ends_at_s=_seconds(body.ends_at))
    made = await service.conferences.open(asker, new)
    response.headers["Location"] = f"/api/v1/conferences/{made.conference.id}"
    return conference_out(made, language)


@router.get("/{conference}")
async def read_conference(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceOut:
    """One conference with participants, floor, recording and patches."""
    return conference_out(await service.conferences.read(asker, conference), language)


@router.post("/{conference}/lock")
async def lock(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    body: Annotated[LockIn | None, Body()] = None,
) -> ConferenceOut:
    """Let nobody new in, or open the door again. The host's code and a call-out still let people in."""
    locked = (body or LockIn()).locked
    return conference_out(await service.conferences.lock(asker, conference, locked=locked), language)


@router.patch("/{conference}/door")
async def set_door(
    conference: ConferenceKey, body: DoorIn, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceOut:
    """Change the rules for those who come in: waiting room, mute, name, and sound at entry and exit."""
    shown = await service.conferences.set_door(
        asker,
        conference,
        waiting_room=body.waiting_room,
        joins_muted=body.joins_muted,
        sound=body.entry_sound,
        asks_name=body.asks_name,
    )
    return conference_out(shown, language)


@router.post("/{conference}/mute-all")
async def mute_all(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceOut:
    """Mute everybody who is in it but the hosts; talkgroups too. A telephone unmutes itself with `*6`, a talkgroup is
    unmuted by the API."""
    return conference_out(await service.conferences.mute_all(asker, conference), language)


@router.post("/{conference}/mute-all/undo")
async def undo_mute_all(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceOut:
    """Let exactly those be heard again who were open before all were muted. With nothing to undo nothing changes."""
    return conference_out(await service.conferences.undo_mute_all(asker, conference), language)


@router.put("/{conference}/end-time")
async def set_end_time(
    conference: ConferenceKey, body: EndTimeIn, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceOut:
    """Say when it is meant to end. Everybody in it is told ten and two minutes before, and when the time is out. Nobody
    is hung up by it: a host ends the conference, or extends it."""
    shown = await service.conferences.set_end(asker, conference, _seconds(body.ends_at))
    return conference_out(shown, language)


@router.post("/{conference}/extend")
async def extend(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    body: Annotated[MoreTimeIn | None, Body()] = None,
) -> ConferenceOut:
    """Give it more time. The hosts hear it; everybody does where they have been told how little was left."""
    by_s = (body or MoreTimeIn()).minutes * 60.0
    return conference_out(await service.conferences.extend(asker, conference, by_s), language)


@router.get("/{conference}/hosts")
async def list_hosts(conference: ConferenceKey, service: TheService, asker: Asker) -> list[HostOut]:
    """The people who may lead it, those who are logged in first."""
    return [
        HostOut(name=one.name, shown=one.shown, has_it=one.has_it, beside=one.beside, logged_in=one.logged_in)
        for one in await service.hosts.find(asker, conference)
    ]


@router.post("/{conference}/pass-on")
async def pass_on(conference: ConferenceKey, body: PassOnIn, service: TheService, asker: Asker) -> HandedOut:
    """Hand it over to another host: it is theirs from now on. The person whose it was sees it no more, unless they
    stay. Both are told on every page."""
    return handed_out(await service.hosts.pass_on(asker, conference, body.to, stays=body.stays), asker)


@router.post("/{conference}/end")
async def end(conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage) -> ConferenceOut:
    """End it for everybody: a farewell, then all are hung up. Its codes open nothing from now on. To end an ended
    conference changes nothing."""
    return conference_out(await service.conferences.end(asker, conference), language)


@router.get("/{conference}/codes")
async def list_personal_codes(conference: ConferenceKey, service: TheService, asker: Asker) -> list[PersonalCodeOut]:
    """The functions that have a code of their own for it. The digits are shown once, when a code is issued."""
    return [personal_code_out(one) for one in await service.conferences.personal_codes(asker, conference)]


@router.post("/{conference}/codes", status_code=201)
async def issue_personal_code(
    conference: ConferenceKey, body: PersonalCodeIn, service: TheService, asker: Asker
) -> IssuedCodeOut:
    """Give a function a code of its own. Keyed by telephone it seats the caller as that function. A code that the
    function has already opens nothing from now on."""
    made, digits = await service.conferences.issue_personal_code(asker, conference, body.function_id, body.role)
    return IssuedCodeOut(**personal_code_out(made).model_dump(), code=digits)


@router.delete("/{conference}/codes/{code}", status_code=204)
async def withdraw_personal_code(
    conference: ConferenceKey, code: PersonalCodeKey, service: TheService, asker: Asker
) -> None:
    """The code opens nothing from now on. A caller who has come in by it stays."""
    await service.conferences.withdraw_personal_code(asker, conference, code)


@router.get("/{conference}/recording")
async def read_recording(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceRecordingOut:
    """The state of its recording now."""
    return recording_out((await service.conferences.read(asker, conference)).conference, language)


@router.post("/{conference}/recording")
async def record(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    body: Annotated[OnIn | None, Body()] = None,
) -> ConferenceRecordingOut:
    """Begin or end the recording; everybody in the conference hears it announced. While no telephone is in it, the
    recording begins when one comes."""
    shown = await service.conferences.record(asker, conference, on=(body or OnIn()).on)
    return recording_out(shown.conference, language)


@router.delete("/{conference}/recording")
async def stop_recording(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceRecordingOut:
    """End the recording; everybody in the conference hears it announced. The part that is recorded already stays."""
    return recording_out((await service.conferences.record(asker, conference, on=False)).conference, language)


@router.post("/{conference}/recording/off-record")
async def off_record(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceRecordingOut:
    """Talk off the record (*utanför protokollet*). Silence is recorded in place of what is said. Everybody is told when
    it is so; `off_record` is true from then on."""
    return recording_out((await service.conferences.off_record(asker, conference, off=True)).conference, language)


@router.post("/{conference}/recording/on-record")
async def on_record(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> ConferenceRecordingOut:
    """Back on the record. Everybody is told, and what is said is recorded a few seconds later. To come back from
    nowhere changes nothing."""
    return recording_out((await service.conferences.off_record(asker, conference, off=False)).conference, language)


def _seconds(at: Instant | None) -> float | None:
    return at.timestamp() if at is not None else None
