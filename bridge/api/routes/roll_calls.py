"""Roll calls (*upprop*): begin, tick, end, read."""

from typing import Annotated

from fastapi import Body, Path, Response

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.resource import resource
from bridge.api.roll_views import RollCallOut, roll_call_out
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Input, Limit
from bridge.domain.kernel.ids import RollEntryId
from bridge.domain.rollcall.records import SummaryTo

router = resource("/conferences/{conference}", "roll calls")
EntryKey = Annotated[RollEntryId, Path(max_length=64, alias="entry", description="The entry's id.")]


class RollCallIn(Input):
    """A roll call to begin."""

    summary_to: SummaryTo = SummaryTo.ALL
    """`all` or `hosts`: the listeners to its summary."""


class TickIn(Input):
    """Somebody has heard or seen a function, or misses it."""

    present: bool = True
    """False: it is missing, and is rung."""


@router.get("/roll-call")
async def read_roll_call(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> RollCallOut:
    """The roll call under way, or the one that ended last."""
    return roll_call_out(await service.roll_calls.latest(asker, conference), language)


@router.post(
    "/roll-call", status_code=201, responses={200: {"description": "One was under way already, and is shown."}}
)
async def start_roll_call(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    response: Response,
    body: Annotated[RollCallIn | None, Body()] = None,
) -> RollCallOut:
    """Read out the functions of the conference's forum, then ring those who are missing."""
    sheet, begun = await service.roll_calls.start(asker, conference, (body or RollCallIn()).summary_to)
    response.status_code = 201 if begun else 200
    return roll_call_out(sheet, language)


@router.post("/roll-call/end")
async def end_roll_call(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage
) -> RollCallOut:
    """Read out and ring no more. The summary is said, and those who were not seen are missing."""
    return roll_call_out(await service.roll_calls.end(asker, conference), language)


@router.post("/roll-call/entries/{entry}/tick")
async def tick(
    conference: ConferenceKey,
    entry: EntryKey,
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    body: Annotated[TickIn | None, Body()] = None,
) -> RollCallOut:
    """Tick a function of the roll call under way."""
    present = (body or TickIn()).present
    return roll_call_out(await service.roll_calls.tick(asker, conference, entry, present=present), language)


@router.get("/roll-calls")
async def list_roll_calls(
    conference: ConferenceKey, service: TheService, asker: Asker, language: TheLanguage, limit: Limit = 100
) -> list[RollCallOut]:
    """The roll calls of the conference, newest first."""
    return [roll_call_out(one, language) for one in await service.roll_calls.find(asker, conference, limit)]
