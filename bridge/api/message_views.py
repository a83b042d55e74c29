"""A text or a status by radio as the contract's JSON."""

from typing import Any

from pydantic import Field

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.kernel.language import Language
from bridge.service.shortdata import ShownMessage


class MessageOut(Output):
    """A text or a status by radio, with what is known of its delivery."""

    id: str
    """Made by us."""
    direction: str
    """`in` or `out`."""
    state: str
    """The last stage that is proved: never more than the network has said."""
    reason: str | None
    """Why it failed or waits, in words."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    text: str | None
    """A text's characters; none for a status."""
    status: int | None
    """A pre-coded status, 0…65535; none for a text."""
    emergency: bool
    """An emergency alarm came in."""
    order: str | None = Field(
        description="The order by radio that an incoming text reads as: `call_in`, `confirm`, `end` and others."
    )
    order_allowed: bool = Field(description="Its sender is of a function that may give orders.")
    sender: int | None
    """ISSI, or the GSSI of a group's message; none where nothing told."""
    sender_name: str | None
    """The function, the talkgroup or our own terminal of that identity, where it is known."""
    receiver: int | None
    """ISSI or GSSI."""
    receiver_name: str | None
    """Likewise, of the receiver."""
    group: bool
    """The receiver is a talkgroup."""
    terminal: str | None
    """The terminal it went or came by."""
    conference_id: str | None
    """The conference whose timeline it is in."""
    actor: str
    """The name of the token that sent it; empty where it came in."""
    parts: int
    """Into how many it was divided."""
    parts_sent: int
    """Given to the terminal."""
    parts_on_air: int
    """Taken by the network."""
    parts_delivered: int
    """Received, by the receiver's own report."""
    tries: int
    """The number of times it was tried."""
    created_at: str | None
    """When it was accepted or came in (RFC 3339, UTC)."""
    expires_at: str | None
    """It is not tried after this (RFC 3339, UTC)."""
    sent_at: str | None
    """When the terminal took it (RFC 3339, UTC)."""
    on_air_at: str | None
    """When the network took it (RFC 3339, UTC)."""
    delivered_at: str | None
    """When the receiver had it (RFC 3339, UTC)."""
    read_at: str | None
    """When it was read, where receivers are asked to tell (RFC 3339, UTC)."""
    ended_at: str | None
    """When nothing more could come of it (RFC 3339, UTC)."""


def message_out(shown: ShownMessage, language: Language) -> MessageOut:
    message = shown.message
    return MessageOut(
        id=message.id,
        direction=message.direction,
        state=message.state,
        reason=words(message.reason, language),
        reason_code=code(message.reason),
        reason_data=data(message.reason),
        text=message.text,
        status=message.status,
        emergency=message.status == 0,
        order=shown.order.verb if shown.order is not None else None,
        order_allowed=shown.order_allowed,
        sender=message.sender,
        sender_name=shown.sender_name,
        receiver=message.receiver,
        receiver_name=shown.receiver_name,
        group=message.group,
        terminal=message.terminal,
        conference_id=message.conference,
        actor=message.actor,
        parts=message.parts,
        parts_sent=message.parts_sent,
        parts_on_air=message.parts_on_air,
        parts_delivered=len(message.delivered),
        tries=message.tries,
        created_at=when(message.created_at_s),
        expires_at=when(message.expires_at_s),
        sent_at=when(message.sent_at_s),
        on_air_at=when(message.on_air_at_s),
        delivered_at=when(message.delivered_at_s),
        read_at=when(message.read_at_s),
        ended_at=when(message.ended_at_s),
    )
