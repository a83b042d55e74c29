"""Asterisk's manager interface, for three things that ARI lacks: registrations, getting callers out of the emergency
room, and participants' tracks.

Losing it harms nothing else: the trunks' state becomes `unknown`, tracks wait, and it is tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from bridge.ari.manager_link import AmiError, Headers, ManagerLink
from bridge.ari.reasons import AsteriskReason
from bridge.ari.secrets import AsteriskSecrets
from bridge.ari.settings import AsteriskSettings, TrunkSettings
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import PortError

log = structlog.get_logger(__name__)

Contacts = Callable[[], Awaitable[Mapping[TrunkName, str]]]

EMERGENCY_ROOM: Final = "samband-emergency"
INBOUND_CONTEXT: Final = "samband-inbound"
RESCUE_CONTEXT: Final = "samband-rescue"
_REFRESH_S: Final = 10.0
_RETRY_S: Final = 5.0
_TRUNK_EVENTS: Final = frozenset({"Registry", "ContactStatus"})
_USABLE: Final = ("online", "registered")


class Ami:
    """Start `run()` as a supervised task.

    Args:
        settings: The `[asterisk]` table.
        trunks: The `[[trunk]]` tables.
        secrets: User and password of AMI.
        contacts: Which trunks answer (`online`, `offline`): `AriTelephony.trunk_contacts`, since the manager's own list
            of contacts needs the right to stop Asterisk.
    """

    def __init__(
        self,
        settings: AsteriskSettings,
        trunks: Sequence[TrunkSettings],
        secrets: AsteriskSecrets,
        contacts: Contacts,
    ) -> None:
        self._port = settings.ami_port
        self._login = secrets.ami_user, secrets.ami_password
        self._registering = {TrunkName(trunk.name): trunk.register_at_operator for trunk in trunks}
        self._contacts = contacts
        self._states = dict.fromkeys(self._registering, "unknown")
        self._link: ManagerLink | None = None
        self._down = "not connected to Asterisk's manager interface yet"
        self._stale = asyncio.Event()
        self._were_together = False
        """Some of those who were seen together in the emergency room may be there still."""

    async def run(self) -> None:
        """Log in, keep the states fresh, log in again when it was lost; ends when cancelled."""
        while True:
            try:
                async with ManagerLink(self._port, *self._login, self._changed) as link:
                    self._link, self._down = link, ""
                    await self._follow(link)
            except AmiError as error:
                self._down = str(error)
                log.warning("ami_lost", reason=str(error))
            finally:
                self._link = None
                self._states = dict.fromkeys(self._states, "unknown")
            await asyncio.sleep(_RETRY_S)

    def trunk_states(self) -> Mapping[TrunkName, str]:
        """`online`, `offline` (does not answer OPTIONS), `registered`, `unregistered`, `rejected`, or `unknown`."""
        return dict(self._states)

    def health(self) -> Mapping[str, Reason]:
        trunks = {
            f"trunk {name}": WELL if state in _USABLE else AsteriskReason.TRUNK_UNUSABLE(state=state)
            for name, state in self._states.items()
        }
        manager = AsteriskReason.MANAGER_NOT_CONNECTED(evidence=self._down) if self._down else WELL
        return {"asterisk manager": manager, **trunks}

    async def act(self, action: str, **fields: str) -> Headers:
        """One action, and its answer: `Response` is `Success` or `Error`.

        Raises:
            AmiError: The manager interface is not there now.
        """
        link = self._link
        if link is None:
            raise AmiError(AsteriskReason.MANAGER_NOT_CONNECTED(), self._down)
        return await link.act(action, **fields)

    async def rescue(self, *, at_its_door: bool = False) -> int:
        """Send everybody in the emergency room to the controller; gives how many were sent. Safe to repeat.

        Those who are there together are sent so that the controller keeps them together. One who is alone there is
        sent as a new caller.

        Args:
            at_its_door: Also those whom Asterisk asks for the room's code. They are asked for a meeting's code instead.

        Raises:
            AmiError: The manager interface is not there now.
        """
        link = self._link
        if link is None:
            raise AmiError(AsteriskReason.MANAGER_NOT_CONNECTED(), self._down)
        members = await link.list_events("ConfbridgeList", Conference=EMERGENCY_ROOM)
        self._were_together = len(members) > 1 or (self._were_together and bool(members))
        to = RESCUE_CONTEXT if self._were_together else INBOUND_CONTEXT
        sent = 0
        for member in members:
            sent += await link.redirect(member.get("Channel", ""), to)
        if at_its_door:
            inside = {member.get("Channel", "") for member in members}
            for one in await link.list_events("CoreShowChannels"):
                if one.get("Context") == EMERGENCY_ROOM and one.get("Channel", "") not in inside:
                    sent += await link.redirect(one.get("Channel", ""), INBOUND_CONTEXT)
        if sent:
            log.info("emergency_room_rescued", callers=sent)
        return sent

    async def _follow(self, link: ManagerLink) -> None:
        while True:
            self._stale.clear()
            await self._refresh(link)
            try:
                await asyncio.wait_for(self._stale.wait(), _REFRESH_S)
            except TimeoutError:
                continue

    async def _refresh(self, link: ManagerLink) -> None:
        registrations = await link.list_events("PJSIPShowRegistrationsOutbound")
        try:
            contacts = await self._contacts()
        except PortError as error:
            log.debug("trunk_contacts_unknown", reason=str(error))
            contacts = {}
        self._states = {
            name: trunk_state(name, contacts, registrations if registers else None)
            for name, registers in self._registering.items()
        }

    def _changed(self, event: str) -> None:
        if event in _TRUNK_EVENTS:
            self._stale.set()


def trunk_state(name: TrunkName, contacts: Mapping[TrunkName, str], registrations: Sequence[Headers] | None) -> str:
    """One word for a trunk: its registration where it has one, else whether it answers. Of an operator's several
    registrations one is enough."""
    if registrations is None:
        return contacts.get(name, "unknown")
    mine = [
        entry.get("Status", "unknown").lower()
        for entry in registrations
        if entry.get("ObjectName", "").partition("_")[0] == f"registration-{name}"
    ]
    return "registered" if "registered" in mine else next(iter(mine), "unknown")
