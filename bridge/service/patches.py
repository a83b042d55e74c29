"""Patches (*sammankopplingar*): a talkgroup tied to a conference through a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.domain.access.permissions import Act
from bridge.domain.directory.records import Function, PatchRule, Talkgroup
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, Issi, ParticipantId, PatchId, TerminalName
from bridge.domain.kernel.principal import Principal
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, RemovePatch, SetPatch
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES, Keying, Patch, PatchState, Precedence
from bridge.service.lookups import find_conference, names_of_radios, open_one, patches_in
from bridge.service.reasons import TalkgroupReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Figures, Ports, UseCases, use_case


@dataclass(frozen=True, slots=True)
class AsTalkgroup:
    """As the talkgroup's own entry says. `None` says something else: no end."""


AS_TALKGROUP = AsTalkgroup()
Limit = float | None | AsTalkgroup


@dataclass(frozen=True, slots=True)
class NewPatch:
    """A talkgroup that is to be patched. Omitted members are as in the talkgroup's own entry."""

    gssi: int
    terminal: str | None = None
    """`None`: the best that is free."""
    keying: Keying | None = None
    precedence: Precedence | None = None
    lease_s: Limit = AS_TALKGROUP
    idle_s: Limit = AS_TALKGROUP
    notice: bool | None = None
    spoken_end: bool | None = None


@dataclass(frozen=True, slots=True)
class ShownPatch:
    """A patch with all that a host sees of it."""

    patch: Patch
    talker_name: str | None
    """The function whose radio talks now, where the directory knows it."""
    warn_s: float
    cut_s: float
    figures: Figures = field(default_factory=dict)


class Patches(UseCases):
    @use_case(Act.PATCH_READ)
    async def find(self, principal: Principal, conference: ConferenceId) -> Sequence[ShownPatch]:
        """The conference's patches, those that wait for approval too."""
        await find_conference(self._ports, conference)
        found = patches_in(self._ports.control.node(), conference)
        names = await talker_names(self._ports, found)
        return [shown_patch(self._ports, one, names) for one in found]

    @use_case(Act.PATCH_READ)
    async def read(self, principal: Principal, conference: ConferenceId, patch: PatchId) -> ShownPatch:
        """One patch of the conference."""
        return await self._read(conference, patch)

    @use_case(Act.PATCH_ADD)
    async def add(self, principal: Principal, conference: ConferenceId, new: NewPatch) -> ShownPatch:
        """Connect the talkgroup, or ask for it where its rule demands approval. The domain chooses the terminal."""
        await open_one(self._ports, conference)
        talkgroup = await self._talkgroup(new.gssi)
        if talkgroup.rule is PatchRule.FORBIDDEN:
            raise Refusal("not_allowed", TalkgroupReason.FORBIDDEN(talkgroup=talkgroup.name), field="gssi")
        command = AddPatch(
            conference=conference,
            patch=PatchId(self._ports.ids.mint("patch")),
            participant=ParticipantId(self._ports.ids.mint("participant")),
            terminal=TerminalName(new.terminal) if new.terminal is not None else None,
            gssi=talkgroup.gssi,
            name=talkgroup.name,
            terminals=talkgroup.terminals,
            keying=new.keying or talkgroup.keying,
            precedence=new.precedence or talkgroup.precedence,
            approval_required=talkgroup.rule is PatchRule.APPROVAL,
            lease_s=_limit(new.lease_s, talkgroup.lease_s),
            idle_s=_limit(new.idle_s, talkgroup.idle_s),
            notice=talkgroup.notice if new.notice is None else new.notice,
            spoken_end=talkgroup.spoken_end if new.spoken_end is None else new.spoken_end,
        )
        return await self._read(conference, PatchId(await self._ask(principal, command)))

    @use_case(Act.PATCH_CHANGE)
    async def change(
        self,
        principal: Principal,
        conference: ConferenceId,
        patch: PatchId,
        *,
        keying: Keying | None = None,
        precedence: Precedence | None = None,
        spoken_end: bool | None = None,
    ) -> ShownPatch:
        """Change how it works; what is `None` stays."""
        return await self._do(principal, conference, patch, SetPatch(conference, patch, keying, precedence, spoken_end))

    @use_case(Act.PATCH_APPROVE)
    async def approve(self, principal: Principal, conference: ConferenceId, patch: PatchId) -> ShownPatch:
        """Let a patch that waits for approval be made: never by the one who asked for it."""
        return await self._do(principal, conference, patch, ApprovePatch(conference, patch))

    @use_case(Act.PATCH_EXTEND)
    async def extend(
        self, principal: Principal, conference: ConferenceId, patch: PatchId, lease_s: Limit = AS_TALKGROUP
    ) -> ShownPatch:
        """The lease begins anew."""
        found = await self._read(conference, patch)
        if isinstance(lease_s, AsTalkgroup):
            lease_s = (await self._talkgroup(found.patch.gssi)).lease_s
            if lease_s is None:
                raise Refusal("invalid", TalkgroupReason.WITHOUT_LEASE(), field="lease_s")
        return await self._do(principal, conference, patch, ExtendPatch(conference, patch, lease_s))

    @use_case(Act.PATCH_REMOVE)
    async def remove(
        self, principal: Principal, conference: ConferenceId, patch: PatchId, *, at_once: bool = False
    ) -> None:
        """Disconnect the talkgroup; refuse one that waits for approval."""
        await self._read(conference, patch)
        await self._ask(principal, RemovePatch(conference, patch, at_once))

    # --- inside ---

    async def _do(self, principal: Principal, conference: ConferenceId, patch: PatchId, command: Command) -> ShownPatch:
        await self._read(conference, patch)
        await self._ask(principal, command)
        return await self._read(conference, patch)

    async def _read(self, conference: ConferenceId, patch: PatchId) -> ShownPatch:
        found = self._ports.control.node()[PATCHES].get(patch)
        if found is None or found.conference != conference or found.state is PatchState.REMOVED:
            raise Refusal.not_found(UnknownReason.PATCH, patch)
        return shown_patch(self._ports, found, await talker_names(self._ports, [found]))

    async def _talkgroup(self, gssi: int) -> Talkgroup:
        found = await self._ports.directory.get(Talkgroup, str(gssi))
        if found is None:
            raise Refusal.unknown(UnknownReason.TALKGROUP, gssi, "gssi")
        return found


def _limit(said: Limit, of_talkgroup: float | None) -> float | None:
    return of_talkgroup if isinstance(said, AsTalkgroup) else said


def shown_patch(ports: Ports, patch: Patch, names: Mapping[Issi, str]) -> ShownPatch:
    """A patch with its figures as they are now."""
    radio = ports.control.node().policy[RadioPolicy]
    talker_name = names.get(patch.talker) if patch.talker is not None else None
    return ShownPatch(patch, talker_name, radio.warn_s, radio.cut_s, ports.levels(patch.id) or {})


async def talker_names(ports: Ports, patches: Iterable[Patch]) -> dict[Issi, str]:
    """The functions whose radios talk, by the directory."""
    talking = {patch.talker for patch in patches if patch.talker is not None}
    if not talking:
        return {}
    names = names_of_radios(await ports.directory.list(Function))
    return {issi: names[issi] for issi in talking if issi in names}
