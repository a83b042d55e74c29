"""Invitations and all else that goes out to many by itself, with the fate of each message."""

from typing import Annotated, Any

from fastapi import Query

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.outbox_views import OutboxMessageOut, outbox_message_out
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Limit, Output, when
from bridge.domain.kernel.ids import ActivationId, ConferenceId, ScheduleId
from bridge.domain.kernel.language import Language
from bridge.ports import MailingSheet

router = resource("/mailings", "messages")


class MailingOut(Output):
    """A mailing: one text with one cause, to all whom it concerns."""

    id: str
    """Made of its cause, so that no cause has two."""
    kind: str
    """`invitation`, `report`, `evaluation`, `reminder`, `meeting`, `callout_started`, `callout_ended` or
    `callout_cancelled`."""
    schedule_id: str | None
    """The prepared conference."""
    on: str | None
    """The date of the rule that it is about; null: the series, or the only date."""
    sequence: int
    """Of the schedule, as in the calendar (RFC 5545)."""
    activation_id: str | None
    """The call-out."""
    conference_id: str | None
    """The conference."""
    state: str
    """`writing`, `queued`, `superseded` or `failed`."""
    reason: str | None
    """Why it is not written yet, or will not be, in the language asked for."""
    reason_code: str | None
    """The same for programs."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    created_at: str | None
    """RFC 3339, UTC."""
    without_address: list[str]
    """Functions whom it concerns, and who have no address that it could go to."""
    messages: list[OutboxMessageOut]
    """Each with its fate."""


@router.get("")
async def list_mailings(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    schedule: Annotated[str | None, Query(max_length=64, description="Only those of this prepared conference.")] = None,
    activation: Annotated[str | None, Query(max_length=64, description="Only those of this call-out.")] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only those of this conference.")] = None,
    limit: Limit = 100,
) -> list[MailingOut]:
    """The mailings, newest first: who was sent what, and what became of it."""
    found = await service.mailings.find(
        asker,
        schedule=ScheduleId(schedule) if schedule is not None else None,
        activation=ActivationId(activation) if activation is not None else None,
        conference=ConferenceId(conference) if conference is not None else None,
        limit=limit,
    )
    return [_out(one, language) for one in found]


def _out(sheet: MailingSheet, language: Language) -> MailingOut:
    one, messages = sheet
    return MailingOut(
        id=one.id,
        kind=one.kind,
        schedule_id=one.schedule,
        on=one.on,
        sequence=one.sequence,
        activation_id=one.activation,
        conference_id=one.conference,
        state=one.state,
        reason=words(one.reason, language),
        reason_code=code(one.reason),
        reason_data=data(one.reason),
        created_at=when(one.created_at_s),
        without_address=list(one.without_address),
        messages=[outbox_message_out(each, language) for each in messages],
    )
