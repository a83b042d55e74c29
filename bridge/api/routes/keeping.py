"""Keeping and disposing of recordings: legal holds, labels, and disposals with their protocol."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Field, StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Output, readable, when, without_control
from bridge.domain.kernel.ids import ConferenceId, RecordingId
from bridge.domain.retention.records import MOST_RECORDINGS, Disposal, DisposalState, Hold

router = resource("/archive", "recordings")
HoldKey = Annotated[Key, Path(alias="hold", description="The hold's id.")]
DisposalKey = Annotated[Key, Path(alias="disposal", description="The disposal's id.")]
RecordingKey = Annotated[Key, Path(alias="recording", description="The recording's id.")]
Ground = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(readable)
]
Short = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(without_control)
]


class HoldIn(Input):
    """Nothing of the conference is to be disposed of."""

    conference_id: Key
    """The conference."""
    ground: Ground
    """Why, such as the case that it is needed for."""


class HoldOut(Output):
    """A legal hold."""

    id: str
    """Its id."""
    conference_id: str
    """The conference."""
    ground: str
    """Why."""
    placed_by: str
    """By whom."""
    placed_at: str | None
    """RFC 3339, UTC."""
    lifted_by: str | None
    """By whom it was lifted; null: it is in force."""
    lifted_at: str | None
    """RFC 3339, UTC."""


class RestrictionIn(Input):
    """A reason for which a recording is restricted."""

    label: Short
    """Such as `sekretess 18:13`."""


class RestrictionOut(Output):
    """A recording that only those may read who may read what is under secrecy."""

    recording: str
    """Its id."""
    label: str
    """Why."""
    by: str
    """By whom."""
    at: str | None
    """RFC 3339, UTC."""


class DisposalIn(Input):
    """A proposal to destroy recordings."""

    recordings: Annotated[list[Key], Field(min_length=1, max_length=MOST_RECORDINGS)]
    """Their ids."""
    ground: Ground
    """The rule or reason."""
    decision: Short
    """The reference of the decision on disposal, such as a registration number."""


class RemoteCopyOut(Output):
    """A copy of a disposed recording in the object store."""

    recording: str
    """The recording's id."""
    locked_until: str | None
    """The store lets nobody delete it before (RFC 3339, UTC); null: not known."""
    gone_at: str | None
    """When its last version was deleted (RFC 3339, UTC); null: it is outstanding."""
    fault: str | None
    """Why the store could not be asked the last time."""


class DisposalOut(Output):
    """A disposal with its protocol."""

    id: str
    """Its id."""
    state: str
    """`proposed`, `withdrawn`, `decided` or `carried_out`."""
    ground: str
    """The rule or reason."""
    decision: str
    """The reference of the decision on disposal."""
    proposed_by: str
    """By whom."""
    proposed_at: str | None
    """RFC 3339, UTC."""
    decided_by: str | None
    """By which other person it was decided on, or by whom withdrawn."""
    decided_at: str | None
    """RFC 3339, UTC."""
    done_at: str | None
    """When the last file was destroyed (RFC 3339, UTC)."""
    recordings: list[str]
    """The ids of the recordings. Their rows stay, with the hashes of sound and manifest."""
    copies: list[RemoteCopyOut]
    """Their copies in the object store. Each is tried until it is gone."""


@router.get("/holds")
async def holds(
    service: TheService,
    asker: Asker,
    in_force: Annotated[bool, Query(description="Without those that were lifted.")] = False,
) -> list[HoldOut]:
    """Legal holds, the newest first."""
    return [_hold(one) for one in await service.keeping.holds(asker, in_force=in_force)]


@router.post("/holds", status_code=201, responses={404: {"description": "`not_found`: there is no such conference."}})
async def place_hold(body: HoldIn, service: TheService, asker: Asker) -> HoldOut:
    """Nothing of a conference is disposed of while this is in force."""
    return _hold(await service.keeping.place(asker, ConferenceId(body.conference_id), body.ground))


@router.delete("/holds/{hold}")
async def lift_hold(hold: HoldKey, service: TheService, asker: Asker) -> HoldOut:
    """Lift a hold. It stays in the list."""
    return _hold(await service.keeping.lift(asker, hold))


@router.get("/restrictions")
async def restrictions(service: TheService, asker: Asker) -> list[RestrictionOut]:
    """The recordings that are restricted."""
    found = await service.keeping.labels(asker)
    return [RestrictionOut(recording=one.recording, label=one.label, by=one.by, at=when(one.at_s)) for one in found]


@router.put("/restrictions/{recording}", status_code=204)
async def restrict(recording: RecordingKey, body: RestrictionIn, service: TheService, asker: Asker) -> None:
    """Restrict a recording to those who may read what is under secrecy."""
    await service.keeping.restrict(asker, RecordingId(recording), body.label)


@router.delete("/restrictions/{recording}", status_code=204)
async def release(recording: RecordingKey, service: TheService, asker: Asker) -> None:
    """Take the label away. That takes the permission to read it."""
    await service.keeping.restrict(asker, RecordingId(recording), None)


@router.get("/disposals")
async def disposals(
    service: TheService,
    asker: Asker,
    state: Annotated[DisposalState | None, Query(description="Only those in this state.")] = None,
) -> list[DisposalOut]:
    """Disposals with their protocol, the newest first."""
    return [_disposal(one) for one in await service.keeping.disposals(asker, state)]


@router.get("/disposals/{disposal}")
async def disposal(disposal: DisposalKey, service: TheService, asker: Asker) -> DisposalOut:
    """One disposal, with its protocol."""
    return _disposal(await service.keeping.disposal(asker, disposal))


@router.post("/disposals", status_code=201)
async def propose(body: DisposalIn, service: TheService, asker: Asker) -> DisposalOut:
    """Propose that recordings are destroyed. Nothing is, before another person decides."""
    recordings = [RecordingId(one) for one in body.recordings]
    return _disposal(await service.keeping.propose(asker, recordings, body.ground, body.decision))


@router.post("/disposals/{disposal}/decide")
async def decide(disposal: DisposalKey, service: TheService, asker: Asker) -> DisposalOut:
    """Decide on another person's proposal. The sounds and manifests are destroyed, for good."""
    return _disposal(await service.keeping.decide(asker, disposal))


@router.delete("/disposals/{disposal}")
async def withdraw(disposal: DisposalKey, service: TheService, asker: Asker) -> DisposalOut:
    """Give a proposal up. It stays in the list."""
    return _disposal(await service.keeping.withdraw(asker, disposal))


def _hold(one: Hold) -> HoldOut:
    return HoldOut(
        id=one.id,
        conference_id=one.conference,
        ground=one.ground,
        placed_by=one.placed_by,
        placed_at=when(one.placed_at_s),
        lifted_by=one.lifted_by,
        lifted_at=when(one.lifted_at_s),
    )


def _disposal(one: Disposal) -> DisposalOut:
    return DisposalOut(
        id=one.id,
        state=one.state.value,
        ground=one.ground,
        decision=one.decision,
        proposed_by=one.proposed_by,
        proposed_at=when(one.proposed_at_s),
        decided_by=one.decided_by,
        decided_at=when(one.decided_at_s),
        done_at=when(one.done_at_s),
        recordings=list(one.recordings),
        copies=[
            RemoteCopyOut(
                recording=each.recording,
                locked_until=when(each.locked_until_s),
                gone_at=when(each.gone_at_s),
                fault=each.fault,
            )
            for each in one.copies
        ],
    )
