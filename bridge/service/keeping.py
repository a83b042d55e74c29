"""Keeping and disposing of recordings: legal holds, labels, and disposal by a decision of two persons."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.kernel.ids import ConferenceId, RecordingId
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason
from bridge.domain.retention import rules
from bridge.domain.retention.reasons import RetentionReason
from bridge.domain.retention.records import Disposal, DisposalState, Hold, Kept, Label
from bridge.ports import Keeping, SettleRule
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case


class ArchiveKeeping(UseCases):
    @use_case(Act.ARCHIVE_KEEP)
    async def holds(self, principal: Principal, *, in_force: bool = False) -> Sequence[Hold]:
        """Legal holds, the newest first."""
        return await self._keeping.holds(in_force=in_force)

    @use_case(Act.ARCHIVE_KEEP)
    async def place(self, principal: Principal, conference: ConferenceId, ground: str) -> Hold:
        """Nothing of this conference is disposed of from now on.

        Raises:
            Refusal: `not_found`.
        """
        if await self._ports.archive.conference(conference) is None:
            raise Refusal.not_found(UnknownReason.CONFERENCE, conference)
        return await self._keeping.place(principal.name, conference, ground)

    @use_case(Act.ARCHIVE_KEEP)
    async def lift(self, principal: Principal, hold: str) -> Hold:
        """It holds no more. To lift a lifted one changes nothing.

        Raises:
            Refusal: `not_found`.
        """
        found = await self._keeping.lift(principal.name, hold)
        if found is None:
            raise Refusal("not_found", RetentionReason.UNKNOWN_HOLD(key=hold))
        return found

    @use_case(Act.ARCHIVE_KEEP)
    async def labels(self, principal: Principal) -> Sequence[Label]:
        """The recordings that are restricted."""
        return list((await self._keeping.labels()).values())

    @use_case(Act.ARCHIVE_KEEP)
    async def restrict(self, principal: Principal, recording: RecordingId, label: str | None) -> None:
        """Only those who may read what is under secrecy get it from now on; without a label everybody again. A label is
        taken away only by those who may read it.

        Raises:
            Refusal: `not_found`, `not_permitted`.
        """
        found = await self._ports.archive.get(recording)
        if found is None:
            raise Refusal.not_found(UnknownReason.RECORDING, recording)
        if recording in await self._keeping.labels([recording]):
            await self._reads_restricted(principal, recording)
        await self._keeping.restrict(principal.name, recording, label)

    @use_case(Act.ARCHIVE_DISPOSE)
    async def disposals(self, principal: Principal, state: DisposalState | None = None) -> Sequence[Disposal]:
        """With their protocol, the newest first."""
        return await self._keeping.disposals(state)

    @use_case(Act.ARCHIVE_DISPOSE)
    async def disposal(self, principal: Principal, disposal: str) -> Disposal:
        """One, with its protocol.

        Raises:
            Refusal: `not_found`.
        """
        found = await self._keeping.disposal(disposal)
        if found is None:
            raise Refusal("not_found", RetentionReason.UNKNOWN_DISPOSAL(key=disposal))
        return found

    @use_case(Act.ARCHIVE_DISPOSE)
    async def propose(
        self, principal: Principal, recordings: Sequence[RecordingId], ground: str, decision: str
    ) -> Disposal:
        """Propose that these are destroyed. Nothing is, before another person decides.

        Raises:
            Refusal: `conflict`: one is held, not archived, or proposed already.
        """
        made = await self._keeping.propose(principal.name, recordings, ground, decision, rules.not_disposable)
        if isinstance(made, Reason):
            raise Refusal("conflict", made)
        return made

    @use_case(Act.ARCHIVE_DISPOSE)
    async def decide(self, principal: Principal, disposal: str) -> Disposal:
        """Decide on another person's proposal: the sounds and manifests are destroyed. The rows stay with the hashes.

        Raises:
            Refusal: `not_found`; `conflict`: it is settled, one's own, or a recording is held.
        """

        def rule(known: Disposal, kept: Sequence[Kept]) -> Reason | None:
            return rules.not_decided_by(known, principal.name, kept)

        return await self._settled(principal, disposal, rule, decided=True)

    @use_case(Act.ARCHIVE_DISPOSE)
    async def withdraw(self, principal: Principal, disposal: str) -> Disposal:
        """Give a proposal up.

        Raises:
            Refusal: `not_found`; `conflict`: it is settled.
        """

        def rule(known: Disposal, _kept: Sequence[Kept]) -> Reason | None:
            if known.state is DisposalState.PROPOSED:
                return None
            return RetentionReason.SETTLED(state=known.state.value)

        return await self._settled(principal, disposal, rule, decided=False)

    # --- inside ---

    async def _settled(self, principal: Principal, disposal: str, rule: SettleRule, *, decided: bool) -> Disposal:
        settled = await self._keeping.settle(principal.name, disposal, rule, decided=decided)
        if settled is None:
            raise Refusal("not_found", RetentionReason.UNKNOWN_DISPOSAL(key=disposal))
        if isinstance(settled, Reason):
            raise Refusal("conflict", settled)
        return settled

    @property
    def _keeping(self) -> Keeping:
        if self._ports.keeping is None:
            raise Refusal("unavailable", RetentionReason.NOTHING())
        return self._ports.keeping
