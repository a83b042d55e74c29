"""The signed heads of the audit chain, where they were put, and the rows that are held against the files."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, insert, select, update

from bridge.domain.directory.records import AuditRow
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import Reason
from bridge.domain.proof.heads import ForeignHead, SignedHead, key_id
from bridge.domain.proof.reasons import ProofReason
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.ports import PublicKey
from bridge.storage.chain import read_head
from bridge.storage.database import Database
from bridge.storage.kinds import upsert
from bridge.storage.order import oldest_first
from bridge.storage.registry import AUDIT, RECORDS
from bridge.storage.tables import anchors, foreign_heads, signed_heads, signing_keys

ARCHIVED: Final = "recording.archived"
_RECORDINGS: Final = RECORDS[Recording]
_MOST: Final = 1000


class SqlProof:
    """`bridge.ports.ProofStore` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- keys ---

    async def keys(self) -> Sequence[PublicKey]:
        """Every key that ever signed, the oldest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(signing_keys).order_by(*oldest_first(signing_keys.c.made_at_s, signing_keys.c.id))
            )
            return [
                PublicKey(row["id"], row["node"], row["public"], row["made_at_s"], row["ended_at_s"])
                for row in rows.mappings()
            ]

    async def add_key(self, public: bytes, actor: str, at_s: float, *, instead: bool = False) -> None:
        """A key of this node is made; the audit log tells its public part. `instead`: the node's others end with it."""
        key, node = key_id(public), self._database.node
        values = {"id": key, "node": node, "public": public.hex(), "made_at_s": at_s, "ended_at_s": None}
        async with self._database.transaction() as connection:
            if instead:
                ends = update(signing_keys).where(signing_keys.c.node == node, signing_keys.c.ended_at_s.is_(None))
                await connection.execute(ends.values(ended_at_s=at_s))
            await connection.execute(upsert(signing_keys, self._database.dialect), values)
            action = "archive.key_replaced" if instead else "archive.key_made"
            await self._database.chain.append(
                connection, [Audit(at_s, actor, action, key, (("public", public.hex()),))]
            )

    @property
    def node(self) -> str:
        return self._database.node

    # --- heads ---

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last row of the audit log."""
        async with self._database.reading() as connection:
            return await read_head(connection)

    async def heads(self, after: int = 0, limit: int = _MOST) -> Sequence[SignedHead]:
        """Those with a sequence above `after`, in order."""
        query = select(signed_heads).where(signed_heads.c.sequence > after).order_by(signed_heads.c.sequence)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.limit(min(limit, _MOST)))).mappings()
            return [SignedHead(**row) for row in rows]

    async def latest(self) -> SignedHead | None:
        """The newest signed head."""
        query = select(signed_heads).order_by(signed_heads.c.sequence.desc()).limit(1)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else SignedHead(**row)

    async def head_of(self, recording: str) -> tuple[AuditRow, SignedHead] | None:
        """The row that tells of a recording's archiving, and its signed head."""
        query = select(signed_heads).where(signed_heads.c.recording == recording)
        async with self._database.reading() as connection:
            row = (await connection.execute(query.order_by(signed_heads.c.sequence).limit(1))).mappings().first()
            if row is None:
                return None
            head = SignedHead(**row)
            found = await AUDIT.fetch(connection, select(AUDIT.table).where(AUDIT.table.c.number == head.number))
        return (found[0], head) if found else None

    async def add_head(self, head: SignedHead) -> bool:
        """Whether it was taken: another node may have taken its sequence."""
        values = {name: getattr(head, name) for name in SignedHead.__slots__}
        async with self._database.transaction() as connection:
            latest = (await connection.execute(select(func.max(signed_heads.c.sequence)))).scalar_one_or_none() or 0
            if head.sequence != latest + 1:
                return False
            await connection.execute(insert(signed_heads).values(values))
        return True

    async def archived(self, recording: str) -> AuditRow | None:
        """The row that tells of a recording's archiving."""
        rows = AUDIT.table
        query = select(rows).where(rows.c.action == ARCHIVED, rows.c.object == recording).order_by(rows.c.number)
        async with self._database.reading() as connection:
            found = await AUDIT.fetch(connection, query.limit(1))
        return found[0] if found else None

    async def unsigned(self, after: int, limit: int = _MOST) -> Sequence[AuditRow]:
        """The first rows above a number that tell of archiving, and that no signed head is over."""
        rows = AUDIT.table
        signed = select(signed_heads.c.number)
        query = select(rows).where(rows.c.number > after, rows.c.action == ARCHIVED, rows.c.number.not_in(signed))
        async with self._database.reading() as connection:
            return await AUDIT.fetch(connection, query.order_by(rows.c.number).limit(min(limit, _MOST)))

    # --- anchors ---

    async def anchored(self, anchor: str) -> tuple[int, float] | None:
        """The newest head that was put there, and when."""
        query = select(anchors.c.sequence, anchors.c.at_s).where(anchors.c.anchor == anchor)
        async with self._database.reading() as connection:
            row = (await connection.execute(query.order_by(anchors.c.sequence.desc()).limit(1))).first()
            return None if row is None else (row[0], row[1])

    async def add_anchor(self, anchor: str, sequence: int, at_s: float, evidence: bytes | None = None) -> None:
        values = {"anchor": anchor, "sequence": sequence, "at_s": at_s, "evidence": evidence}
        async with self._database.transaction() as connection:
            await connection.execute(upsert(anchors, self._database.dialect), values)

    async def stamps(self, anchor: str, from_sequence: int = 0) -> Sequence[tuple[int, bytes]]:
        """Sequence and time stamp of each head that was stamped, from a sequence on."""
        query = select(anchors.c.sequence, anchors.c.evidence).where(
            anchors.c.anchor == anchor, anchors.c.sequence >= from_sequence, anchors.c.evidence.is_not(None)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(anchors.c.sequence).limit(_MOST))
            return [(row[0], row[1]) for row in rows]

    # --- heads of other nodes ---

    async def add_foreign(self, head: ForeignHead, most: int) -> Reason | None:
        """Keep one; twice is as once. Its line of the audit log is in the same commit.

        Returns:
            Why it is not kept: another one of its sequence is, or there are too many.
        """
        table = foreign_heads
        of_it = select(table).where(table.c.giver == head.giver)
        async with self._database.transaction() as connection:
            known = (await connection.execute(of_it.where(table.c.sequence == head.sequence))).mappings().first()
            if known is not None:
                return None if known["line"] == head.line else ProofReason.FOREIGN_DIFFERS(sequence=head.sequence)
            count = select(func.count()).select_from(table).where(table.c.giver == head.giver)
            if (await connection.execute(count)).scalar_one() >= most:
                return ProofReason.FOREIGN_FULL(most=most)
            values = {name: getattr(head, name) for name in ForeignHead.__slots__}
            await connection.execute(insert(table).values(values))
            detail = (("sequence", head.sequence),)
            line = Audit(head.taken_at_s, head.giver, "archive.foreign_head_kept", head.giver, detail)
            await self._database.chain.append(connection, [line])
        return None

    async def givers(self) -> Sequence[tuple[str, int, int]]:
        """The nodes whose heads are kept here: name, count and latest sequence, in order of name."""
        table = foreign_heads
        query = select(table.c.giver, func.count(), func.max(table.c.sequence)).group_by(table.c.giver)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(table.c.giver).limit(_MOST))
            return [(row[0], row[1], row[2]) for row in rows]

    async def foreign(self, giver: str | None = None, after: int = 0, limit: int = _MOST) -> Sequence[ForeignHead]:
        """Those with a sequence above `after`, of one giver or of all, in order."""
        table = foreign_heads
        query = select(table).where(table.c.sequence > after).order_by(table.c.giver, table.c.sequence)
        if giver is not None:
            query = query.where(table.c.giver == giver)
        async with self._database.reading() as connection:
            return [ForeignHead(**row) for row in (await connection.execute(query.limit(min(limit, _MOST)))).mappings()]

    # --- recordings ---

    async def kept(self, after: str = "", limit: int = _MOST) -> Sequence[Recording]:
        """Recordings that are archived or disposed of, by id."""
        rows = _RECORDINGS.table
        query = select(rows).where(rows.c.id > after, rows.c.state.in_([ArchiveState.ARCHIVED, ArchiveState.DISPOSED]))
        async with self._database.reading() as connection:
            return await _RECORDINGS.fetch(connection, query.order_by(rows.c.id).limit(min(limit, _MOST)))

    async def on_their_way(self) -> set[str]:
        """Ids of recordings that are not archived yet."""
        rows = _RECORDINGS.table
        query = select(rows.c.id).where(rows.c.state.in_([ArchiveState.RECORDING, ArchiveState.SPOOLED]))
        async with self._database.reading() as connection:
            return set((await connection.execute(query)).scalars())

    async def count(self) -> tuple[int, int]:
        """Rows of the audit log, and recordings that are archived or disposed of."""
        rows = _RECORDINGS.table
        kept = rows.c.state.in_([ArchiveState.ARCHIVED, ArchiveState.DISPOSED])
        async with self._database.reading() as connection:
            audited = await connection.execute(select(func.count()).select_from(AUDIT.table))
            recorded = await connection.execute(select(func.count()).select_from(rows).where(kept))
            return audited.scalar_one(), recorded.scalar_one()
