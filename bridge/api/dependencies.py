"""The parts of the API: the use cases, and the few things that it shows or asks beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from bridge.domain.kernel.ids import PatchId
from bridge.ports import Clock, Control, Health, LinkSecrets, UpkeepLinks
from bridge.service import Service
from bridge.service.logins import Logins
from bridge.service.use_case import Figures, Identity


@dataclass(frozen=True)
class Dependencies:
    """Everything a request may need. Made once by `bridge.main`, kept in `app.state.parts`."""

    service: Service
    control: Control
    """For the metrics, which tell no names."""
    identity: Identity
    """Accounts, tokens and sessions."""
    logins: Logins
    clock: Clock
    links: UpkeepLinks
    """By which organisations keep their own contact data."""
    passkey_host: str = ""
    """The name that passkeys are made for; empty: the one that a page was opened by."""
    health: Sequence[Health] = ()
    levels: Callable[[PatchId], Figures | None] = lambda _patch: None
    """For the metrics: the figures of a patch's audio path."""
    link_secrets: LinkSecrets | None = field(default=None, repr=False)
    """Opens the links in messages; none where none are sent."""
    sms_hook: str = field(default="", repr=False)
    """The secret in the addresses by which the SMS gateway calls us; empty: it does not."""
    orders: Callable[[], Mapping[str, int]] = dict
    """The orders that came by radio, counted by what became of them."""
    release: Mapping[str, str] = field(default_factory=dict)
    """For the metrics: the version at work, and its commit."""
    unheard: Callable[[], Mapping[str, int]] = dict
    """SMS that came in and are no answer of a person, counted by the cause."""


def get_parts(request: Request) -> Dependencies:
    parts: Dependencies = request.app.state.parts
    return parts


TheDependencies = Annotated[Dependencies, Depends(get_parts)]


def get_service(parts: TheDependencies) -> Service:
    return parts.service


TheService = Annotated[Service, Depends(get_service)]
