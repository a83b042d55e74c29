"""Packages that are made in the background, and fetched while they are kept."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bridge.domain.access.permissions import Act
from bridge.domain.handover import rules
from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import Form, Handover, Step
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason
from bridge.ports import Handovers as Store
from bridge.ports import Packer, Parcel
from bridge.service.finding import packing_of, sheet_of, sounds_of
from bridge.service.lookups import find_conference
from bridge.service.reasons import UnknownReason
from bridge.service.recordings import must_be_there
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case


class Handovers(UseCases):
    @use_case(Act.RECORDING_PACKAGE)
    async def ask(self, principal: Principal, conference: ConferenceId, form: Form, place: str = "") -> Handover:
        """Have a package made. What they may not read, and what is not there, is refused at once.

        Raises:
            Refusal: `not_found`, `not_permitted`; `gone`: a sound is not in the archive. `conflict`: too many wait.
        """
        places = self._ports.places
        if place and (places is None or place not in places.names):
            raise Refusal.not_found(UnknownReason.PLACE, place)
        await self._may(principal, conference)
        made = await self._store.add(principal.name, conference, form, place, rules.not_taken)
        if isinstance(made, Reason):
            raise Refusal("conflict", made, retry=True)
        self._packer.wake()
        return made

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
        await self._may(principal, job.conference, there=False)
        file = self._packer.file(job)
        if not file.is_file():
            raise Refusal("gone", HandoverReason.OVER())
        await self._store.fetched(principal.name, job)
        return job, file

    @use_case(Act.PACKAGE_READ)
    async def take_away(self, principal: Principal, package: str) -> Handover:
        """Cancel its making, or remove its file. What is over stays as it is.

        Raises:
            Refusal: `not_found`.
        """
        found = await self._store.take_away(principal.name, package)
        if found is None:
            raise Refusal("not_found", HandoverReason.UNKNOWN(key=package))
        self._packer.wake()
        return found

    # --- inside ---

    async def _may(self, principal: Principal, conference: ConferenceId, *, there: bool = True) -> None:
        held = await find_conference(self._ports, conference)
        await self._reads(principal, held, held.id)
        sounds = sounds_of(await sheet_of(self._ports, held))
        await self._reads_restricted(principal, *(one.recording.id for one in sounds))
        if there:
            await must_be_there(*sounds)

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
    return await packing_of(ports, job.asked_by, sheet, None, made, job.form.value, partial(told, Step.PROVING))
