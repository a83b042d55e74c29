"""Signs heads of the audit chain as the archive grows, and puts them outside."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.proof.heads import SignedHead, key_id
from bridge.domain.proof.reasons import ProofReason
from bridge.ports import Clock, PortError, ProofStore
from bridge.proof.anchors import Anchor, AnchorError
from bridge.proof.signing import SigningKey

log = structlog.get_logger(__name__)

LOOK_S: Final = 5.0
"""A recording's head is signed so soon after it is archived."""
AGAIN_S: Final = 60.0
"""An outside place that failed is tried again after this."""
_AT_ONCE: Final = 100
"""So many heads are signed in one look: an old archive is signed step by step."""


class HeadWatch:
    """Implements `bridge.ports.Health`.

    Args:
        store: The heads.
        key: Of this node.
        clock: For the times that are signed.
        every_s: The head of the audit log is signed so often, where it has moved.
        anchors: The outside places.
    """

    def __init__(
        self, store: ProofStore, key: SigningKey, clock: Clock, every_s: float, anchors: Sequence[Anchor] = ()
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._every_s = every_s
        self._anchors = anchors
        self._seen = -1
        """Every row up to this number that tells of archiving is signed."""
        self._signing = WELL
        self._waiting: dict[str, Reason] = {}
        self._again_at_s: dict[str, float] = {}

    def health(self) -> Mapping[str, Reason]:
        """`archive signing`, and `archive anchor` with each outside place that does not take the newest head."""
        outside = {f"archive anchor {one.name}": self._waiting.get(one.name, WELL) for one in self._anchors}
        return {"archive signing": self._signing, **outside}

    async def run(self) -> None:
        """Look until cancelled. The next look does whatever cannot be done now."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Sign what is to be signed, then put the newest head outside."""
        try:
            await self._ready()
            await self._sign()
        except PortError as error:
            if error.reason != self._signing:
                log.error("archive_head_not_signed", reason=str(error.reason))
            self._signing = error.reason
        else:
            self._signing = WELL
        await self._put_outside()

    # --- inside ---

    async def _ready(self) -> None:
        """The key is there, and its public part is in the audit log. A lost one is told, and never replaced here."""
        if self._key.public is None:
            ours = [one for one in await self._store.keys() if one.node == self._store.node and one.ended_at_s is None]
            public = await asyncio.to_thread(self._key.load, may_make=not ours)
            if key_id(public) not in {one.id for one in ours}:
                await self._store.add_key(public, SYSTEM.name, self._clock.now_s())

    async def _sign(self) -> None:
        rows = await self._store.unsigned(self._seen, _AT_ONCE)
        for row in rows:
            if not await self._add(row.number, row.hash, row.object):
                return
            self._seen = row.number
        if len(rows) == _AT_ONCE:
            return
        latest, (number, digest) = await self._store.latest(), await self._store.head()
        if number == 0 or (latest is not None and latest.number >= number):
            return
        if latest is None or self._clock.now_s() - latest.at_s >= self._every_s or latest.at_s > self._clock.now_s():
            await self._add(number, digest, None)

    async def _add(self, number: int, digest: str, recording: str | None) -> bool:
        latest = await self._store.latest()
        sequence = 1 if latest is None else latest.sequence + 1
        at_s = round(self._clock.now_s(), 3)
        head = self._key.signed(SignedHead(sequence, number, digest, at_s, recording, key=""))
        return await self._store.add_head(head)

    async def _put_outside(self) -> None:
        """Each failing place is tried again by itself, and keeps no other from its turn."""
        now_s = self._clock.now_s()
        for anchor in self._anchors:
            if now_s < self._again_at_s.get(anchor.name, 0.0):
                continue
            try:
                await self._put(anchor, now_s)
                self._waiting.pop(anchor.name, None)
            except (AnchorError, PortError) as error:
                log.warning("archive_head_not_put_outside", anchor=anchor.name, reason=str(error))
                self._waiting[anchor.name] = ProofReason.ANCHOR_WAITS(anchor=anchor.name, evidence=str(error)[:500])
                self._again_at_s[anchor.name] = now_s + AGAIN_S

    async def _put(self, anchor: Anchor, now_s: float) -> None:
        latest, done = await self._store.latest(), await self._store.anchored(anchor.name)
        if latest is None or (done is not None and done[0] >= latest.sequence):
            return
        if anchor.every_s == 0.0:
            # A place that takes every head gets each, so that a missing one is missed there too.
            heads = await self._store.heads(done[0] if done is not None else 0, _AT_ONCE)
        elif done is None or now_s - done[1] >= anchor.every_s or done[1] > now_s:
            heads = [latest]
        else:
            return
        for head in heads:
            evidence = await anchor.put(head)
            await self._store.add_anchor(anchor.name, head.sequence, now_s, evidence)
