"""The directory as a file: a preview that writes nothing, its acceptance, exports, and how well it reaches people."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.access.permissions import Act, permits
from bridge.domain.directory.coverage import Cover
from bridge.domain.directory.records import DirectoryEntry, Function, Organisation
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Unusable
from bridge.exchange import Outcome, Plan, csv_of, digest_of, plan, read, vcards_of
from bridge.service.covers import covers_of
from bridge.service.masking import (
    changes_numbers,
    cover_as_seen_by,
    entry_as_seen_by,
    plan_as_seen_by,
    sees_numbers,
)
from bridge.service.reasons import DirectoryReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case

_IMPORTED: Final = "directory_imported"
CONFIRMED: Final = "function_confirmed"
"""The act as it stands in the audit log."""


class DirectoryFiles(UseCases):
    """Reading and planning are done beside the loop: ten thousand rows take a second, and no meeting waits for them.

    The latest preview is kept until it is accepted, so that nothing is planned twice. It is one plan of at most 20 000
    rows; a later preview takes its place.
    """

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._shown: Plan | None = None

    @use_case(Act.DIRECTORY_FILES)
    async def preview(self, principal: Principal, content: bytes, *, organisation_id: str | None = None) -> Plan:
        """Tell what accepting the file would do. Nothing is written.

        Raises:
            Refusal: The file cannot be read, or there is no such organisation.
        """
        self._shown = (await self._plan(content, organisation_id))[0]
        return plan_as_seen_by(principal, self._shown)

    @use_case(Act.DIRECTORY_FILES)
    async def accept(
        self,
        principal: Principal,
        content: bytes,
        *,
        digest: str,
        organisation_id: str | None = None,
        partly: bool = False,
    ) -> Plan:
        """Carry out the plan that a preview showed, in one transaction.

        Args:
            principal: The one who accepts.
            content: The same file.
            digest: The one of the preview.
            organisation_id: As in the preview.
            partly: The rows that are refused may be left out; without it none is written.

        Raises:
            Refusal: The file or the directory is not as the preview saw it. Or a row is refused, or it is about an
                organisation that is not theirs.
        """
        planned, organisations, functions = await self._plan(content, organisation_id)
        if planned.digest != digest:
            raise Refusal("conflict", DirectoryReason.IMPORT_NOT_AS_SHOWN(), field="accept")
        refused = planned.count(Outcome.REFUSED)
        if refused and not partly:
            raise Refusal("conflict", DirectoryReason.IMPORT_ROWS_REFUSED(count=refused), field="partly")
        for key in _organisations_of(planned, functions):
            await self._must(principal, Act.DIRECTORY_CHANGE, key)
        present = {one.id: one for one in functions}
        if not sees_numbers(principal) and any(changes_numbers(present.get(one.id), one) for one in planned.functions):
            raise Refusal("not_allowed", DirectoryReason.NUMBERS_UNSEEN(), field="file")
        entries: Sequence[DirectoryEntry] = (*planned.organisations, *planned.functions)
        if entries:
            await self._ports.directory.put_all(
                principal.name,
                entries,
                seen={Organisation: organisations, Function: functions},
                about=self._line(principal, content, planned),
            )
        self._shown = None
        return plan_as_seen_by(principal, planned)

    @use_case(Act.DIRECTORY_FILES)
    async def csv(self, principal: Principal, language: Language) -> bytes:
        """Organisations and functions as CSV, with headings in this language."""
        return await asyncio.to_thread(csv_of, *await self._seen_by(principal), language)

    @use_case(Act.DIRECTORY_FILES)
    async def vcards(self, principal: Principal) -> bytes:
        """Organisations and functions as vCard 3.0."""
        return await asyncio.to_thread(vcards_of, *await self._seen_by(principal))

    @use_case(Act.DIRECTORY_READ)
    async def coverage(self, principal: Principal) -> Sequence[Cover]:
        """Every function with what is missing, and when it was last confirmed and called in an exercise."""
        by = await self._ports.audit.actors(CONFIRMED)
        return [
            replace(cover_as_seen_by(principal, one), confirmed_by=by.get(one.function.id))
            for one in await covers_of(self._ports)
            if permits(principal, Act.DIRECTORY_READ, one.function.organisation_id)
        ]

    @use_case(Act.DIRECTORY_CHANGE)
    async def confirm(self, principal: Principal, key: str) -> None:
        """A function's contact data is right as of now.

        Raises:
            Refusal: There is no such function, or it is another organisation's.
        """
        present = await self._ports.directory.get(Function, key)
        if present is None:
            raise Refusal.not_found(UnknownReason.FUNCTION, key)
        await self._must(principal, Act.DIRECTORY_CHANGE, present.organisation_id)
        if not await self._ports.directory.confirm(principal.name, key):
            raise Refusal.not_found(UnknownReason.FUNCTION, key)

    # --- inside ---

    async def _all(self) -> tuple[Sequence[Organisation], Sequence[Function]]:
        return await self._ports.directory.list(Organisation), await self._ports.directory.list(Function)

    async def _seen_by(self, principal: Principal) -> tuple[Sequence[Organisation], Sequence[Function]]:
        organisations, functions = await self._all()
        return organisations, [entry_as_seen_by(principal, one) for one in functions]

    async def _plan(
        self, content: bytes, organisation_id: str | None
    ) -> tuple[Plan, Sequence[Organisation], Sequence[Function]]:
        organisations, functions = await self._all()
        if organisation_id is not None and all(one.id != organisation_id for one in organisations):
            raise Refusal.unknown(UnknownReason.ORGANISATION, organisation_id, "organisation")

        def planned() -> Plan:
            shown = self._shown
            if shown is not None and shown.digest == digest_of(content, organisation_id, organisations, functions):
                return shown
            return plan(read(content), content, organisations, functions, organisation_id=organisation_id)

        try:
            return await asyncio.to_thread(planned), organisations, functions
        except Unusable as fault:
            raise Refusal("invalid", fault.reason, field="file") from None

    def _line(self, principal: Principal, content: bytes, planned: Plan) -> Audit:
        digest = hashlib.sha256(content).hexdigest()
        counts = tuple((kind.value, planned.count(kind)) for kind in Outcome)
        return Audit(self._ports.clock.now_s(), principal.name, _IMPORTED, digest, counts)


def _organisations_of(planned: Plan, present: Iterable[Function]) -> list[str]:
    """Those whose matter the plan is: of what it writes, and of what it takes a function from."""
    written = {one.id for one in planned.functions}
    keys = {one.id for one in planned.organisations} | {one.organisation_id for one in planned.functions}
    return sorted(keys | {one.organisation_id for one in present if one.id in written})
