"""A message by SMS or e-mail as the contract's JSON."""

from typing import Any

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.kernel.language import Language
from bridge.domain.outbox import gsm, marks
from bridge.domain.outbox.records import Bearer, OutboxMessage


class OutboxMessageOut(Output):
    """A message by SMS or e-mail, with what is known of it."""

    id: str
    """Made by us. The Message-ID of an e-mail holds it."""
    bearer: str
    """`sms` or `mail`."""
    to: str
    """A telephone number, E.164 with plus, or an e-mail address."""
    heading: str
    """The subject of an e-mail."""
    text: str
    """As it is sent, but for the secrets of links: a mark stands for each."""
    language: str
    """Of the text."""
    state: str
    """The last stage that is known. `uncertain`: it may have been sent, and is not sent again by itself."""
    reason: str | None
    """Why it failed, waits or is uncertain, in words."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    coding: str | None
    """Of an SMS: `gsm7` or `ucs2`."""
    characters: int | None
    """The number of septets of an SMS, or of UTF-16 code units where its coding is `ucs2`."""
    parts: int
    """Of an SMS, as the network counts and charges them."""
    provider_id: str | None
    """The bearer's own id."""
    by: str
    """The way that an SMS went: `gateway`, `smpp` or `modem`; empty: e-mail, or not sent yet."""
    tries: int
    """The number of times it was handed over."""
    activation_id: str | None
    """The call-out that it belongs to."""
    target_id: str | None
    """The function of that call-out."""
    mailing_id: str | None
    """The mailing that it belongs to."""
    function_id: str | None
    """The function of the directory whom it is to, where it is one of a mailing."""
    calendar_method: str | None
    """Of the calendar object beside the text: `REQUEST` or `CANCEL`; null: there is none."""
    corrects: str | None
    """The message that it takes back, since the call-out was cancelled."""
    again_of: str | None
    """The message that somebody has ordered to be sent again as this one."""
    actor: str
    """The name of the token that sent it, or `samband`."""
    created_at: str | None
    """When it was taken on (RFC 3339, UTC)."""
    sent_at: str | None
    """When the bearer took it (RFC 3339, UTC)."""
    delivered_at: str | None
    """When the bearer told that it had arrived (RFC 3339, UTC)."""
    ended_at: str | None
    """When nothing more could come of it (RFC 3339, UTC)."""


def outbox_message_out(message: OutboxMessage, language: Language) -> OutboxMessageOut:
    counted = gsm.counted(marks.as_long(message.text)) if message.bearer is Bearer.SMS else None
    return OutboxMessageOut(
        id=message.id,
        bearer=message.bearer,
        to=message.to,
        heading=message.heading,
        text=message.text,
        language=message.language,
        state=message.state,
        reason=words(message.reason, language),
        reason_code=code(message.reason),
        reason_data=data(message.reason),
        coding=counted.coding if counted is not None else None,
        characters=counted.units if counted is not None else None,
        parts=message.parts,
        provider_id=message.provider_id,
        by=message.by,
        tries=message.tries,
        activation_id=message.activation,
        target_id=message.target,
        mailing_id=message.mailing,
        function_id=message.function_id,
        calendar_method=message.calendar_method or None,
        corrects=message.corrects,
        again_of=message.again_of,
        actor=message.actor,
        created_at=when(message.created_at_s),
        sent_at=when(message.sent_at_s),
        delivered_at=when(message.delivered_at_s),
        ended_at=when(message.ended_at_s),
    )
