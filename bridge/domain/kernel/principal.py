"""Somebody who asks for something. `bridge.domain.access` says what each may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PrincipalKind(StrEnum):
    """How somebody came to be known."""

    OPERATOR = "operator"
    """A person who is logged in to the console."""
    TOKEN = "token"  # noqa: S105  a kind, no secret
    """A program, or a person at a command line, that shows a token."""
    RADIO_USER = "radio_user"
    """The user of a radio that the directory knows."""
    PHONE_USER = "phone_user"
    """A duty function that keys its code for orders by telephone."""
    PARTICIPANT = "participant"
    """Somebody in a meeting."""
    ORGANISATION_EDITOR = "organisation_editor"
    """The holder of a link by which an organisation keeps its own contact data."""
    LINK = "link"
    """Somebody who follows a link that was sent to them."""
    SYSTEM = "system"
    """Samband itself."""


class AccessRole(StrEnum):
    """The trust in a principal. A participant's role in a meeting is another thing."""

    OPERATOR = "operator"
    """All that people may do, but what is under secrecy: the holder of a token without a list of permissions."""
    KEEPER = "keeper"
    """Keeps accounts, tokens and sessions (*förvaltare*). Hears nothing of the archive."""
    HOST = "host"
    """Leads meetings and calls out (*värd*)."""
    COORDINATOR = "coordinator"
    """A host who also plans, approves, and keeps the directory (*samordnare*)."""
    DIRECTORY_EDITOR = "directory_editor"
    """Keeps the directory's entries of their own organisations (*katalogansvarig*)."""
    LISTENER = "listener"
    """Reads the meetings of some forums, or some meetings, and changes nothing (*storbild*)."""
    REGISTRAR = "registrar"
    """Keeps the archive (*arkivarie*)."""
    AUDITOR = "auditor"
    """Reads who did what (*granskare*)."""
    SERVICE = "service"
    """A program, with the permissions that its token lists (*tjänst*)."""
    RADIO_ORDERS = "radio_orders"
    """A duty function that gives orders by radio."""
    PHONE_ORDERS = "phone_orders"
    """A duty function that starts call-outs by telephone."""
    SECRECY = "secrecy"
    """May read what was said in a conference where secrecy applies."""
    ORGANISATION_EDITOR = "organisation_editor"
    """Keeps the contact data of one organisation, and does nothing else."""
    LINK = "link"
    """The one thing that the link is good for."""
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks for something."""

    id: str
    """Stable: the kind and what is unique within it, such as `token:operator` or `radio_user:1401001`."""
    name: str
    """As the audit log shows it: of a person, whichever token of theirs they use. Two persons never share one."""
    kind: PrincipalKind
    roles: frozenset[AccessRole] = frozenset()
    organisations: frozenset[str] | None = None
    """Confined to what belongs to these organisations (ids); `None`: not confined."""
    forums: frozenset[str] | None = None
    """Confined to meetings of these forums (ids), beside `meetings`; `None`: not confined."""
    meetings: frozenset[str] | None = None
    """Confined to these meetings (ids), beside those of `forums`; `None`: not confined."""
    permissions: frozenset[str] | None = None
    """Of what the roles may do, these acts alone; `None`: all of it."""
    account: str | None = None
    """The id of the person's account; `None`: they have none, or came by a token that is nobody's."""
    session: str | None = None
    """The id of the session that they came by; `None`: they came by none."""
    factor_at_s: float | None = None
    """When they last proved in this session who they are."""


SYSTEM: Final = Principal("system", "samband", PrincipalKind.SYSTEM, frozenset({AccessRole.SYSTEM}))
"""Samband itself, where nobody asked."""
