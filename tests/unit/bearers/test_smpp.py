"""An SMS goes over an operator's line, once. Its fate is known, or said to be unknown. A lost line comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import smpp34

from bridge.bearers import Inbound, SmsSettings
from bridge.bearers.smpp import Smpp, pdu
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer
from bridge.ports import PartReceipt, PortError, SmsAnswer, Taken
from tests.harness import wait
from tests.harness.ports import free_port
from tests.unit.bearers.smsc import a_bare_smsc, an_smsc

ORDER = SendMessage(OutboxId("out-1"), Bearer.SMS, "+46701740605", "", "ÖVNING. Samling & rast = 5 €", 0.0)
LONG = "Samling i ledningsplats Älgen kl. 14.30. " * 8
QUICK = Backoff(first_s=0.05, longest_s=0.2)


def settings(port: int, **more: object) -> SmsSettings:
    smpp = {"host": "127.0.0.1", "port": port, "system_id": "samband", "security": "none", "within_s": 5.0, **more}
    return SmsSettings.model_validate({"sender": "+46766860000", "smpp": smpp})


@asynccontextmanager
async def a_line(port: int, inbound: Inbound | None = None, **more: object) -> AsyncIterator[Smpp]:
    smpp = Smpp(settings(port, **more), inbound or Inbound(), QUICK)
    running = asyncio.create_task(smpp.run())
    try:
        yield smpp
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def fails(smpp: Smpp, text: str = ORDER.text) -> tuple[Fate, bool, str]:
    with pytest.raises(PortError) as failed:
        await smpp.send(replace(ORDER, text=text))
    return failed.value.fate, failed.value.retry, str(failed.value.reason.code)


async def test_a_message_is_submitted_with_its_addresses_and_a_receipt_is_asked_for() -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        assert await line.send(ORDER) == Taken("id-1", "smpp", ("id-1",))
        [one] = smsc.taken
        assert (one.source_addr, one.source_addr_ton, one.source_addr_npi) == ("46766860000", 1, 1)
        assert (one.destination_addr, one.dest_addr_ton, one.dest_addr_npi) == ("46701740605", 1, 1)
        assert (one.data_coding, one.esm_class, one.registered_delivery) == (0, 0, 1)
        assert one.short_message == b"\x5cVNING. Samling & rast = 5 \x1b\x65"  # TS 23.038: Ö is 0x5C, € is ESC 0x65
        assert line.health() == WELL


async def test_a_name_is_a_sender_of_its_own_type() -> None:
    async with an_smsc() as smsc:
        sms = settings(smsc.port).model_copy(update={"sender": "Samband"})
        smpp = Smpp(sms, Inbound())
        running = asyncio.create_task(smpp.run())
        await smpp.send(ORDER)
        running.cancel()
        assert (smsc.taken[0].source_addr, smsc.taken[0].source_addr_ton) == ("Samband", 5)


async def test_other_letters_go_in_ucs2() -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        await line.send(replace(ORDER, text="Ђорђе"))
        assert (smsc.taken[0].data_coding, smsc.taken[0].short_message) == (8, "Ђорђе".encode("utf-16-be"))


async def test_a_long_text_goes_in_parts_that_a_header_joins() -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        taken = await line.send(replace(ORDER, text=LONG))
        assert taken.awaited == ("id-1", "id-2", "id-3")
        heads = [one.short_message[:6] for one in smsc.taken]
        assert [head[:3] for head in heads] == [b"\x05\x00\x03"] * 3
        assert len({head[3] for head in heads}) == 1
        assert [(head[4], head[5]) for head in heads] == [(3, 1), (3, 2), (3, 3)]
        assert {one.esm_class for one in smsc.taken} == {0x40}


async def test_a_long_text_may_go_by_sar_or_whole() -> None:
    async with an_smsc() as smsc:
        async with a_line(smsc.port, long="sar") as line:
            await line.send(replace(ORDER, text=LONG))
        parts = [{tlv.tag: tlv.value for tlv in one.tlvs} for one in smsc.taken]
        assert [one[0x020F] for one in parts] == [b"\x01", b"\x02", b"\x03"]
        async with a_line(smsc.port, long="payload") as line:
            taken = await line.send(replace(ORDER, text=LONG))
        assert taken.awaited == ("id-4",)
        [whole] = [tlv.value for tlv in smsc.taken[-1].tlvs if tlv.tag == 0x0424]
        assert len(whole) == len(LONG)


@pytest.mark.parametrize(
    ("status", "fate", "retry", "reason"),
    [
        (0x58, Fate.REFUSED, True, "bearer_throttled"),
        (0x14, Fate.REFUSED, True, "bearer_throttled"),
        (0x0B, Fate.REFUSED, False, "bearer_refused"),
        (0x01, Fate.REFUSED, False, "bearer_refused"),
        (0x08, Fate.REFUSED, True, "bearer_busy"),
        (0x64, Fate.REFUSED, True, "bearer_busy"),
        (0x400, Fate.REFUSED, True, "bearer_busy"),
    ],
)
async def test_each_answer_tells_whether_to_try_again(status: int, fate: Fate, retry: bool, reason: str) -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        smsc.statuses = [status]
        assert await fails(line) == (fate, retry, reason)
        assert smsc.taken == []


async def test_a_later_part_is_offered_again_at_a_slower_pace() -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        smsc.statuses = [0, 0x58, 0x58]
        assert len((await line.send(replace(ORDER, text=LONG))).awaited) == 3
        assert len(smsc.taken) == 3


async def test_a_message_of_which_some_has_left_is_uncertain() -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        smsc.statuses = [0, 0x08]
        assert await fails(line, LONG) == (Fate.UNKNOWN, False, "message_partly_sent")


@pytest.mark.parametrize("at_submit", ["silence", "hang_up"])
async def test_a_submission_without_an_answer_leaves_it_uncertain(at_submit: str) -> None:
    async with a_bare_smsc() as smsc, a_line(smsc.port, within_s=0.5) as line:
        smsc.at_submit = at_submit
        assert await fails(line) == (Fate.UNKNOWN, False, "bearer_no_answer")
        assert smsc.submitted == 1


async def test_where_no_server_is_there_nothing_was_sent() -> None:
    async with a_line(free_port()) as line:
        assert await fails(line) == (Fate.REFUSED, True, "bearer_not_reached")


async def test_a_wrong_password_is_told_and_tried_again_when_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "smpp.password"
    file.write_text("fel")
    file.chmod(0o600)
    async with a_bare_smsc() as smsc:
        smsc.bind_status = 0x0E
        async with a_line(smsc.port, password_file=file) as line:
            assert await fails(line) == (Fate.REFUSED, True, "bearer_login_refused")
            file.write_text("rätt"[:1] + "att")
            smsc.bind_status = 0
            await wait.until(lambda: line.health() == WELL, 20, what="the line is bound")
            assert smsc.binds[-1].startswith(b"samband\0ratt\0")


async def test_a_lost_line_is_bound_again() -> None:
    async with a_bare_smsc() as smsc, a_line(smsc.port) as line:
        await line.send(ORDER)
        smsc.hang_up()
        await wait.until(lambda: len(smsc.binds) == 2 and line.health() == WELL, 20, what="it is bound again")
        await line.send(ORDER)
        assert smsc.submitted == 2


async def test_a_server_that_falls_silent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.bearers.smpp.line.ENQUIRY_ANSWER_S", 0.2)
    async with a_bare_smsc() as smsc, a_line(smsc.port, enquire_s=1) as line:
        smsc.enquiries_answered = False
        await line.send(ORDER)
        await wait.until(lambda: len(smsc.binds) >= 2, 20, what="it is bound again")


@pytest.mark.parametrize(
    ("text", "tlvs", "receipt"),
    [
        (
            b"id:id-1 sub:001 dlvrd:001 submit date:2611280600 done date:2611280601 stat:DELIVRD err:000",
            [],
            "delivered",
        ),
        (b"id:id-1 stat:UNDELIV", [], "failed"),
        (b"", [smpp34.Tlv(0x1E, b"id-1\0"), smpp34.Tlv(0x427, b"\x02")], "delivered"),
        (b"", [smpp34.Tlv(0x1E, b"id-1\0"), smpp34.Tlv(0x427, b"\x03")], "failed"),
    ],
)
async def test_a_receipt_tells_what_became_of_its_part(text: bytes, tlvs: list[smpp34.Tlv], receipt: str) -> None:
    inbound, kept = Inbound(), []

    async def keep(fact: PartReceipt | SmsAnswer) -> None:
        kept.append(fact)

    async with an_smsc() as smsc, a_line(smsc.port, inbound) as line:
        await line.send(ORDER)
        taking = asyncio.create_task(inbound.take(keep))
        assert await smsc.hands("46701740605", text, esm_class=4, tlvs=tlvs) == 0
        await taking
    assert kept == [PartReceipt("smpp", "id-1", Receipt(receipt))]


async def test_a_stage_on_the_way_is_no_receipt() -> None:
    async with an_smsc() as smsc, a_line(smsc.port) as line:
        await line.send(ORDER)
        assert await smsc.hands("46701740605", b"id:id-1 stat:ENROUTE", esm_class=4) == 0


async def test_an_answer_is_handed_over_once_it_is_kept_and_comes_again_where_it_is_not() -> None:
    inbound, kept = Inbound(), []

    async def fail(_: object) -> None:
        raise PortError("database", WELL, retry=True)

    async def keep(fact: PartReceipt | SmsAnswer) -> None:
        kept.append(fact)

    async with an_smsc() as smsc, a_line(smsc.port, inbound) as line:
        await line.send(ORDER)
        taking = asyncio.create_task(inbound.take(fail))
        assert await smsc.hands("46701740605", "Ja".encode("utf-16-be"), coding=8) == 0x64
        with pytest.raises(PortError):
            await taking
        taking = asyncio.create_task(inbound.take(keep))
        assert await smsc.hands("46701740605", "Ja".encode("utf-16-be"), coding=8) == 0
        await taking
    assert kept == [SmsAnswer("+46701740605", "Ja")]


async def test_ids_in_hexadecimal_are_known_by_the_decimal_of_their_receipts() -> None:
    async with an_smsc() as smsc, a_line(smsc.port, receipt_ids="decimal") as line:
        smsc.names = lambda _: "0A1F"
        assert (await line.send(ORDER)).awaited == ("2591",)


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1\1", b"\0\1\1467\0\1\1467\0\0\0\0\0\0\0\0\0\0\xff", b"\xff" * 40])
def test_no_octets_of_a_stranger_are_an_accident(body: bytes) -> None:
    with pytest.raises(pdu.Unreadable):
        pdu.delivered(body)
