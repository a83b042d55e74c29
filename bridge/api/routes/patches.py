"""Patches (*sammankopplingar*): a talkgroup tied to a conference through a terminal."""

from typing import Annotated

from fastapi import Body, Path, Query
from pydantic import Field

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.radio_views import PatchOut, patch_out
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.directory import IdleS, LeaseS
from bridge.api.security import Asker
from bridge.api.text import Input, Name, Subscriber
from bridge.domain.kernel.ids import PatchId
from bridge.domain.radio.records import Keying, Precedence
from bridge.service.patches import AS_TALKGROUP, NewPatch

router = resource("/conferences/{conference}/patches", "patches")
PatchKey = Annotated[PatchId, Path(max_length=64, alias="patch", description="The patch's id.")]


class PatchIn(Input):
    """A new patch. A member that is left out is as the talkgroup's own entry says."""

    gssi: Subscriber = Field(description="A talkgroup of the directory.")
    terminal: Name | None = Field(
        default=None, description="None: one that is free and may use the talkgroup, ready before not, spares last."
    )
    keying: Keying | None = Field(default=None, description="The opener of the way from the meeting to the air.")
    precedence: Precedence | None = Field(default=None, description="The side that goes first when both talk.")
    lease_s: LeaseS | None = Field(default=None, description="The patch ends after this; null: no end.")
    idle_s: IdleS | None = Field(default=None, description="It ends when unused for so long; null: never.")
    notice: bool | None = Field(default=None, description="Tell the talkgroup in words of the beginning and the end.")
    spoken_end: bool | None = Field(default=None, description="End each turn from the meeting with a spoken KOM.")

    def wish(self) -> NewPatch:
        """A limit that is left out is another thing than null."""
        said = self.model_fields_set
        return NewPatch(
            gssi=self.gssi,
            terminal=self.terminal,
            keying=self.keying,
            precedence=self.precedence,
            lease_s=self.lease_s if "lease_s" in said else AS_TALKGROUP,
            idle_s=self.idle_s if "idle_s" in said else AS_TALKGROUP,
            notice=self.notice,
            spoken_end=self.spoken_end,
        )


class PatchChange(Input):
    """A change. A member that is left out stays."""

    keying: Keying | None = None
    """The opener of the way from the meeting to the air."""
    precedence: Precedence | None = None
    """The side that goes first when both talk."""
    spoken_end: bool | None = None
    """End each turn from the meeting with a spoken KOM."""


class ExtendIn(Input):
    """The length of the lease."""

    lease_s: LeaseS | None = Field(
        default=None, description="From now; null: no end. Left out: the lease of the talkgroup's own entry."
    )


@router.get("")
async def list_patches(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> list[PatchOut]:
    """The talkgroups in the conference, those that wait for approval too."""
    return [patch_out(one, language) for one in await service.patches.find(asker, conference)]


@router.post("", status_code=201)
async def add_patch(
    conference: ConferenceKey, body: PatchIn, service: TheService, asker: Asker, language: TheLanguage
) -> PatchOut:
    """Connect the talkgroup. Where its rule is `approval`, the patch waits until somebody else approves it."""
    return patch_out(await service.patches.add(asker, conference, body.wish()), language)


@router.get("/{patch}")
async def read_patch(
    conference: ConferenceKey, patch: PatchKey, service: TheService, asker: Asker, language: TheLanguage
) -> PatchOut:
    """One patch, with the state of its talkgroup now."""
    return patch_out(await service.patches.read(asker, conference, patch), language)


@router.patch("/{patch}")
async def change_patch(
    conference: ConferenceKey,
    patch: PatchKey,
    body: PatchChange,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
) -> PatchOut:
    """Change the keying, the precedence, and the spoken KOM."""
    changed = await service.patches.change(
        asker,
        conference,
        patch,
        keying=body.keying,
        precedence=body.precedence,
        spoken_end=body.spoken_end,
    )
    return patch_out(changed, language)


@router.post("/{patch}/approve")
async def approve_patch(
    conference: ConferenceKey, patch: PatchKey, service: TheService, asker: Asker, language: TheLanguage
) -> PatchOut:
    """Make a patch that waits for approval. The one who asked for it cannot approve it. To refuse it, remove it."""
    return patch_out(await service.patches.approve(asker, conference, patch), language)


@router.post("/{patch}/extend")
async def extend_patch(
    conference: ConferenceKey,
    patch: PatchKey,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    body: Annotated[ExtendIn | None, Body()] = None,
) -> PatchOut:
    """The lease begins anew."""
    said = body is not None and "lease_s" in body.model_fields_set
    lease_s = body.lease_s if body is not None and said else AS_TALKGROUP
    return patch_out(await service.patches.extend(asker, conference, patch, lease_s), language)


@router.delete("/{patch}", status_code=204)
async def remove_patch(
    conference: ConferenceKey,
    patch: PatchKey,
    service: TheService,
    asker: Asker,
    at_once: Annotated[bool, Query(description="Without telling the talkgroup.")] = False,
) -> None:
    """Disconnect the talkgroup. Where `notice` is on, it hears so first, and the patch is `closing` until then. A patch
    that waits for approval is refused by this."""
    await service.patches.remove(asker, conference, patch, at_once=at_once)
