"""Each organisation keeps its own contact data, by a link that its keeper is given.

The holder of a link reads, changes and confirms what belongs to one organisation. Anything else is not there for them.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog

from bridge.domain.access.permissions import Act
from bridge.domain.directory import upkeep
from bridge.domain.directory.records import LINK_PREFIX, Function, Organisation, Person, Reminder, UpkeepLink
from bridge.domain.directory.upkeep import Confirmation
from bridge.domain.kernel.ids import LinkId, OutboxId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.domain.outbox.addresses import mail_address
from bridge.domain.outbox.commands import NewMessage, QueueMessage
from bridge.domain.outbox.marks import TOKEN_LENGTH, token_mark
from bridge.domain.outbox.policy import OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.domain.telephony.hours import NumberUse
from bridge.service.directory import with_right_uses
from bridge.service.reasons import DirectoryReason, UnknownReason
from bridge.service.refusal import Refusal, Undecided
from bridge.service.rota import Duty, duties_of, duty_of, enter_duty
from bridge.service.use_case import Ports, UseCases, use_case
from bridge.words import word

log = structlog.get_logger(__name__)

MOST_PERSONS: Final = 200
"""Of one organisation, by its link."""
MOST_LINKS: Final = 20
"""That work, of one organisation."""
PATH: Final = "/upkeep?key="
_TAKEN_OVER_S: Final = 3600.0
"""A reminder that was claimed and is not in the outbox after so long was lost in a crash."""
E = TypeVar("E", Function, Person)


@dataclass(frozen=True, slots=True)
class Contact:
    """The numbers and the address of a function or a person."""

    numbers: tuple[str, ...]
    uses: tuple[NumberUse, ...]
    email: str | None


@dataclass(frozen=True, slots=True)
class Own:
    """All contact data of one organisation."""

    organisation: Organisation
    functions: Sequence[Function]
    persons: Sequence[Person]
    duties: Sequence[Duty]
    confirmed_at_s: Mapping[str, float]
    confirmation: Mapping[str, Confirmation]
    digest: str
    """Of what is shown: a confirmation is of this."""


def editor_of(link: UpkeepLink) -> Principal:
    """The holder of a link."""
    return Principal(
        f"{PrincipalKind.ORGANISATION_EDITOR}:{link.id}",
        f"{PrincipalKind.ORGANISATION_EDITOR}:{link.id}",
        PrincipalKind.ORGANISATION_EDITOR,
        frozenset({AccessRole.ORGANISATION_EDITOR}),
        frozenset({link.organisation_id}),
    )


class Upkeep(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._turn = asyncio.Lock()
        """One reminder round at a time."""

    # --- the keeper's ---

    @use_case(Act.UPKEEP_LINK)
    async def links(self, principal: Principal) -> Sequence[UpkeepLink]:
        """Every link, the newest first. Secrets are told by none."""
        return await self._ports.links.find()

    @use_case(Act.UPKEEP_LINK)
    async def make(
        self, principal: Principal, organisation: str, *, lasts_s: float | None = None, mailed: bool = False
    ) -> tuple[UpkeepLink, str | None]:
        """Make a link.

        Args:
            principal: The one who asks.
            organisation: Its id.
            lasts_s: It works for so long; `None`: as the policy says.
            mailed: It is sent to the organisation's address, and told to nobody else.

        Returns:
            The link, and its address where it is not sent: that is told here alone.

        Raises:
            Refusal: There is no such organisation, it has too many links, or it cannot be sent.
        """
        found = await self._ports.directory.get(Organisation, organisation)
        if found is None:
            raise Refusal.unknown(UnknownReason.ORGANISATION, organisation, "organisation_id")
        await self._must(principal, Act.UPKEEP_LINK, organisation)
        now_s = self._ports.clock.now_s()
        working = [
            one
            for one in await self._ports.links.find()
            if one.organisation_id == organisation and one.revoked_at_s is None and one.expires_at_s > now_s
        ]
        if len(working) >= MOST_LINKS:
            raise Refusal("conflict", DirectoryReason.TOO_MANY_LINKS(most=MOST_LINKS), field="organisation_id")
        if mailed:
            self._must_be_mailed(found)
        link, secret = await self._ports.links.make(principal.name, organisation, lasts_s or self._ports.upkeep.link_s)
        if not mailed:
            return link, f"{self._ports.link_url}{PATH}{secret}"
        try:
            await self._mail(principal, found, link, secret, OutboxId(self._ports.ids.mint("outbox")), "link")
        except Undecided:
            raise  # it may be on its way
        except Refusal:
            await self._ports.links.revoke(principal.name, link.id)
            raise
        return link, None

    @use_case(Act.UPKEEP_LINK)
    async def revoke(self, principal: Principal, key: str) -> None:
        """It stops working at once.

        Raises:
            Refusal: There is none that works.
        """
        if not await self._ports.links.revoke(principal.name, key):
            raise Refusal.not_found(UnknownReason.UPKEEP_LINK, key)

    @use_case(Act.UPKEEP_LINK)
    async def remind(self, principal: Principal) -> int:
        """Send the reminders that are due, each once. Gives how many were sent.

        A reminder is claimed before it is sent. One that was lost in a crash is in the outbox, or is put there under
        the same id.
        """
        async with self._turn:
            functions = await self._ports.directory.list(Function)
            confirmed = await self._ports.directory.confirmations()
            sent = 0
            for organisation in await self._ports.directory.list(Organisation):
                own = [one for one in functions if one.organisation_id == organisation.id]
                due = upkeep.due_at_s(own, confirmed, self._ports.upkeep)
                if due is not None and self._is_mailable(organisation):
                    sent += await self._remind(principal, organisation, due)
            return sent

    # --- the organisation's own ---

    @use_case(Act.UPKEEP_READ)
    async def read(self, principal: Principal) -> Own:
        """All contact data of the organisation.

        Raises:
            Refusal: It is gone.
        """
        organisation = await self._organisation(principal)
        directory, policy, now_s = self._ports.directory, self._ports.upkeep, self._ports.clock.now_s()
        functions = [one for one in await directory.list(Function) if one.organisation_id == organisation.id]
        persons = [one for one in await directory.list(Person) if one.organisation_id == organisation.id]
        duties = await duties_of(self._ports, organisation=organisation.id)
        known = await directory.confirmations()
        confirmed = {one.id: known[one.id] for one in functions if one.id in known}
        standing = {one.id: upkeep.confirmation(confirmed.get(one.id), now_s, policy) for one in functions}
        digest = upkeep.digest_of(functions, persons, [one.entry for one in duties])
        return Own(organisation, functions, persons, duties, confirmed, standing, digest)

    @use_case(Act.UPKEEP_CHANGE)
    async def set_function(self, principal: Principal, key: str, contact: Contact) -> None:
        """Correct the numbers and the address of a function. Its name, radios and rights are the keeper's."""
        present = await self._own(principal, Function, key, UnknownReason.FUNCTION)
        await self._put(principal, present, contact)

    @use_case(Act.UPKEEP_CHANGE)
    async def set_person(self, principal: Principal, key: str, name: str, contact: Contact) -> None:
        """Correct a person."""
        present = await self._own(principal, Person, key, UnknownReason.PERSON)
        await self._put(principal, replace(present, name=name), contact)

    @use_case(Act.UPKEEP_CHANGE)
    async def add_person(self, principal: Principal, name: str, contact: Contact) -> None:
        """Make a person of the organisation.

        Raises:
            Refusal: There are too many.
        """
        organisation = await self._organisation(principal)
        persons = await self._ports.directory.list(Person)
        if sum(one.organisation_id == organisation.id for one in persons) >= MOST_PERSONS:
            raise Refusal("conflict", DirectoryReason.TOO_MANY_PERSONS(most=MOST_PERSONS))
        await self._put(principal, Person(f"pers-{secrets.token_hex(6)}", organisation.id, name), contact)

    @use_case(Act.UPKEEP_CHANGE)
    async def delete_person(self, principal: Principal, key: str) -> None:
        """With their entries of the rota."""
        await self._own(principal, Person, key, UnknownReason.PERSON)
        await self._ports.directory.delete(principal.name, Person, key)

    @use_case(Act.UPKEEP_CHANGE)
    async def enter(
        self, principal: Principal, function: str, person: str, begins_at_s: float, ends_at_s: float
    ) -> None:
        """Enter a person of the organisation into the rota of one of its functions."""
        found = await self._own(principal, Function, function, UnknownReason.FUNCTION)
        await enter_duty(self._ports, principal.name, found, person, begins_at_s, ends_at_s)

    @use_case(Act.UPKEEP_CHANGE)
    async def strike(self, principal: Principal, key: str) -> None:
        """Take an entry out of the rota of one of its functions."""
        organisation = await self._organisation(principal)
        await duty_of(self._ports, key, organisation=organisation.id)
        await self._ports.directory.strike(principal.name, key)

    @use_case(Act.UPKEEP_CONFIRM)
    async def confirm(self, principal: Principal, digest: str) -> None:
        """All contact data of the organisation is right, as it was seen.

        Raises:
            Refusal: It has changed since it was seen.
        """
        own = await self.read(principal)
        if own.digest != digest:
            raise Refusal("conflict", DirectoryReason.CHANGED_SINCE_SEEN(), field="digest")
        for function in own.functions:
            await self._ports.directory.confirm(principal.name, function.id)

    # --- inside ---

    async def _organisation(self, principal: Principal) -> Organisation:
        """The one that the principal is confined to; whoever is confined to none has none here."""
        keys = sorted(principal.organisations or ())
        found = await self._ports.directory.get(Organisation, keys[0]) if len(keys) == 1 else None
        if found is None:
            raise Refusal.not_found(UnknownReason.ORGANISATION, keys[0] if keys else "")
        return found

    async def _own(self, principal: Principal, kind: type[E], key: str, unknown: UnknownReason) -> E:
        """One of the organisation's own. Of another's nothing is told, not even that it is there."""
        organisation = await self._organisation(principal)
        found = await self._ports.directory.get(kind, key)
        if found is None or found.organisation_id != organisation.id:
            raise Refusal.not_found(unknown, key)
        return found

    async def _put(self, principal: Principal, present: E, contact: Contact) -> None:
        changed = replace(present, numbers=contact.numbers, number_uses=contact.uses, email=contact.email)
        await self._ports.directory.put(principal.name, with_right_uses(changed))

    # --- mail ---

    def _is_mailable(self, organisation: Organisation) -> bool:
        has_bearer = self._ports.control.node().policy[OutboxPolicy].of(Bearer.MAIL) is not None
        is_told = bool(self._ports.link_url)
        return has_bearer and is_told and mail_address(organisation.email or "") is not None

    def _must_be_mailed(self, organisation: Organisation) -> None:
        if mail_address(organisation.email or "") is None:
            raise Refusal("invalid", DirectoryReason.NO_UPKEEP_MAIL(name=organisation.name), field="mail")
        if not self._is_mailable(organisation):
            raise Refusal("unavailable", DirectoryReason.NO_UPKEEP_ADDRESS(), field="mail")

    async def _mail(
        self, principal: Principal, organisation: Organisation, link: UpkeepLink, secret: str, key: OutboxId, kind: str
    ) -> None:
        """A mark stands for the secret in the outbox, and is filled as it is sent."""
        mark = token_mark(LinkId(link.id.removeprefix(LINK_PREFIX)))
        address = f"{self._ports.link_url}{PATH}{secret[:-TOKEN_LENGTH]}{mark}"
        days = round((link.expires_at_s - link.made_at_s) / 86_400)
        texts = [
            word(language, "upkeep", f"mail_{kind}", name=organisation.name, address=address, days=days)
            for language in (Language.SV, Language.EN)
        ]
        message = NewMessage(
            key,
            Bearer.MAIL,
            mail_address(organisation.email or "") or "",
            "\n\n".join(texts),
            word(Language.SV, "upkeep", f"heading_{kind}", name=organisation.name),
            links=True,
        )
        await self._ask(principal, QueueMessage(message))

    async def _remind(self, principal: Principal, organisation: Organisation, due: float) -> int:
        links, now_s = self._ports.links, self._ports.clock.now_s()
        if due > now_s:
            return 0
        reminder = Reminder(organisation.id, due, now_s, upkeep.late_s(due, now_s, self._ports.upkeep))
        if not await links.claim(reminder):
            known = (await links.reminders()).get(organisation.id)
            is_lost = known is not None and known.due_at_s == due and known.message is None
            if known is None or not is_lost or known.claimed_at_s > now_s - _TAKEN_OVER_S:
                return 0
            reminder = known
        key = _message_of(reminder)
        if await self._ports.archive.outbox_message(key) is None:
            link, secret = await links.make(principal.name, organisation.id, self._ports.upkeep.link_s)
            try:
                await self._mail(principal, organisation, link, secret, key, "reminder")
            except Undecided:
                return 0  # it may be in the outbox: that is looked at later
            except Refusal as refused:
                log.warning("reminder_not_sent", organisation=organisation.id, reason=str(refused.reason))
                await links.revoke(principal.name, link.id)
                await links.settle(reminder, None)
                return 0
        await links.settle(reminder, key)
        return 1


def _message_of(reminder: Reminder) -> OutboxId:
    """The same for one reminder, however often it is tried."""
    named = hashlib.sha256(f"{reminder.organisation_id} {reminder.due_at_s!r}".encode()).hexdigest()
    return OutboxId(f"out-{named[:26]}")
