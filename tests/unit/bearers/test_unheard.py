"""An SMS that no person wrote, and a report that nobody awaits: counted, logged, and never taken for an answer."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.bearers import Inbound, alphabet
from bridge.bearers.alphabet import Joined, Parts
from bridge.bearers.modem import pdu
from bridge.bearers.smpp import pdu as smpp_pdu
from bridge.ports import PartReceipt, SmsAnswer, Unheard
from hardware.simulator.modem import SimulatedModem
from tests.harness import wait
from tests.unit.bearers.smsc import an_smsc
from tests.unit.bearers.test_modem import ORDER, a_modem, simulated
from tests.unit.bearers.test_smpp import a_line

__all__ = ["simulated"]

TIB = "+46701740605"
TO_A_PORT = bytes((6, 5, 4, 0x0B, 0x84, 0x23, 0xF0))
"""A header that names ports: a setting for the telephone, as WAP sends them."""
OF_THE_CARD = bytes((2, 0x70, 0))
EIGHT_BIT, COMPRESSED, RESERVED, MWI_DISCARD, MWI_STORE = 0x04, 0x28, 0x98, 0xC8, 0xE8
NO_TEXTS = (EIGHT_BIT, 0xF4, COMPRESSED, RESERVED, MWI_DISCARD, MWI_STORE)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"protocol": 0x40}, Unheard.SILENT),
        ({"protocol": 0x40, "scheme": EIGHT_BIT}, Unheard.SILENT),
        ({"protocol": 0x7F}, Unheard.NO_TEXT),
        ({"protocol": 0x5F}, Unheard.NO_TEXT),
        ({"protocol": 0x80}, Unheard.NO_TEXT),
        *(
            ({"scheme": one}, Unheard.NO_TEXT)
            for one in (EIGHT_BIT, 0xF4, COMPRESSED, RESERVED, MWI_DISCARD, MWI_STORE)
        ),
        ({"header": TO_A_PORT}, Unheard.NO_TEXT),
        ({"header": OF_THE_CARD}, Unheard.NO_TEXT),
        ({"header": b"\xff"}, Unheard.UNREADABLE),
    ],
)
async def test_what_no_person_wrote_is_counted_deleted_and_is_no_answer(
    simulated: SimulatedModem, tmp_path: Path, more: Mapping[str, int | bytes], why: Unheard
) -> None:
    """Each says “1”, which a person means as *yes*."""
    async with a_modem(simulated, tmp_path) as (modem, kept):
        await modem.send(ORDER)
        simulated.receives(TIB, "1", index=3, **more)  # type: ignore[arg-type]
        await wait.until(lambda: not simulated.stored, 20, what="it is deleted: a full card takes no more")
        simulated.receives(TIB, "2", index=4)
        await wait.until(lambda: kept == [SmsAnswer(TIB, "2")], 20, what="the next answer alone")
        assert modem.inbound.unheard() == {why.value: 1}


async def test_a_flash_message_and_one_in_place_of_another_are_answers(
    simulated: SimulatedModem, tmp_path: Path
) -> None:
    """Some telephones and offices send them so."""
    async with a_modem(simulated, tmp_path) as (modem, kept):
        await modem.send(ORDER)
        for index, more in enumerate(({"scheme": 0x18}, {"protocol": 0x41}, {"protocol": 0x39}), 1):
            simulated.receives(TIB, str(index), index=index, **more)  # type: ignore[arg-type]
        await wait.until(lambda: len(kept) == 3, 20, what="all three")
        assert modem.inbound.unheard() == {}


def test_parts_that_never_all_came_are_given_up_and_told() -> None:
    lost: list[str] = []
    parts = Parts(most=2, age_s=600, on_lost=lambda: lost.append("x"))
    assert parts.add(TIB, Joined(7, 2, 1), "Ja", 0.0) is None
    assert parts.add(TIB, None, "Nej", 601.0) == "Nej"
    assert parts.add(TIB, Joined(8, 2, 1), "Ja", 602.0) is None
    assert lost == ["x"], "the first is too old"
    assert parts.add(TIB, Joined(7, 2, 2), " tack", 603.0) is None, "its other part is gone, and half is no answer"
    parts.add(TIB, Joined(9, 2, 1), "", 604.0)
    assert lost == ["x", "x"], "there is room for two"


@given(st.lists(st.text(max_size=4), min_size=2, max_size=6), st.data())
def test_parts_in_any_order_and_more_than_once_are_one_whole_text_and_never_half_of_it(
    texts: list[str], data: st.DataObject
) -> None:
    numbers = list(range(1, len(texts) + 1))
    missing = data.draw(st.none() | st.sampled_from(numbers))
    came = [one for one in data.draw(st.permutations(numbers)) if one != missing]
    again = data.draw(st.lists(st.sampled_from(came), max_size=3))
    parts = Parts()
    found = [parts.add(TIB, Joined(1, len(texts), one), texts[one - 1], 0.0) for one in (*again, *came)]
    whole = [one for one in found if one is not None]
    assert set(whole) == ({"".join(texts)} if missing is None else set())


# --- whatever the octets are ---


@st.composite
def units(draw: st.DrawFn) -> bytes:
    """Units of the network with every field as a stranger may set it, and some cut short."""
    sender = draw(st.binary(max_size=6))
    head = bytes((0, draw(st.integers(0, 255)), draw(st.integers(0, 2 * len(sender))), draw(st.integers(0, 255))))
    kind = bytes((draw(st.sampled_from([0, 0x40, 0x41, 0x7F]) | st.integers(0, 255)), draw(st.integers(0, 255))))
    data = draw(st.binary(max_size=150))
    length = draw(st.just(len(data)) | st.integers(0, 255))
    unit = head + sender + kind + b"\x62\x11\x12\x81\0\0\x80" + bytes((min(length, 255),)) + data
    return unit[: draw(st.integers(0, len(unit)))] if draw(st.booleans()) else unit


@given(units())
@example(bytes.fromhex("00440B916407710406F50000621112810000800A"))
def test_no_unit_of_a_stranger_is_an_accident_and_only_text_to_a_person_is_heard(unit: bytes) -> None:
    with suppress(pdu.Unreadable):
        pdu.status_report(unit.hex())
    with suppress(pdu.Unreadable):
        found = pdu.delivered(unit.hex())
        assert len(found.text) <= 160
        assert (found.text == "") or found.unheard is None
        if found.joined is not None:
            assert 1 <= found.joined.part <= found.joined.parts
        if found.unheard is None:
            at = 4 + (unit[2] + 1) // 2
            assert unit[at] != pdu.SILENT
            assert alphabet.coding_of_scheme(unit[at + 1]) is not None


@given(st.binary(max_size=12), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=80))
def test_no_delivery_of_an_smsc_is_an_accident(
    addresses: bytes, esm_class: int, protocol: int, coding: int, data: bytes
) -> None:
    length = bytes((len(data) % 256,))
    body = b"\0\1\1" + addresses + b"\0\1\1\0" + bytes((esm_class, protocol, 0)) + b"\0\0\0\0"
    with suppress(smpp_pdu.Unreadable):
        found = smpp_pdu.delivered(body + bytes((coding, 0)) + length + data)
        assert not (found.unheard and (found.text or found.is_receipt))
        if protocol == pdu.SILENT and b"\0" not in addresses:
            assert found.is_receipt or found.unheard is Unheard.SILENT


# --- the same from an SMSC ---


@pytest.mark.parametrize(
    ("esm_class", "more", "why"),
    [
        (0, {"protocol_id": 0x40}, Unheard.SILENT),
        (0, {"coding": 2}, Unheard.NO_TEXT),
        (0, {"coding": 4}, Unheard.NO_TEXT),
        (0, {"coding": 0xC8}, Unheard.NO_TEXT),
        (0x08, {}, Unheard.NO_TEXT),
        (0x18, {}, Unheard.NO_TEXT),
    ],
)
async def test_an_smsc_that_hands_over_what_no_person_wrote_is_told_that_it_was_taken(
    esm_class: int, more: Mapping[str, int], why: Unheard
) -> None:
    inbound = Inbound()
    async with an_smsc() as smsc, a_line(smsc.port, inbound) as line:
        await line.send(ORDER)
        assert await smsc.hands(TIB, b"1", esm_class=esm_class, **more) == 0
    assert inbound.unheard() == {why.value: 1}


async def test_a_notice_that_a_message_is_on_its_way_is_neither_a_receipt_nor_an_answer() -> None:
    inbound, kept = Inbound(), []

    async def keep(fact: PartReceipt | SmsAnswer) -> None:
        kept.append(fact)

    async with an_smsc() as smsc, a_line(smsc.port, inbound) as line:
        await line.send(ORDER)
        taking = asyncio.create_task(inbound.take(keep))
        assert await smsc.hands(TIB, b"id:id-1 stat:DELIVRD", esm_class=0x20) == 0
        assert await smsc.hands(TIB, b"id:id-1 stat:DELIVRD", esm_class=0x04) == 0
        await taking
    assert [one for one in kept if isinstance(one, SmsAnswer)] == []
    assert len(kept) == 1
