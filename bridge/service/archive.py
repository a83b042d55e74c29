"""Proof of the archive: verified on demand, and before anything is handed out."""

from collections.abc import Callable, Mapping, Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import Principal
from bridge.domain.proof.heads import ForeignHead, SignedHead
from bridge.domain.proof.reasons import ProofReason
from bridge.domain.proof.witness import Witnessed
from bridge.ports import ArchivedRecording, ArchiveProof, PortError, VerificationReport
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case


class ArchiveProofs(UseCases):
    @use_case(Act.ARCHIVE_VERIFY)
    async def report(self, principal: Principal) -> VerificationReport:
        """How far the verification is, or how the last one went."""
        return self._proof.report()

    @use_case(Act.ARCHIVE_VERIFY)
    async def verify(self, principal: Principal) -> VerificationReport:
        """Begin to verify the whole archive. While one runs, that one is told."""
        proof = self._proof
        line = Audit(self._ports.clock.now_s(), principal.name, "archive.verification_begun", "archive")
        await self._ports.audit.append(line)
        proof.begin()
        return proof.report()

    @use_case(Act.ARCHIVE_VERIFY)
    async def head(self, principal: Principal) -> SignedHead | None:
        """The newest signed head of the audit log, to be kept elsewhere."""
        return await self._proof.head()

    @use_case(Act.ARCHIVE_VERIFY)
    async def verifier(self, principal: Principal) -> bytes:
        """The program that verifies a package without this one."""
        return self._proof.verifier()

    @use_case(Act.ARCHIVE_WITNESS)
    async def keep_foreign(self, principal: Principal, line: str, public: str) -> None:
        """Keep a signed head of another node, under the name of its token. It stands in the audit log.

        Raises:
            Refusal: `invalid`: it is no head, or its signature does not fit. `conflict`: another one of that
                sequence is kept, or too many are.
        """
        reason = await self._proof.keep_foreign(principal.name, line, public)
        if reason is not None:
            is_none = reason.code == ProofReason.FOREIGN_UNREADABLE
            raise Refusal("invalid" if is_none else "conflict", reason, field="line" if is_none else None)

    @use_case(Act.ARCHIVE_WITNESS)
    async def own_foreign(self, principal: Principal, after: int = 0) -> Sequence[ForeignHead]:
        """Those that were handed in by this very token."""
        return await self._proof.foreign(principal.name, after)

    @use_case(Act.ARCHIVE_VERIFY)
    async def foreign(self, principal: Principal, after: int = 0) -> Sequence[ForeignHead]:
        """All heads that are kept here for other nodes, by giver."""
        return await self._proof.foreign(None, after)

    @use_case(Act.ARCHIVE_VERIFY)
    async def witnessed(self, principal: Principal) -> Sequence[Witnessed]:
        """The nodes whose heads are kept here: when each was last heard, and whether its heads agree."""
        return await self._proof.witnessed()

    @use_case(Act.ARCHIVE_KEY)
    async def replace_key(self, principal: Principal) -> str:
        """Sign with a new key from now on; its id. It is written to the audit log.

        Raises:
            Refusal: `conflict`: the key is there.
        """
        try:
            return await self._proof.replace_key(principal.name)
        except PortError as error:
            if error.reason.code == ProofReason.KEY_IS_THERE:
                raise Refusal("conflict", error.reason) from error
            raise

    @property
    def _proof(self) -> ArchiveProof:
        if self._ports.proof is None:
            raise Refusal("unavailable", ProofReason.NOT_VERIFIED())
        return self._ports.proof


async def proofs_of(
    ports: Ports, *sounds: ArchivedRecording, told: Callable[[int, int], None] = lambda _done, _of: None
) -> Mapping[str, bytes]:
    """Their proof, as files of a package. Each is read whole before. `told`: so many are, of how many.

    Raises:
        Refusal: `conflict`: one is not what was archived.
    """
    proof = ports.proof
    if proof is None:
        return {}
    found: dict[str, bytes] = {}
    for done, sound in enumerate(sounds):
        told(done, len(sounds))
        if (fault := await proof.check(sound)) is not None:
            raise Refusal("conflict", ProofReason.NOT_PROVED(first=fault))
        found.update(await proof.evidence(sound))
    return found
