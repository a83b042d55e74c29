"""The speaking list (*talarlista*) of a conference, and the time limit of a turn."""

from typing import Annotated

from fastapi import Body
from pydantic import Field, model_validator

from bridge.api.dependencies import TheService
from bridge.api.reasons import InputReason
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Name, Output
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.speaking.records import Speaking, SpeakingItem, TurnEnds

router = resource("/conferences/{conference}/speaking-list", "floor")
MOST_ITEMS = 100


class SpeakingItemIn(Input):
    """One item: a participant, a function, an organisation, or a function of an organisation."""

    participant: Key | None = None
    """Somebody who is or was in the conference."""
    function: Name | None = None
    """A duty function by its name; it takes its place when it is here."""
    organisation: Name | None = None
    """Alone: the first of the organisation who is here and not on the list already."""
    minutes: Annotated[float, Field(gt=0, le=120)] | None = None
    """The time limit of this turn; none: as for every turn."""
    title: Name | None = None
    """The item of the agenda."""
    done: bool = False
    """It has had the floor: it is shown, and nobody is called by it."""

    @model_validator(mode="after")
    def _names_somebody(self) -> "SpeakingItemIn":
        if self.participant is None and self.function is None and self.organisation is None:
            raise Unusable(InputReason.NAMES_NOBODY())
        return self


class TurnLimitIn(Input):
    """The time limit of the turns that begin from now on."""

    turn_s: Annotated[float, Field(ge=0, le=7200)] | None = None
    """0: none. Left out: as the settings say. A host who leads has none."""
    turn_ends: TurnEnds | None = None
    """When the time is up: `told` (speaker and hosts hear it) or `taken` (the floor goes on too). Left out: as the
    settings say."""


class SpeakingItemOut(Output):
    """One item of the speaking list."""

    participant: str | None
    """The participant who is named."""
    function: str | None
    """The function that is named."""
    organisation: str | None
    """The organisation that is named."""
    minutes: float | None
    """The time limit of this turn; none: as for every turn."""
    title: str | None
    """The item of the agenda."""
    done: bool
    """It has had the floor."""


class SpeakingListOut(Output):
    """The speaking list, and the time limit of a turn."""

    items: list[SpeakingItemOut]
    """In their order. Those who are here stand in `floor.requests` as `listed`."""
    turn_s: float | None
    """The time limit of a turn, 0: none. None: as the settings say."""
    turn_ends: str | None
    """`told` or `taken`. None: as the settings say."""


def _out(speaking: Speaking) -> SpeakingListOut:
    items = [
        SpeakingItemOut(
            participant=one.participant,
            function=one.function,
            organisation=one.organisation,
            minutes=one.minutes,
            title=one.title,
            done=one.is_done,
        )
        for one in speaking.items
    ]
    return SpeakingListOut(items=items, turn_s=speaking.turn_s, turn_ends=speaking.turn_ends)


def _item(given: SpeakingItemIn) -> SpeakingItem:
    return SpeakingItem(
        function=given.function,
        organisation=given.organisation,
        participant=ParticipantId(given.participant) if given.participant is not None else None,
        minutes=given.minutes,
        title=given.title,
        is_done=given.done,
    )


@router.get("")
async def read_list(conference: ConferenceKey, service: TheService, asker: Asker) -> SpeakingListOut:
    """The list as it was made, with what has had the floor."""
    return _out(await service.floor.speaking(asker, conference))


@router.put("")
async def set_list(
    conference: ConferenceKey,
    body: Annotated[list[SpeakingItemIn], Body(max_length=MOST_ITEMS)],
    service: TheService,
    asker: Asker,
) -> SpeakingListOut:
    """Make the list, or put another in its place; an empty one ends it. The next who is here comes before the queue."""
    return _out(await service.floor.set_list(asker, conference, [_item(one) for one in body]))


@router.put("/limit")
async def set_limit(conference: ConferenceKey, body: TurnLimitIn, service: TheService, asker: Asker) -> SpeakingListOut:
    """Limit a turn. A turn that is running keeps its own limit."""
    return _out(await service.floor.set_turn_limit(asker, conference, body.turn_s, body.turn_ends))
