"""Packages that are made in the background: asked for, followed, fetched, taken away."""

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import FileResponse, Response
from pydantic import AfterValidator, Field, StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.outbox_views import OutboxMessageOut, outbox_message_out
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Output, when, without_control
from bridge.domain.handover.records import Form, Handover
from bridge.domain.handover.rules import percent
from bridge.domain.kernel.ids import ConferenceId, ParticipantId, RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.recording.release import MOST_GROUND, MOST_MASKS, Mask, Release
from bridge.service.handovers import PackageMail

router = resource("/archive/packages", "archive")
Ground = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_GROUND), AfterValidator(without_control)
]
Second = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
PackageKey = Annotated[Key, Path(alias="package", description="The package's id.")]


class PackageIn(Input):
    """A package that is to be made."""

    conference_id: Key
    """The meeting."""
    form: Form = Form.ZIP
    """`zip`: the documentation, for people; `sip`: for a public archive."""
    place: Key | None = None
    """The name of a place of the settings that it is put at too."""


class MaskIn(Input):
    """A stretch that is taken out."""

    recording: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """The id of a recording of the meeting."""
    start_s: Second
    """Seconds from its beginning."""
    end_s: Second
    """Seconds from its beginning."""
    ground: Ground
    """Such as the section of the law."""


class ReleaseIn(Input):
    """A partial release that is to be made."""

    conference_id: Key
    """The meeting."""
    ground: Ground
    """Of the release as a whole."""
    receiver: Annotated[str, StringConstraints(max_length=200), AfterValidator(without_control)] = ""
    """To whom it goes."""
    masks: list[MaskIn] = Field(default=[], max_length=MOST_MASKS)
    """Stretches of sound and timeline that are taken out. Tracks of single voices are never released."""
    unnamed: list[Annotated[str, StringConstraints(max_length=64)]] = Field(default=[], max_length=1000)
    """Ids of participants whose names are left out."""
    tone: bool = True
    """A quiet tone stands where sound is taken out, and not silence."""

    def taken_out(self) -> Release:
        """The same for the use case."""
        masks = tuple(Mask(RecordingId(one.recording), one.start_s, one.end_s, one.ground) for one in self.masks)
        return Release(
            self.ground, self.receiver, masks, frozenset(ParticipantId(one) for one in self.unnamed), self.tone
        )


class MailIn(Input):
    """To whom a package goes by e-mail."""

    to: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    """A function's id, or an e-mail address."""
    to_again: Annotated[str, StringConstraints(max_length=254)] = ""
    """The address again, where it is no function's id: a package that goes astray does not come back."""
    language: Language = Language.SV
    """Of the e-mail."""


class ReleasedOut(Output):
    """The parts that are taken out of a package, and why."""

    ground: str
    """Of the release as a whole."""
    receiver: str
    """To whom it goes."""
    masks: int
    """So many stretches are taken out."""
    unnamed: int
    """The names of so many people are left out."""


