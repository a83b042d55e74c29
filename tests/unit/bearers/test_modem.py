"""An SMS goes by a modem on a serial line, where the internet is gone. The modem is a simulated one on a pty."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bearers import Inbound
from bridge.bearers.modem import Modem, pdu
from bridge.bearers.settings import ModemSettings
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer
from bridge.ports import PartReceipt, PortError, SmsAnswer, Taken
from hardware.simulator.modem import SimulatedModem
from tests.harness import wait

ORDER = SendMessage(OutboxId("out-1"), Bearer.SMS, "+46701740605", "", "ÖVNING. Samling [Älgen] & rast = 5 €", 0.0)
QUICK = Backoff(first_s=0.05, longest_s=0.2)
Kept = list[PartReceipt | SmsAnswer]


@pytest.fixture
async def simulated() -> AsyncIterator[SimulatedModem]:
    modem = SimulatedModem()
    yield modem
    modem.pull_out()


@asynccontextmanager
async def a_modem(simulated: SimulatedModem, tmp_path: Path, **more: object) -> AsyncIterator[tuple[Modem, Kept]]:
    """Behind a link of a name that stays, as udev gives it, with everything kept that comes in."""
    link = tmp_path / "modem"
    link.symlink_to(simulated.plug_in())
    settings = ModemSettings.model_validate({"device": str(link), "within_s": 2.0, **more})
    inbound, kept = Inbound(), Kept()

    async def keep(fact: PartReceipt | SmsAnswer) -> None:
        kept.append(fact)

    async def keeping() -> None:
        while True:
            await inbound.take(keep)

    modem = Modem(settings, inbound, QUICK, look_s=0.3)
    tasks = [asyncio.create_task(modem.run()), asyncio.create_task(keeping())]
    try:
        yield modem, kept
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def fails(modem: Modem, text: str = ORDER.text) -> tuple[Fate, bool, str]:
    with pytest.raises(PortError) as failed:
        await modem.send(replace(ORDER, text=text))
    return failed.value.fate, failed.value.retry, str(failed.value.reason.code)


async def test_a_message_goes_out_in_pdu_mode_and_a_report_is_asked_for(
    simulated: SimulatedModem, tmp_path: Path
) -> None:
    async with a_modem(simulated, tmp_path, service_centre="+46707990001") as (modem, _):
        assert await modem.send(ORDER) == Taken("1/1740605", "modem", ("1/1740605",))
        [one] = simulated.given
        assert (one.to, one.text, one.report, one.parts) == (ORDER.to, ORDER.text, True, 1)
        assert {"AT+CMGF=0", 'AT+CSCA="+46707990001"', "AT+CNMI=2,1,0,1,0"} <= set(simulated.commands)
        assert modem.health() == WELL


@pytest.mark.parametrize("text", ["Samling i Älgen kl. 14.30 [A|B] €. " * 12, "Ђорђе 🙂 samling. " * 12])
async def test_a_long_text_arrives_whole_in_its_parts(simulated: SimulatedModem, tmp_path: Path, text: str) -> None:
    async with a_modem(simulated, tmp_path) as (modem, _):
        taken = await modem.send(replace(ORDER, text=text))
        assert [one.part for one in simulated.given] == list(range(1, len(taken.awaited) + 1))
        assert "".join(one.text for one in simulated.given) == text
        assert len(taken.awaited) > 2


@pytest.mark.parametrize(
    ("cause", "fate", "retry", "reason"),
    [
        (1, Fate.REFUSED, False, "modem_error"),
        (28, Fate.REFUSED, False, "modem_error"),
        (38, Fate.REFUSED, True, "modem_error"),
        (42, Fate.REFUSED, True, "bearer_throttled"),
        (331, Fate.REFUSED, True, "modem_error"),
        (332, Fate.UNKNOWN, False, "bearer_no_answer"),
        (500, Fate.UNKNOWN, False, "bearer_no_answer"),
    ],
)
async def test_each_cause_tells_whether_it_was_sent_and_whether_to_try_again(
    simulated: SimulatedModem, tmp_path: Path, cause: int, fate: Fate, retry: bool, reason: str
) -> None:
    async with a_modem(simulated, tmp_path) as (modem, _):
        simulated.refuses = [cause]
        assert await fails(modem) == (fate, retry, reason)


async def test_a_modem_that_takes_a_text_and_says_no_more_leaves_it_uncertain(
    simulated: SimulatedModem, tmp_path: Path
) -> None:
    async with a_modem(simulated, tmp_path, within_s=0.5) as (modem, _):
        simulated.mute = True
        assert await fails(modem) == (Fate.UNKNOWN, False, "bearer_no_answer")
        assert len(simulated.given) == 1


async def test_a_modem_that_is_pulled_out_comes_back_by_itself(simulated: SimulatedModem, tmp_path: Path) -> None:
    async with a_modem(simulated, tmp_path) as (modem, _):
        await modem.send(ORDER)
        simulated.pull_out()
        await wait.until(lambda: modem.health() != WELL, 20, what="the loss is seen")
        assert (await fails(modem))[:2] == (Fate.REFUSED, True)
        (tmp_path / "modem").unlink()
        (tmp_path / "modem").symlink_to(simulated.plug_in())
        await wait.until(lambda: modem.health() == WELL, 20, what="it is set up again")
        await modem.send(ORDER)
        assert len(simulated.given) == 2


async def test_without_a_network_nothing_is_handed_to_it(simulated: SimulatedModem, tmp_path: Path) -> None:
    simulated.network = 2
    async with a_modem(simulated, tmp_path) as (modem, _):
        assert await fails(modem) == (Fate.REFUSED, True, "modem_without_network")
        assert simulated.given == []
        simulated.network = 5
        await wait.until(lambda: modem.health() == WELL, 20, what="it is in a network")


@pytest.mark.parametrize(("status", "receipt"), [(0, Receipt.DELIVERED), (0x41, Receipt.FAILED)])
async def test_the_networks_report_tells_what_became_of_a_part(
    simulated: SimulatedModem, tmp_path: Path, status: int, receipt: Receipt
) -> None:
    async with a_modem(simulated, tmp_path) as (modem, kept):
        taken = await modem.send(ORDER)
        simulated.reports(1, ORDER.to, 0x20)  # the network still tries
        simulated.reports(1, ORDER.to, status)
        await wait.until(lambda: kept == [PartReceipt("modem", taken.awaited[0], receipt)], 20, what="the report")


async def test_an_answer_is_read_kept_and_then_deleted(simulated: SimulatedModem, tmp_path: Path) -> None:
    async with a_modem(simulated, tmp_path) as (modem, kept):
        await modem.send(ORDER)
        simulated.receives("+46701740605", "Ja, 20 min", index=3)
        await wait.until(lambda: kept == [SmsAnswer("+46701740605", "Ja, 20 min")], 20, what="the answer")
        await wait.until(lambda: simulated.stored == {}, 20, what="it is deleted")


async def test_answers_that_came_while_we_were_away_are_read_at_the_start(
    simulated: SimulatedModem, tmp_path: Path
) -> None:
    simulated.receives("+46701740605", "Ja", index=1)
    simulated.receives("+46701740606", "Nej", index=2)
    async with a_modem(simulated, tmp_path) as (_, kept):
        await wait.until(lambda: len(kept) == 2 and not simulated.stored, 20, what="both are read")


async def test_an_answer_in_parts_is_put_together(simulated: SimulatedModem, tmp_path: Path) -> None:
    async with a_modem(simulated, tmp_path) as (modem, kept):
        await modem.send(ORDER)
        simulated.receives("+46701740605", "20 minuter", joined=(7, 2, 2))
        simulated.receives("+46701740605", "Ja om ", joined=(7, 2, 1))
        await wait.until(lambda: kept == [SmsAnswer("+46701740605", "Ja om 20 minuter")], 20, what="the answer")


async def test_a_pin_is_given_once_and_a_wrong_one_never_again(simulated: SimulatedModem, tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_text("1111")
    file.chmod(0o600)
    simulated.pin = "2222"
    async with a_modem(simulated, tmp_path, pin_file=file) as (modem, _):
        assert await fails(modem) == (Fate.REFUSED, True, "modem_pin_wrong")
        tries = simulated.commands.count("AT+CPIN?")
        await wait.until(lambda: simulated.commands.count("AT+CPIN?") > tries + 1, 20, what="it is set up again")
        assert simulated.pin_given == ["1111"]
        file.write_text("2222")
        await wait.until(lambda: modem.health() == WELL, 20, what="the mended PIN opens the card")


@given(st.text(max_size=60))
def test_no_line_of_a_modem_is_an_accident(line: str) -> None:
    for read in (pdu.delivered, pdu.status_report):
        with suppress(pdu.Unreadable):
            read(line)


@given(st.binary(max_size=60))
def test_no_octets_of_a_stranger_are_an_accident(octets: bytes) -> None:
    for read in (pdu.delivered, pdu.status_report):
        with suppress(pdu.Unreadable):
            read(octets.hex())


def test_a_message_of_a_real_network_is_read() -> None:
    found = pdu.delivered("07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07")
    assert (found.sender, found.text) == ("+31641600986", "How are you?")
