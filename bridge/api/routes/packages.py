"""Packages that are made in the background: asked for, followed, fetched, taken away."""

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import FileResponse, Response
from pydantic import StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.outbox_views import OutboxMessageOut, outbox_message_out
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Output, when
from bridge.domain.handover.records import Form, Handover
from bridge.domain.handover.rules import percent
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.language import Language
from bridge.service.handovers import PackageMail

router = resource("/archive/packages", "archive")
PackageKey = Annotated[Key, Path(alias="package", description="The package's id.")]


class PackageIn(Input):
    """A package that is to be made."""

    conference_id: Key
    """The meeting."""
    form: Form = Form.ZIP
    """`zip`: the documentation, for people; `sip`: for a public archive."""
    place: Key | None = None
    """The name of a place of the settings that it is put at too."""


class MailIn(Input):
    """To whom a package goes by e-mail."""

    to: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    """A function's id, or an e-mail address."""
    to_again: Annotated[str, StringConstraints(max_length=254)] = ""
    """The address again, where it is no function's id: a package that goes astray does not come back."""
    language: Language = Language.SV
    """Of the e-mail."""


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


def package_out(one: Handover, language: Language) -> PackageOut:
    """One as the API shows it."""
    is_made = bool(one.length)
    return PackageOut(
        id=one.id,
        conference_id=one.conference,
        form=one.form.value,
        place=one.place or None,
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
