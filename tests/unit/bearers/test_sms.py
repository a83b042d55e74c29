"""An SMS goes to a real gateway in the form of 46elks, once. Its fate is known, or said to be unknown."""

from pathlib import Path

import pytest
from aiohttp import web

from bridge.bearers import ConfiguredBearers, MailSettings, SmsSettings, hook_secret
from bridge.bearers.sms import Sms
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer
from bridge.ports import PortError, Taken
from tests.harness.ports import free_port
from tests.unit.bearers.servers import PASSWORD, USER, Gateway, a_gateway

SECRET = "y" * 43
ORDER = SendMessage(OutboxId("out-1"), Bearer.SMS, "+46701740605", "", "ÖVNING. Samling & rast = 5 €", 0.0)


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "sms.password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    return file


def settings(gateway: Gateway, password: Path, **more: object) -> SmsSettings:
    login = {"user": USER, "password_file": password}
    return SmsSettings.model_validate({"url": gateway.url, "sender": "+46766860000", "within_s": 5.0, **login, **more})


async def fails(bearer: Sms) -> tuple[Fate, bool, str]:
    with pytest.raises(PortError) as failed:
        await bearer.send(ORDER)
    assert SECRET not in str(failed.value)
    assert PASSWORD not in str(failed.value)
    return failed.value.fate, failed.value.retry, str(failed.value.reason.code)


async def test_a_message_is_posted_with_login_and_the_address_for_its_receipt(password: Path) -> None:
    async with a_gateway() as gateway:
        ours = settings(gateway, password, callback_url="https://samband.example.se/")
        assert await Sms(ours, SECRET).send(ORDER) == Taken(f"s{1:032d}", "gateway")
        assert gateway.logins == [f"{USER}:{PASSWORD}"]
        assert gateway.forms == [
            {
                "from": "+46766860000",
                "to": "+46701740605",
                "message": ORDER.text,
                "whendelivered": f"https://samband.example.se/hooks/sms/{SECRET}/receipts/out-1",
            }
        ]


async def test_without_an_address_of_ours_no_receipt_is_asked_for(password: Path) -> None:
    async with a_gateway() as gateway:
        await Sms(settings(gateway, password), SECRET).send(ORDER)
        assert "whendelivered" not in gateway.forms[0]


@pytest.mark.parametrize(
    ("status", "fate", "retry", "reason"),
    [
        (400, Fate.REFUSED, False, "bearer_refused"),
        (401, Fate.REFUSED, True, "bearer_login_refused"),
        (402, Fate.REFUSED, True, "bearer_no_credit"),
        (404, Fate.REFUSED, False, "bearer_refused"),
        (302, Fate.REFUSED, False, "bearer_refused"),
        (429, Fate.REFUSED, True, "bearer_throttled"),
        (503, Fate.REFUSED, True, "bearer_busy"),
        (500, Fate.UNKNOWN, False, "bearer_no_answer"),
        (502, Fate.UNKNOWN, False, "bearer_no_answer"),
    ],
)
async def test_each_answer_tells_whether_it_was_sent_and_whether_to_try_again(
    password: Path, status: int, fate: Fate, retry: bool, reason: str
) -> None:
    async with a_gateway() as gateway:
        gateway.answers = lambda _: web.Response(status=status, text="no", headers={"Location": gateway.url})
        assert await fails(Sms(settings(gateway, password), SECRET)) == (fate, retry, reason)
        assert len(gateway.forms) == 1


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", '{"id": 5}', '{"id": ""}', "[" * 50_000, '{"id": "' + "x" * 70_000]
)
async def test_an_answer_that_cannot_be_read_leaves_it_uncertain(password: Path, body: str) -> None:
    async with a_gateway() as gateway:
        gateway.answers = lambda _: web.Response(text=body)
        found = await fails(Sms(settings(gateway, password), SECRET))
        assert found == (Fate.UNKNOWN, False, "bearer_answer_unreadable")


async def test_a_gateway_that_takes_a_message_and_never_answers_leaves_it_uncertain(password: Path) -> None:
    async with a_gateway() as gateway:
        gateway.falls_silent = True
        found = await fails(Sms(settings(gateway, password, within_s=0.3), SECRET))
        assert found == (Fate.UNKNOWN, False, "bearer_no_answer")
        assert len(gateway.forms) == 1


async def test_where_no_gateway_is_there_nothing_was_sent(password: Path) -> None:
    nowhere = Gateway(free_port())
    assert await fails(Sms(settings(nowhere, password), SECRET)) == (Fate.REFUSED, True, "bearer_not_reached")


async def test_the_keeper_sees_how_each_bearer_is_until_the_next_message_is_taken(password: Path) -> None:
    async with a_gateway() as gateway:
        both = ConfiguredBearers(MailSettings(), settings(gateway, password), SECRET)
        assert both.health() == {"sms": WELL}
        gateway.answers = lambda _: web.Response(status=402)
        with pytest.raises(PortError):
            await both.send(ORDER)
        assert str(both.health()["sms"].code) == "bearer_no_credit"
        gateway.answers = None
        await both.send(ORDER)
        assert both.health() == {"sms": WELL}


def test_the_secret_of_our_addresses_is_long_closed_to_others_and_kept(tmp_path: Path) -> None:
    first = hook_secret(tmp_path)
    (file,) = tmp_path.iterdir()
    assert len(first) == 43
    assert file.stat().st_mode & 0o077 == 0
    assert hook_secret(tmp_path) == first
    file.write_text("kort")
    assert hook_secret(tmp_path) not in (first, "kort")
