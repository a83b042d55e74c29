"""An SMS goes by the first way that is up, and never by two."""

from dataclasses import dataclass, field

import pytest

from bridge.bearers import ConfiguredBearers, MailSettings, SmsSettings
from bridge.bearers.reasons import BearerReason
from bridge.bearers.route import Route
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import Bearer
from bridge.ports import PortError, Taken
from tests.harness.ports import free_port

ORDER = SendMessage(OutboxId("out-1"), Bearer.SMS, "+46701740605", "", "Samling", 0.0)
DOWN = PortError("x", BearerReason.NOT_REACHED(host="x"), retry=True)
UNKNOWN = PortError("x", BearerReason.NO_ANSWER(host="x"), retry=False, fate=Fate.UNKNOWN)
WRONG_NUMBER = PortError("x", BearerReason.REFUSED(code="0xb"), retry=False)
SLOWER = PortError("x", OutboxReason.THROTTLED(), retry=True)


@dataclass
class Way:
    name: str
    fault: PortError | None = None
    given: list[SendMessage] = field(default_factory=list)
    line: Reason = WELL

    def health(self) -> Reason:
        return self.line

    async def send(self, message: SendMessage) -> Taken:
        self.given.append(message)
        if self.fault is not None:
            raise self.fault
        return Taken("1", self.name)

    async def run(self) -> None:
        return


class Hours:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def ways() -> tuple[Way, Way, Way, Hours, Route]:
    gateway, smpp, modem, hours = Way("gateway"), Way("smpp"), Way("modem"), Hours()
    return gateway, smpp, modem, hours, Route((gateway, smpp, modem), hours, Backoff(first_s=5, longest_s=60))


async def test_the_first_way_takes_all_while_it_is_up() -> None:
    gateway, smpp, _, _, route = ways()
    assert (await route.send(ORDER)).by == "gateway"
    assert (len(gateway.given), len(smpp.given)) == (1, 0)


async def test_where_one_is_down_the_next_takes_the_same_message_at_once() -> None:
    gateway, smpp, _, _, route = ways()
    gateway.fault = smpp.fault = DOWN
    assert (await route.send(ORDER)).by == "modem"
    assert route.health() == {"gateway": DOWN.reason, "smpp": DOWN.reason, "modem": WELL}


@pytest.mark.parametrize("fault", [UNKNOWN, WRONG_NUMBER, SLOWER])
async def test_what_may_have_left_and_what_no_way_would_take_goes_by_no_other(fault: PortError) -> None:
    gateway, smpp, modem, _, route = ways()
    gateway.fault = fault
    with pytest.raises(PortError) as failed:
        await route.send(ORDER)
    assert failed.value is fault
    assert (smpp.given, modem.given) == ([], [])


async def test_a_way_that_was_down_rests_and_then_is_the_first_again() -> None:
    gateway, smpp, _, hours, route = ways()
    gateway.fault = DOWN
    await route.send(ORDER)
    await route.send(ORDER)
    assert (len(gateway.given), len(smpp.given)) == (1, 2)
    gateway.fault, hours.now_s = None, 6.0
    assert (await route.send(ORDER)).by == "gateway"


async def test_where_all_are_down_each_is_asked_every_time_and_the_message_waits() -> None:
    gateway, smpp, modem, _, route = ways()
    gateway.fault = smpp.fault = modem.fault = DOWN
    for _ in range(2):
        with pytest.raises(PortError) as failed:
            await route.send(ORDER)
        assert (failed.value.fate, failed.value.retry) == (Fate.REFUSED, True)
    assert [len(one.given) for one in (gateway, smpp, modem)] == [2, 2, 2]


async def test_a_line_that_is_down_is_shown_before_any_message() -> None:
    _, smpp, _, _, route = ways()
    smpp.line = DOWN.reason
    assert route.health() == {"gateway": WELL, "smpp": DOWN.reason, "modem": WELL}


def test_the_order_is_that_of_the_settings_and_each_way_has_its_own_health() -> None:
    told = {
        "url": "https://sms.example.se/",
        "sender": "+46766860000",
        "smpp": {"host": "127.0.0.1", "port": free_port(), "system_id": "samband"},
        "modem": {"device": "/dev/modem"},
    }
    sms = SmsSettings.model_validate({**told, "order": ["smpp", "modem"]})
    assert sms.ways == ("smpp", "modem")
    assert list(ConfiguredBearers(MailSettings(), sms, "").health()) == ["sms smpp", "sms modem"]
    assert SmsSettings.model_validate(told).ways == ("gateway", "smpp", "modem")
