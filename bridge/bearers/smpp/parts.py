"""A text as the submissions that carry it."""

from typing import Final

from bridge.bearers import alphabet
from bridge.bearers.alphabet import Joined
from bridge.bearers.settings import SmppSettings
from bridge.bearers.smpp.pdu import CODING_DEFAULT, CODING_UCS2, HAS_HEADER, Part, Tag
from bridge.domain.outbox import gsm
from bridge.domain.outbox.gsm import Coding

_CODING: Final = {Coding.GSM7: CODING_DEFAULT, Coding.UCS2: CODING_UCS2}


def parts_of(text: str, settings: SmppSettings, reference: int) -> tuple[Part, ...]:
    """At least one. `reference` (0…255) joins the parts of a long text."""
    coding = Coding.UCS2 if settings.coding == "ucs2" else gsm.coding_of(text)
    number = _CODING[coding]
    pieces = gsm.split(text, coding)
    if len(pieces) == 1:
        return (Part(alphabet.encoded(text, coding), number),)
    if settings.long == "payload":
        return (Part(b"", number, options={Tag.PAYLOAD: alphabet.encoded(text, coding)}),)
    data = [alphabet.encoded(one, coding) for one in pieces]
    count = len(data)
    if settings.long == "sar":
        options: dict[int, bytes] = {Tag.SAR_REFERENCE: reference.to_bytes(2), Tag.SAR_PARTS: bytes((count,))}
        return tuple(
            Part(one, number, options={**options, Tag.SAR_PART: bytes((at,))}) for at, one in enumerate(data, 1)
        )
    return tuple(Part(Joined(reference, count, at).header + one, number, HAS_HEADER) for at, one in enumerate(data, 1))
