"""The messages that go out beside the calls of a call-out, in each function's language. None ever holds a code."""

from collections.abc import Iterator, Sequence

from bridge.domain.callout.commands import NewTarget
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.language import Language
from bridge.domain.outbox.commands import NewMessage
from bridge.domain.outbox.records import Bearer
from bridge.domain.telephony.numbers import national
from bridge.service.outbox import addresses
from bridge.service.use_case import Ports
from bridge.words import word


def messages_beside(
    ports: Ports, targets: Sequence[NewTarget], bearers: Sequence[Bearer], *, name: str | None, exercise: bool
) -> tuple[NewMessage, ...]:
    """For every function and every deputy, to each of its addresses, with the text that takes it back.

    Args:
        ports: For the ids, and for the number to call.
        targets: As the call-out has them.
        bearers: By which messages are asked for.
        name: Of the conference; `None`: it is under secrecy, and its name is written to nobody.
        exercise: Whether it is an exercise.
    """
    kind = "exercise" if exercise else "live"

    def made(target: NewTarget, bearer: Bearer, to: str) -> NewMessage:
        return NewMessage(
            id=OutboxId(ports.ids.mint("outbox")),
            bearer=bearer,
            to=to,
            text=_text(ports, bearer, kind, target.language, name),
            heading=word(target.language, "message", f"call_heading_{kind}"),
            language=target.language,
            target=target.id,
            correction=_filled(target.language, f"cancelled_{kind}", name=name),
            correction_heading=word(target.language, "message", f"cancelled_heading_{kind}"),
        )

    return tuple(
        made(target, bearer, to)
        for target in _with_deputies(targets)
        for bearer in dict.fromkeys(bearers)
        for to in addresses(bearer, target.numbers, target.email)
    )


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