class PackageOut(Output):
    """A package, and how far it is."""

    id: str
    """Its id."""
    conference_id: str
    """The meeting."""
    form: str
    """`zip` or `sip`."""
    place: str | None
    """The place that it is put at; null: none."""
    release: ReleasedOut | None
    """Null: nothing is taken out of it."""
    state: str
    """`waiting`, `making`, `ready`, `failed`, `cancelled` or `expired`."""
    step: str | None
    """While it is made: `proving`, `writing`, `packing` or `placing`."""
    done_percent: int
    """Of the whole."""
    asked_by: str
    """By whom."""
    asked_at: str | None
    """RFC 3339, UTC."""
    ended_at: str | None
    """When it was ready, failed or taken away (RFC 3339, UTC)."""
    expires_at: str | None
    """It can be fetched until then (RFC 3339, UTC)."""
    file: str | None
    """The name of its file, once it is ready."""
    length_bytes: int | None
    """Of the file."""
    sha256: str | None
    """Of the file, hexadecimal."""
    reason: str | None
    """Why it has failed, in words."""
    reason_code: str | None
    """The same for programs."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


@router.post(
    "", status_code=202, responses={404: {"description": "`not_found`: no such conference, or no such place."}}
)
async def ask_for_package(body: PackageIn, service: TheService, asker: Asker, language: TheLanguage) -> PackageOut:
    """Have the documentation of a meeting made. Packages are made one after the other, and resumed after a restart."""
    conference = ConferenceId(body.conference_id)
    return package_out(await service.handovers.ask(asker, conference, body.form, body.place or ""), language)


@router.post("/releases", status_code=202, responses={404: {"description": "`not_found`: no such conference."}})
async def ask_for_release(release: ReleaseIn, service: TheService, asker: Asker, language: TheLanguage) -> PackageOut:
    """Have a partial release made: sound with stretches taken out, people unnamed, and the ground noted in all of it.
    It is followed, fetched and cancelled as every other package."""
    made = await service.handovers.release(asker, ConferenceId(release.conference_id), release.taken_out())
    return package_out(made, language)


@router.get("")
async def list_packages(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    conference_id: Annotated[str | None, Query(max_length=64, description="Those of one meeting.")] = None,
) -> list[PackageOut]:
    """The newest first, at most a hundred."""
    meeting = ConferenceId(conference_id) if conference_id is not None else None
    return [package_out(one, language) for one in await service.handovers.find(asker, meeting)]


@router.get("/{package}")
async def read_package(package: PackageKey, service: TheService, asker: Asker, language: TheLanguage) -> PackageOut:
    """How far one is."""
    return package_out(await service.handovers.read(asker, package), language)


@router.get("/{package}/file", response_class=Response, responses={410: {"description": "`gone`: it is over."}})
async def fetch_package(package: PackageKey, service: TheService, asker: Asker) -> Response:
    """Its file, with ranges. Each fetching is in the audit log."""
    job, file = await service.handovers.fetch(asker, package)
    return FileResponse(
        str(file), media_type="application/zip", filename=job.name, headers={"Cache-Control": "private, no-store"}
    )


@router.get("/{package}/mails")
async def list_mails(
    package: PackageKey, service: TheService, asker: Asker, language: TheLanguage
) -> list[OutboxMessageOut]:
    """The e-mails by which one was handed over, the newest first, with what is known of each."""
    return [outbox_message_out(one, language) for one in await service.handovers.mails(asker, package)]


@router.post("/{package}/mails", status_code=202, responses={410: {"description": "`gone`: it is over."}})
async def mail_package(
    package: PackageKey, body: MailIn, service: TheService, asker: Asker, language: TheLanguage
) -> OutboxMessageOut:
    """Hand one over by e-mail. It is attached up to the size of the settings. A larger one, and one under secrecy, goes
    as a link that needs a login."""
    new = PackageMail(body.to, body.to_again, body.language)
    return outbox_message_out(await service.handovers.mail(asker, package, new), language)


@router.delete("/{package}")
async def take_package_away(
    package: PackageKey, service: TheService, asker: Asker, language: TheLanguage
) -> PackageOut:
    """Cancel its making, or remove its file. It stays in the list."""
    return package_out(await service.handovers.take_away(asker, package), language)


def released_out(one: Release) -> ReleasedOut:
    """A release as the API shows it."""
    return ReleasedOut(ground=one.ground, receiver=one.receiver, masks=len(one.masks), unnamed=len(one.unnamed))


def package_out(one: Handover, language: Language) -> PackageOut:
    """One as the API shows it."""
    is_made = bool(one.length)
    return PackageOut(
        id=one.id,
        conference_id=one.conference,
        form=one.form.value,
        place=one.place or None,
        release=released_out(one.release) if one.release is not None else None,
        state=one.state.value,
        step=one.step.value if one.state.value == "making" else None,
        done_percent=percent(one),
        asked_by=one.asked_by,
        asked_at=when(one.asked_at_s),
        ended_at=when(one.ended_at_s),
        expires_at=when(one.expires_at_s),
        file=one.name if is_made else None,
        length_bytes=one.length if is_made else None,
        sha256=one.sha256 or None,
        reason=words(one.reason, language),
        reason_code=code(one.reason),
        reason_data=data(one.reason),
    )
