"""Our SMPP and the tests' own servers, against a second stack that shares no code with them."""

import asyncio
from dataclasses import replace

import pytest

from bridge.bearers import Inbound
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.reasons import WELL
from bridge.domain.outbox.commands import Receipt
from bridge.ports import PartReceipt, SmsAnswer
from tests.harness import wait
from tests.harness.ports import free_port
from tests.harness.smpp_peer import a_peer
from tests.unit.bearers.smsc import an_smsc
from tests.unit.bearers.test_smpp import LONG, ORDER, a_line, fails

pytestmark = pytest.mark.realtime  # the other stack is a program of its own

THROTTLED = 0x58
TO_US, TIB = "46766860000", "46701740605"
WANTS_RECEIPT = 1


async def test_a_text_of_the_default_alphabet_arrives_as_it_was_written() -> None:
    port = free_port()
    async with a_peer("server", port) as smsc, a_line(port) as line:
        taken = await line.send(ORDER)
        assert taken.awaited == ("id-1",)
        [bound] = smsc.of("bind")
        assert (bound["system_id"], bound["version"]) == ("samband", 0x34)
        [one] = smsc.of("submit")
        assert (one["source"], one["destination"], one["receipt"]) == (TO_US, TIB, WANTS_RECEIPT)
        assert (one["coding"], one["text"]) == (0, ORDER.text)
    await smsc.tells("unbind")


async def test_a_long_text_in_other_letters_arrives_in_parts_that_are_the_text() -> None:
    port, text = free_port(), "Ђорђе, " + LONG
    async with a_peer("server", port) as smsc, a_line(port) as line:
        await line.send(replace(ORDER, text=text))
        parts = smsc.of("submit")
        assert len(parts) > 2
        assert {(one["coding"], one["esm_class"]) for one in parts} == {(8, 0x40)}
        assert "".join(one["text"] for one in parts) == text
        headers = [bytes.fromhex("".join(one["header"])) for one in parts]
        assert [one[-2:] for one in headers] == [bytes((len(parts), at)) for at in range(1, len(parts) + 1)]
        assert len({one[:-1] for one in headers}) == 1, "one reference"


async def test_its_receipt_and_its_answer_come_in() -> None:
    port, inbound, kept = free_port(), Inbound(), []

    async def keep(fact: PartReceipt | SmsAnswer) -> None:
        kept.append(fact)

    async with a_peer("server", port) as smsc, a_line(port, inbound) as line:
        await line.send(ORDER)
        told = "id:id-1 sub:001 dlvrd:001 submit date:2611281200 done date:2611281201 stat:DELIVRD err:000 text:"
        both = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": TIB, "destination_addr": TO_US}
        pdus: list[dict[str, object]] = [{"esm_class": 4, "short_message": told}, {"short_message": "Ja, Ђорђе kommer"}]
        for at, pdu in enumerate(pdus, 1):
            taking = asyncio.create_task(inbound.take(keep))
            smsc.orders("deliver", pdu={**both, **pdu})
            await taking
            assert [one["status"] for one in await smsc.tells("delivered", at)] == [0] * at
    assert kept == [PartReceipt("smpp", "id-1", Receipt.DELIVERED), SmsAnswer(f"+{TIB}", "Ja, Ђорђе kommer")]


async def test_it_is_asked_whether_it_is_there() -> None:
    port = free_port()
    async with a_peer("server", port) as smsc, a_line(port, enquire_s=1):
        await smsc.tells("enquire", 2)


async def test_one_that_asks_for_a_slower_pace_gets_the_message_again_later() -> None:
    """The outbox tries again by its rule; a later part is offered again at once, since some has left."""
    port = free_port()
    async with a_peer("server", port) as smsc, a_line(port) as line:
        smsc.orders("next", how=[THROTTLED, 0, 0, THROTTLED])
        assert await fails(line) == (Fate.REFUSED, True, "bearer_throttled")
        await line.send(ORDER)
        await line.send(replace(ORDER, text=LONG))
        hows = [one["how"] for one in smsc.of("submit")]
        assert hows[:5] == [THROTTLED, 0, 0, THROTTLED, 0]


async def test_a_line_that_is_cut_before_the_answer_leaves_it_uncertain_and_it_is_never_sent_again() -> None:
    port = free_port()
    async with a_peer("server", port) as smsc, a_line(port) as line:
        smsc.orders("next", how=["cut"])
        fate, retry, _ = await fails(line)
        assert (fate, retry) == (Fate.UNKNOWN, False)
        await smsc.tells("bind", 2)
        await wait.until(lambda: line.health() == WELL, 20, what="it is bound again")
        await line.send(replace(ORDER, text="Nästa"))
        assert [one["text"] for one in smsc.of("submit")] == [ORDER.text, "Nästa"]


async def test_the_tests_own_server_speaks_as_the_second_stack_does() -> None:
    """The stack is the client here, so that what our line is tried with is itself tried."""
    async with an_smsc() as smsc, a_peer("client", smsc.port) as client:
        client.orders(
            "ask", command="bind_transceiver", pdu={"system_id": "samband", "password": "", "interface_version": 0x34}
        )
        [bound] = await client.tells("answer")
        assert (bound["command"], bound["status"]) == ("bind_transceiver_resp", 0)
        client.orders("ask", command="submit_sm", pdu={"destination_addr": TIB, "short_message": "Ђорђе"})
        assert [(one["status"], one["id"]) for one in (await client.tells("answer", 2))[1:]] == [(0, "id-1")]
        [taken] = smsc.taken
        assert (taken.data_coding, taken.short_message.decode("utf-16-be")) == (8, "Ђорђе")
        smsc.statuses = [THROTTLED]
        client.orders("ask", command="submit_sm", pdu={"destination_addr": TIB, "short_message": "x"})
        assert (await client.tells("answer", 3))[2]["status"] == THROTTLED
        await smsc.hands(f"+{TIB}", "Ja".encode("utf-16-be"), coding=8)
        assert [one["text"] for one in await client.tells("deliver")] == ["Ja"]
        client.orders("ask", command="enquire_link")
        assert (await client.tells("answer", 4))[3]["command"] == "enquire_link_resp"
        client.orders("ask", command="unbind")
        await client.tells("closed")
