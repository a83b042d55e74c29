"""Packages that are made in the background, and fetched while they are kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import Secrecy
from bridge.domain.directory.records import Function
from bridge.domain.handover import rules
from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import Form, Handover, Step
from bridge.domain.kernel.ids import ConferenceId, OutboxId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason
from bridge.domain.outbox.commands import NewMessage, QueueMessage
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage
from bridge.domain.recording.release import Release
from bridge.ports import Handovers as Store
from bridge.ports import MeetingSheet, Packer, Parcel
from bridge.service.finding import packing_of, sheet_of, sounds_of
from bridge.service.lookups import find_conference
from bridge.service.outbox import address_of
from bridge.service.reasons import UnknownReason
from bridge.service.recordings import must_be_there
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case
from bridge.words import word


@dataclass(frozen=True, slots=True)
class PackageMail:
    """To whom a package goes by e-mail."""

    to: str
    """A function's id, or an e-mail address."""
    to_again: str = ""
    """An address that is no function's is typed twice."""
    language: Language = Language.SV


class Handovers(UseCases):
    @use_case(Act.RECORDING_PACKAGE)
    async def ask(self, principal: Principal, conference: ConferenceId, form: Form, place: str = "") -> Handover:
        """Have a package made. Sound that they may not read, or that is not there, is refused at once.

        Raises:
            Refusal: `not_found`, `not_permitted`; `gone`: a sound is not in the archive. `conflict`: too many wait.
        """
        places = self._ports.places
        if place and (places is None or place not in places.names):
            raise Refusal.not_found(UnknownReason.PLACE, place)
        await self._may(principal, await self._sheet(principal, conference))
        return await self._asked(principal, conference, form, place)

    @use_case(Act.RECORDING_RELEASE)
    async def release(self, principal: Principal, conference: ConferenceId, release: Release) -> Handover:
        """Have a package made that parts are taken out of. The ground stands in it, and in the audit log.

        Raises:
            Refusal: As `ask`; `invalid`: a stretch is none, or of no recording of the meeting.
        """
        sheet = await self._sheet(principal, conference)
        await self._may(principal, sheet)
        if (reason := rules.not_released(release, {one.recording.id for one in sheet.recordings})) is not None:
            raise Refusal("invalid", reason)
        return await self._asked(principal, conference, Form.ZIP, release=release)

    @use_case(Act.PACKAGE_READ)
    async def find(self, principal: Principal, meeting: ConferenceId | None = None) -> Sequence[Handover]:
        """All, or those of one meeting, the newest first."""
        return await self._store.find(meeting)

    @use_case(Act.PACKAGE_READ)
    async def read(self, principal: Principal, package: str) -> Handover:
        """One of them.

        Raises:
            Refusal: `not_found`.
        """
        return await self._known(package)

    @use_case(Act.RECORDING_PACKAGE)
    async def fetch(self, principal: Principal, package: str) -> tuple[Handover, Path]:
        """Its file. It stands in the audit log.

        Raises:
            Refusal: `not_found`, `not_permitted`; `conflict`: it is not ready. `gone`: it is over.
        """
        job = await self._known(package)
        if (reason := rules.not_fetched(job, self._ports.clock.now_s())) is not None:
            raise Refusal("conflict" if reason.code == HandoverReason.NOT_READY else "gone", reason)
        await self._may(principal, await self._sheet(principal, job.conference), there=False)
        file = self._packer.file(job)
        if not file.is_file():
            raise Refusal("gone", HandoverReason.OVER())
        await self._store.fetched(principal.name, job)
        return job, file

    @use_case(Act.RECORDING_PACKAGE)
    async def mail(self, principal: Principal, package: str, new: PackageMail) -> OutboxMessage:
        """Hand one over by e-mail. It is attached up to the size of the settings; else a link goes, behind a login.

        Raises:
            Refusal: `invalid`: nobody has that address, or it was typed in two ways. `conflict` and `gone`: as `fetch`.
        """
        job = await self._known(package)
        if (reason := rules.not_fetched(job, self._ports.clock.now_s())) is not None:
            raise Refusal("conflict" if reason.code == HandoverReason.NOT_READY else "gone", reason)
        is_open = await self._may(principal, await self._sheet(principal, job.conference), there=False)
        is_known = await self._ports.directory.get(Function, new.to) is not None
        if not is_known and new.to.strip() != new.to_again.strip():
            raise Refusal("invalid", HandoverReason.NOT_THE_SAME(), field="to_again")
        address = await address_of(self._ports, Bearer.MAIL, new.to)
        attached = rules.is_attached(job.length, self._ports.mail_most_bytes, open_to_all=is_open)
        if not attached and not self._ports.link_url:
            raise Refusal("conflict", HandoverReason.NO_LINK(size_mb=math.ceil(job.length / 1e6)))
        message = self._written(job, address, attached=attached, language=new.language, name=await self._name(job))
        if is_known:
            message = replace(message, function_id=new.to)
        detail = (("package", job.id), ("to", address), ("form", "attached" if attached else "link"))
        line = Audit(self._ports.clock.now_s(), principal.name, "package.mailed", job.conference, detail)
        await self._ports.audit.append(line)
        await self._ask(principal, QueueMessage(message))
        sent = await self._ports.archive.outbox_message(message.id)
        return sent if sent is not None else self._ports.control.node()[OUTBOX][message.id]

    @use_case(Act.PACKAGE_READ)
    async def mails(self, principal: Principal, package: str) -> Sequence[OutboxMessage]:
        """The e-mails by which one was handed over, the newest first, with their receipts."""
        await self._known(package)
        return await self._ports.archive.outbox(package=package)

    @use_case(Act.PACKAGE_READ)
    async def take_away(self, principal: Principal, package: str) -> Handover:
        """Cancel its making, or remove its file. One that is over stays as it is.

        Raises:
            Refusal: `not_found`.
        """
        found = await self._store.take_away(principal.name, package)
        if found is None:
            raise Refusal("not_found", HandoverReason.UNKNOWN(key=package))
        self._packer.wake()
        return found

    # --- inside ---

    async def _name(self, job: Handover) -> str:
        return (await find_conference(self._ports, job.conference)).name

    def _written(self, job: Handover, to: str, *, attached: bool, language: Language, name: str) -> NewMessage:
        heading = word(language, "mailing", "package_heading", name=name)
        link = f"{self._ports.link_url}/packages/{job.id}"
        said = "package_attached" if attached else "package_linked"
        text = word(language, "mailing", said, name=name, file=job.name, sha256=job.sha256, link=link)
        key = OutboxId(self._ports.ids.mint("outbox"))
        file = job.name if attached else ""
        return NewMessage(key, Bearer.MAIL, to, text, heading, language, package=job.id, attached=file)

    async def _asked(
        self,
        principal: Principal,
        conference: ConferenceId,
        form: Form,
        place: str = "",
        release: Release | None = None,
    ) -> Handover:
        made = await self._store.add(principal.name, conference, form, place, rules.not_taken, release)
        if isinstance(made, Reason):
            raise Refusal("conflict", made, retry=True)
        self._packer.wake()
        return made

    async def _sheet(self, principal: Principal, conference: ConferenceId) -> MeetingSheet:
        """Raises:
        Refusal: There is no such meeting, or they may not read what is under secrecy.
        """
        held = await find_conference(self._ports, conference)
        await self._reads(principal, held, held.id)
        return await sheet_of(self._ports, held)

    async def _may(self, principal: Principal, sheet: MeetingSheet, *, there: bool = True) -> bool:
        """Whether it is open: nothing of it is under secrecy.

        Raises:
            Refusal: They may not have it, or a sound is not there.
        """
        sounds = sounds_of(sheet)
        await self._reads_restricted(principal, *(one.recording.id for one in sounds))
        if there:
            await must_be_there(*sounds)
        keeping = self._ports.keeping
        restricted = keeping is not None and await keeping.labels([one.recording.id for one in sounds])
        return sheet.conference.secrecy is Secrecy.OPEN and not restricted

    async def _known(self, package: str) -> Handover:
        found = await self._store.get(package)
        if found is None:
            raise Refusal("not_found", HandoverReason.UNKNOWN(key=package))
        return found

    @property
    def _store(self) -> Store:
        if self._ports.handovers is None:
            raise Refusal("unavailable", HandoverReason.NOWHERE())
        return self._ports.handovers

    @property
    def _packer(self) -> Packer:
        if self._ports.packer is None:
            raise Refusal("unavailable", HandoverReason.NOWHERE())
        return self._ports.packer


async def made_of(ports: Ports, job: Handover, told: Callable[[Step, int, int], None]) -> Callable[[], Parcel]:
    """All that a package needs, for what makes it in the background.

    Raises:
        Refusal: It cannot be made.
        PortError: A store does not answer.
    """
    sheet = await sheet_of(ports, await find_conference(ports, job.conference))
    await must_be_there(*sounds_of(sheet))
    made = ports.sip if job.form is Form.SIP else ports.documentation
    return await packing_of(ports, job.asked_by, sheet, job.release, made, job.form.value, partial(told, Step.PROVING))
