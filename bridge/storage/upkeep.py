"""The links by which organisations keep their own contact data, and the reminders that were sent.

A secret is made of the link's id and of the key of all links, which is in no table. Its SHA-256 is kept. The secret
itself is told once, or put into a mail as that leaves (`bridge.domain.outbox.marks`).
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge.domain.directory.records import LINK_PREFIX, Reminder, UpkeepLink
from bridge.domain.kernel.ids import LinkId
from bridge.domain.kernel.journal import Audit
from bridge.domain.outbox.marks import LINK_DIGITS
from bridge.ports import Clock
from bridge.storage.database import Database
from bridge.storage.order import newest_first, oldest_first
from bridge.storage.tables import upkeep_links as links
from bridge.storage.tables import upkeep_reminders as reminders

PREFIX: Final = "upkeep_"
_DIGITS: Final = "abcdefghijklmnopqrstuvwxyz234567"


class SqlUpkeepLinks:
    """`bridge.ports.UpkeepLinks` over the database."""

    def __init__(self, database: Database, clock: Clock, token: Callable[[LinkId], str]) -> None:
        """`token`: what the key of links makes of an id (`bridge.bearers.LinkSecrets.token`)."""
        self._database = database
        self._clock = clock
        self._token = token

    async def make(self, actor: str, organisation_id: str, lasts_s: float) -> tuple[UpkeepLink, str]:
        """A link, and its secret, which is told here alone.

        Raises:
            IntegrityConflict: There is no such organisation.
        """
        key = LinkId("".join(secrets.choice(_DIGITS) for _ in range(LINK_DIGITS)))
        secret = f"{PREFIX}{self._token(key)}"
        now_s = self._clock.now_s()
        link = UpkeepLink(f"{LINK_PREFIX}{key}", organisation_id, actor, now_s, now_s + lasts_s)
        row = {
            "id": link.id,
            "organisation_id": organisation_id,
            "sha256": _digest(secret),
            "made_by": actor,
            "made_at_s": link.made_at_s,
            "expires_at_s": link.expires_at_s,
            "revoked_at_s": None,
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(links).values(row))
            line = Audit(now_s, actor, "upkeep_link_made", link.id, (("organisation", organisation_id),))
            await self._database.chain.append(connection, [line])
        return link, secret

    async def find(self) -> Sequence[UpkeepLink]:
        """Every link, the newest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(links).order_by(*newest_first(links.c.made_at_s, links.c.id)))
            return [_link(row) for row in rows.mappings()]

    async def revoke(self, actor: str, key: str) -> bool:
        """Whether there was one that worked. It stops working at once."""
        now_s = self._clock.now_s()
        async with self._database.transaction() as connection:
            statement = update(links).where(links.c.id == key, links.c.revoked_at_s.is_(None))
            gone = bool((await connection.execute(statement.values(revoked_at_s=now_s))).rowcount)
            if gone:
                await self._database.chain.append(connection, [Audit(now_s, actor, "upkeep_link_revoked", key)])
        return gone

    async def who(self, secret: str) -> UpkeepLink | None:
        """The link of a secret, where it works. Found by its hash, so that timing tells nothing of the secret."""
        if not secret.startswith(PREFIX):
            return None
        now_s = self._clock.now_s()
        query = select(links).where(
            links.c.sha256 == _digest(secret), links.c.revoked_at_s.is_(None), links.c.expires_at_s > now_s
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else _link(row)

    # --- reminders ---

    async def claim(self, reminder: Reminder) -> bool:
        """Whether the reminder is this one's to send: nobody has claimed it before."""
        async with self._database.transaction() as connection:
            dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
            statement = dialect.insert(reminders).values(
                organisation_id=reminder.organisation_id,
                due_at_s=reminder.due_at_s,
                claimed_at_s=reminder.claimed_at_s,
                late_s=reminder.late_s,
                message=None,
            )
            return bool((await connection.execute(statement.on_conflict_do_nothing())).rowcount)

    async def settle(self, reminder: Reminder, message: str | None) -> None:
        """It is in the outbox under this id; `None`: it could not be sent, and is tried again later."""
        mine = (reminders.c.organisation_id == reminder.organisation_id) & (reminders.c.due_at_s == reminder.due_at_s)
        async with self._database.transaction() as connection:
            if message is None:
                await connection.execute(reminders.delete().where(mine))
                return
            await connection.execute(update(reminders).where(mine).values(message=message))
            details = (("message", message), ("late_s", round(reminder.late_s)))
            line = Audit(self._clock.now_s(), "samband", "upkeep_reminded", reminder.organisation_id, details)
            await self._database.chain.append(connection, [line])

    async def reminders(self) -> Mapping[str, Reminder]:
        """Organisation's id → the latest reminder to it."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(reminders).order_by(
                    *oldest_first(reminders.c.claimed_at_s, reminders.c.due_at_s, reminders.c.organisation_id)
                )
            )
            return {row["organisation_id"]: Reminder(**row) for row in rows.mappings()}


def _link(row: RowMapping) -> UpkeepLink:
    return UpkeepLink(**{name: value for name, value in row.items() if name != "sha256"})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
