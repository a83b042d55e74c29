"""The links by which organisations keep their own contact data. They lead to `bridge.api.upkeep_page`."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import Field

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Output, when
from bridge.domain.directory.records import UpkeepLink

router = resource("/directory/links", "directory")


class LinkIn(Input):
    """A link by which one organisation keeps its own contact data."""

    organisation_id: Key
    """The organisation; must exist."""
    lasts_s: float | None = Field(default=None, ge=60, le=365 * 86_400)
    """It works for so long, in seconds; null: as `directory.link_days` says."""
    mail: bool = False
    """It is sent to the organisation's address, and stands in no answer."""


class LinkOut(Output):
    """A link, without its secret."""

    id: str
    """Made by us."""
    organisation_id: str
    """The organisation whose contact data it opens."""
    made_by: str
    """The one who made it."""
    made_at: str
    """When it was made (RFC 3339, UTC)."""
    expires_at: str
    """It works until then (RFC 3339, UTC)."""
    revoked_at: str | None
    """It was revoked then (RFC 3339, UTC)."""


class NewLinkOut(LinkOut):
    """A new link."""

    address: str | None
    """The page's address with its secret, which is told here alone. Null: it is sent by e-mail."""


@router.get("")
async def list_links(service: TheService, asker: Asker) -> list[LinkOut]:
    """Every link, the newest first."""
    return [LinkOut(**_shown(one)) for one in await service.upkeep.links(asker)]


@router.post("", status_code=201)
async def make(body: LinkIn, service: TheService, asker: Asker) -> NewLinkOut:
    """Make a link. Its secret is kept as a hash: a link that is lost is made anew."""
    link, address = await service.upkeep.make(asker, body.organisation_id, lasts_s=body.lasts_s, mailed=body.mail)
    return NewLinkOut(**_shown(link), address=address)


@router.delete("/{key}", status_code=204)
async def revoke(
    key: Annotated[str, Path(max_length=64, description="The link's id.")], service: TheService, asker: Asker
) -> None:
    """Revoke a link. It stops working at once."""
    await service.upkeep.revoke(asker, key)


def _shown(link: UpkeepLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "organisation_id": link.organisation_id,
        "made_by": link.made_by,
        "made_at": when(link.made_at_s) or "",
        "expires_at": when(link.expires_at_s) or "",
        "revoked_at": when(link.revoked_at_s),
    }
