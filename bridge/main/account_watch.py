"""The watch of the accounts: sessions that are over go, and the use of the account for emergencies is told."""

import asyncio
from typing import Final

import structlog

from bridge.ports import PortError
from bridge.service.logins import BreakGlass
from bridge.service.use_case import Identity

log = structlog.get_logger(__name__)

LOOK_S: Final = 600.0


class AccountWatch:
    """After a start it finds a use that was before it."""

    def __init__(self, identity: Identity, glass: BreakGlass) -> None:
        self._identity = identity
        self._glass = glass

    async def run(self) -> None:
        """Look until cancelled. The next look does whatever cannot be done now."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        try:
            for account in await self._identity.accounts.find():
                if account.break_glass and account.login_at_s is not None:
                    self._glass.used(account.name, account.login_at_s)
            await self._identity.sessions.forget(self._identity.limits)
        except PortError as error:
            log.warning("accounts_not_looked_after", reason=str(error))
