"""Alarms: one list for the console, the command line and programs."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Field, StringConstraints

from bridge.api.alarm_views import AlarmFiguresOut, AlarmOut, AlarmsOut, alarm_out, counts_out, figures_out
from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Limit, without_control
from bridge.domain.alarms.counts import counts
from bridge.domain.alarms.kinds import Priority
from bridge.domain.alarms.records import Alarm
from bridge.domain.kernel.ids import AlarmId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.service import Service

router = resource("/alarms", "alarms")
AlarmKey = Annotated[AlarmId, Path(max_length=64, alias="alarm", description="The alarm's id.")]
Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(without_control)]


class AcknowledgeIn(Input):
    """One, several, or all rows of a priority, with one reason."""

    alarms: list[Key] = Field(default=[], max_length=200)
    """Ids."""
    priority: Priority | None = None
    """All rows of it, besides those that are named."""
    reason: Why = ""
    """In free words; it stands in the audit log."""


class ShelveIn(Input):
    """Out of the way for a while."""

    for_s: float
    """60…28 800 s."""
    reason: Why
    """In free words; it stands in the audit log."""


@router.get("")
async def list_alarms(service: TheService, asker: Asker, language: TheLanguage) -> AlarmsOut:
    """The alarms that stand, or that nobody has acknowledged, with their counts. An effect of another one is no row."""
    return await _shown(service, asker, await service.alarms.rows(asker), language)


@router.get("/history")
async def list_history(service: TheService, asker: Asker, language: TheLanguage, limit: Limit = 100) -> list[AlarmOut]:
    """Also the alarms that are over, the latest to come first."""
    return [alarm_out(one, language) for one in await service.alarms.history(asker, limit)]


@router.get("/figures")
async def read_figures(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    hours: Annotated[float, Query(ge=1, le=168, description="So many hours back.")] = 24,
) -> AlarmFiguresOut:
    """The figures of EEMUA 191: whether the alarms help, or drown those who watch."""
    return figures_out(await service.alarms.figures(asker, hours), language)


@router.post("/acknowledge", responses={404: {"description": "`not_found`: an alarm is not there any more."}})
async def acknowledge(body: AcknowledgeIn, service: TheService, asker: Asker, language: TheLanguage) -> AlarmsOut:
    """Acknowledge one alarm, several, or all of a priority. Those that are acknowledged already stay so."""
    found = await service.alarms.acknowledge(asker, [AlarmId(one) for one in body.alarms], body.priority, body.reason)
    return await _shown(service, asker, found, language)


@router.post("/{alarm}/shelve", status_code=204)
async def shelve(alarm: AlarmKey, body: ShelveIn, service: TheService, asker: Asker) -> None:
    """Park an alarm for at most 8 h, with a reason. One of the first priority is never parked."""
    await service.alarms.shelve(asker, alarm, body.for_s, body.reason)


@router.post("/{alarm}/unshelve", status_code=204)
async def unshelve(alarm: AlarmKey, service: TheService, asker: Asker) -> None:
    """Take a parked alarm back into the list."""
    await service.alarms.unshelve(asker, alarm)


async def _shown(service: Service, asker: Principal, alarms: Sequence[Alarm], language: Language) -> AlarmsOut:
    users = await service.alarms.radio_users(asker, alarms)
    return AlarmsOut(counts=counts_out(counts(alarms)), alarms=[alarm_out(one, language, users) for one in alarms])
