"""The manner of a simulated telephone when it is rung, read from a TOML file.

Times are seconds. Every wait is divided by the speed of a played scenario; what is said takes the time that it takes.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import phonenumbers

from bridge.domain.kernel.reasons import Unusable
from bridge.written import WrittenReason
from hardware.simulator.located import Located, fault_of
from hardware.simulator.reasons import TelephoneReason

REGION: Final = Path(__file__).parent / "region.toml"
"""The telephones of the example region."""

Wait = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class _Telephone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="manner"):
    """The settings of every telephone."""

    number: str
    """In any Swedish or international form."""
    name: str = ""
    """The owner's name, for people."""
    voice: str = ""
    """An espeak-ng voice such as `sv+f2`; empty: one that goes by the number, so that neighbours differ."""


class Answers(_Telephone, frozen=True, kw_only=True, tag="answers"):
    """Somebody answers, keys, and takes part in the meeting."""

    after_s: Wait = 3.0
    """From the first ring."""
    key: Literal["", "1", "2", "3"] = "1"
    """1 takes part, 2 comes later, 3 cannot; empty: none is keyed."""
    key_after_s: Wait = 4.0
    """From the answer, and again each time the question is asked anew."""
    says: str = ""
    """The situation report, said when the floor is given; empty: a murmur of ten seconds."""
    asks_after_s: Wait | None = None
    """Requests the floor by `*5` so long after a speaking order is announced."""
    leaves_after_s: Wait | None = None
    """Hangs up so long after the answer."""
    holds_after_s: Wait | None = None
    """Puts the meeting on hold with music so long after the answer."""
    hold_s: Wait = 20.0
    """How long the hold lasts."""
    suppresses_silence: bool = False
    """Sends nothing but a little comfort noise now and then while nothing is said (RFC 3389)."""


class RingsOut(_Telephone, frozen=True, kw_only=True, tag="rings_out"):
    """Nobody answers."""


class Busy(_Telephone, frozen=True, kw_only=True, tag="busy"):
    """Engaged (486, Q.850 17)."""

    after_s: Wait = 0.3


class Rejects(_Telephone, frozen=True, kw_only=True, tag="rejects"):
    """The person presses the call away (603, Q.850 21)."""

    after_s: Wait = 2.0


class OutOfReach(_Telephone, frozen=True, kw_only=True, tag="out_of_reach"):
    """Switched off or without coverage (480, Q.850 20)."""

    after_s: Wait = 1.0


class Congested(_Telephone, frozen=True, kw_only=True, tag="congested"):
    """The network has no way there now (503, Q.850 34)."""

    after_s: Wait = 0.3


class Forwards(_Telephone, frozen=True, kw_only=True, tag="forwards"):
    """The network carries the call on to another telephone, which acts by its own manner (181)."""

    to: str
    """Number of a telephone in the same file that does not forward itself."""
    after_s: Wait = 0.0


class Voicemail(_Telephone, frozen=True, kw_only=True, tag="voicemail"):
    """A machine answers, greets and beeps, listens, and hangs up."""

    after_s: Wait = 8.0
    greeting: Words = "Du har kommit till en telefonsvarare. Lämna ett meddelande efter tonen."
    listens_s: Wait = 30.0
    """Longest message."""


class Screening(_Telephone, frozen=True, kw_only=True, tag="screening"):
    """A machine asks who calls; then the person takes the call and keys, or does not."""

    after_s: Wait = 1.0
    greeting: Words = "Samtalet filtreras. Säg vem du är och vad det gäller."
    thinks_s: Wait = 8.0
    """From the machine's question to the person's choice."""
    accepts: bool = True
    key: Literal["1", "2", "3"] = "1"
    key_after_s: Wait = 4.0
    says: str = ""


class HangsUp(_Telephone, frozen=True, kw_only=True, tag="hangs_up"):
    """Answers, keys nothing, and hangs up."""

    after_s: Wait = 2.0
    leaves_after_s: Wait = 0.0


Manner = Answers | RingsOut | Busy | Rejects | OutOfReach | Congested | Forwards | Voicemail | Screening | HangsUp


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    telephone: tuple[Manner, ...]


def read_telephones(path: Path) -> dict[str, Manner]:
    """The telephones of a file by their number in E.164.

    Raises:
        Unusable: The reason names file, line, field and remedy.
    """
    located = Located.read(path)
    return checked(located, located.into(_File).telephone)


def checked(located: Located, telephones: Sequence[Manner], *, alone: bool = True) -> dict[str, Manner]:
    """Check the tables against each other: numbers that are none, or stand twice; forwarding to nobody or in a ring.

    Args:
        located: The file, for the place of a fault.
        telephones: Its `[[telephone]]` tables, in order.
        alone: No other telephones are there, to which these could forward.

    Raises:
        Unusable: The reason names file, line, field and remedy.
    """
    found: dict[str, Manner] = {}
    for index, one in enumerate(telephones):
        try:
            number = e164(one.number)
        except Unusable as error:
            raise located.fault("telephone", index, "number", error.reason) from error
        if number in found:
            raise located.fault("telephone", index, "number", TelephoneReason.TWICE(number=number))
        found[number] = one
    for index, one in enumerate(telephones):
        if isinstance(one, Forwards) and isinstance(found.get(_or_none(one.to), one if alone else None), Forwards):
            raise located.fault("telephone", index, "to", TelephoneReason.FORWARDS_TO_NONE(number=one.to))
    return found


def manner_of(table: Mapping[str, Any]) -> Manner:
    """One telephone from what a program gives, such as a scenario.

    Raises:
        Unusable: The reason names the field.
    """
    try:
        found: Manner = msgspec.convert(dict(table), Manner)
    except msgspec.ValidationError as error:
        _, _, field, reason = fault_of(table, error)
        raise Unusable(WrittenReason.AT(place=field or None, cause=reason)) from error
    return found


def e164(text: str) -> str:
    """`08-465 004 00`, `0046…`, `46…` or `+46…` → `+46846500400`.

    Raises:
        Unusable: It holds no number.
    """
    whole = f"+{text}" if re.fullmatch(r"[1-9][0-9]{7,14}", text, re.ASCII) else text  # as some trunks dial it
    try:
        number = phonenumbers.parse(whole, "SE")
    except phonenumbers.NumberParseException:
        raise Unusable(TelephoneReason.NO_NUMBER(value=text)) from None
    if number.extension or not phonenumbers.is_possible_number(number):
        raise Unusable(TelephoneReason.NO_NUMBER(value=text))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _or_none(text: str) -> str:
    try:
        return e164(text)
    except ValueError:
        return ""
