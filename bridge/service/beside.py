"""The messages that go out beside the calls of a call-out, in each function's language. None ever holds a code."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bridge.domain.callout.commands import NewTarget
from bridge.domain.kernel.ids import ActivationId, OutboxId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.links.records import Link, LinkKind
from bridge.domain.outbox.commands import NewMessage
from bridge.domain.outbox.marks import code_mark
from bridge.domain.outbox.records import Bearer
from bridge.domain.telephony.numbers import national
from bridge.service.links import address, link_id
from bridge.service.outbox import addresses
from bridge.service.use_case import Ports
from bridge.words import word

ANSWERED_WITHIN_S: Final = 86_400.0
"""The link of a call-out is good for so long, and for no longer than the call-out goes on."""


def messages_beside(
    ports: Ports,
    activation: ActivationId,
    targets: Sequence[NewTarget],
    bearers: Sequence[Bearer],
    *,
    name: str | None,
    exercise: bool,
) -> tuple[tuple[NewMessage, ...], tuple[Link, ...]]:
    """For every function and every deputy, to each of its addresses, with the text that takes it back.

    Args:
        ports: For the ids, and for the number to call.
        activation: The call-out.
        targets: As the call-out has them.
        bearers: By which messages are asked for.
        name: Of the conference; `None`: it is under secrecy, and its name is written to nobody.
        exercise: Whether it is an exercise.
    """
    kind = "exercise" if exercise else "live"
    called = list(_with_deputies(targets))
    links = {one.id: _link(ports, activation, one, kind, name) for one in called} if ports.link_url else {}

    def made(target: NewTarget, bearer: Bearer, to: str) -> NewMessage:
        return NewMessage(
            id=OutboxId(ports.ids.mint("outbox")),
            bearer=bearer,
            to=to,
            text=_text(ports, bearer, kind, target.language, name) + _how_by_link(ports, target, links),
            links=target.id in links,
            heading=word(target.language, "message", f"call_heading_{kind}"),
            language=target.language,
            target=target.id,
            correction=_filled(target.language, f"cancelled_{kind}", name=name),
            correction_heading=word(target.language, "message", f"cancelled_heading_{kind}"),
        )

    messages = tuple(
        made(target, bearer, to)
        for target in called
        for bearer in dict.fromkeys(bearers)
        for to in addresses(bearer, target.numbers, target.email)
    )
    written = {one.target for one in messages}
    return messages, tuple(one for one in links.values() if one.target in written)


def _link(ports: Ports, activation: ActivationId, target: NewTarget, kind: str, name: str | None) -> Link:
    """For one function, whichever of its messages is read."""
    now_s = ports.clock.now_s()
    return Link(
        id=link_id("answer", target.id),
        kind=LinkKind.ANSWER,
        created_at_s=now_s,
        expires_at_s=now_s + ANSWERED_WITHIN_S,
        language=target.language,
        organisation=target.organisation,
        function=target.function,
        subject=_filled(target.language, f"link_{kind}", name=name),
        activation=activation,
        target=target.id,
    )


def _how_by_link(ports: Ports, target: NewTarget, links: Mapping[TargetId, Link]) -> str:
    link = links.get(target.id)
    if link is None:
        return ""
    how = word(target.language, "message", "how_by_link", link=address(ports, link.id), code=code_mark(link.id))
    return f" {how}"


def _with_deputies(targets: Sequence[NewTarget]) -> Iterator[NewTarget]:
    for target in targets:
        yield target
        yield from target.deputies


def _text(ports: Ports, bearer: Bearer, kind: str, language: Language, name: str | None) -> str:
    text = _filled(language, f"call_{kind}", name=name, number=national(ports.number))
    if bearer is Bearer.SMS and ports.can_answer_sms:
        text += " " + word(language, "message", "how_to_answer")
    return text


def _filled(language: Language, key: str, *, name: str | None, **data: str) -> str:
    known = data if name is None else {**data, "name": name}
    return word(language, "message", key, **known)
