"""The client lives through everything that its peer does to it, and says so; nothing is lost silently."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import pytest

from bridge.ari.client import AriClient, Connected, ConnectionState, Disconnected, Signal
from bridge.ari.errors import (
    AriConflict,
    AriError,
    AriNotFound,
    AriNotInStasis,
    AriRefused,
    AriReplaced,
    AriUnavailable,
)
from bridge.ari.model import UNWANTED_EVENTS, ChannelDtmfReceived
from bridge.ari.rest import AriLimits
from tests.harness.fake_ari import PASSWORD, USER, Answer, FakeAri, fake_ari

QUICK = AriLimits(
    heartbeat_s=0.2, request_timeout_s=0.3, connect_timeout_s=0.3, first_pause_s=0.01, longest_pause_s=0.05
)


def digit(value: str) -> dict[str, object]:
    return {"type": "ChannelDtmfReceived", "digit": value, "channel": {"id": "leg-1", "new_field": [1]}, "more": True}


@asynccontextmanager
async def peers(limits: AriLimits = QUICK, password: str = PASSWORD) -> AsyncGenerator[tuple[FakeAri, AriClient]]:
    async with fake_ari() as peer, AriClient(peer.url, USER, password, "samband", limits) as client:
        yield peer, client


async def take(signals: AsyncGenerator[Signal], count: int) -> list[Signal]:
    return [await asyncio.wait_for(anext(signals), 10) for _ in range(count)]


def digits(signals: list[Signal]) -> str:
    return "".join(signal.digit for signal in signals if isinstance(signal, ChannelDtmfReceived))


async def test_says_connected_first_and_then_the_events_in_order() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        assert await take(signals, 1) == [Connected()]
        await peer.send(*(digit(value) for value in "123"))
        assert digits(await take(signals, 3)) == "123"
        assert client.state is ConnectionState.CONNECTED


async def test_asks_not_to_be_sent_what_grows_with_the_square_of_a_room() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        (request,) = peer.requests
        assert (request.method, request.path) == ("PUT", "/applications/samband/eventFilter")
        assert request.body == {"disallowed": [{"type": name} for name in UNWANTED_EVENTS]}


async def test_connects_again_after_the_peer_closed_and_says_so() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        await peer.close()
        lost, again = await take(signals, 2)
        assert lost == Disconnected("Asterisk closed the event socket")
        assert again == Connected()


async def test_connects_again_after_the_connection_was_cut_off() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        peer.abort()
        lost, again = await take(signals, 2)
        assert isinstance(lost, Disconnected)
        assert again == Connected()


async def test_notices_a_peer_that_is_connected_and_says_nothing() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        peer.silent = True
        lost = (await take(signals, 2))[1]
        assert lost == Disconnected("Asterisk does not answer on the event socket")


async def test_by_default_a_half_open_socket_is_noticed_within_ten_seconds() -> None:
    assert AriLimits().heartbeat_s * 1.5 <= 10


async def test_keeps_trying_while_the_peer_refuses() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        peer.refuse_sockets = 3
        seen = await take(signals, 4)
        assert seen == [Disconnected("no event socket: HTTP 503")] * 3 + [Connected()]


async def test_a_wrong_password_is_named_as_such() -> None:
    async with peers(password="wrong") as (_, client), aclosing(client.signals()) as signals:
        assert await take(signals, 1) == [Disconnected("no event socket: Asterisk refuses our ARI user or password")]
        assert client.state is ConnectionState.WAITING


async def test_nobody_listening_is_no_error_but_a_reason() -> None:
    async with fake_ari() as peer:
        url = peer.url
    async with AriClient(url, USER, PASSWORD, "samband", QUICK) as client, aclosing(client.signals()) as signals:
        for lost in await take(signals, 3):
            assert isinstance(lost, Disconnected)
            assert "cannot be reached" in lost.reason


async def test_a_burst_of_five_thousand_comes_through_complete_and_in_order() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        sent = "".join(str(number % 10) for number in range(5000))
        sending = asyncio.create_task(peer.send(*(digit(value) for value in sent)))
        assert digits(await take(signals, 5000)) == sent
        await sending


async def test_overflow_delivers_what_is_queued_and_then_gives_the_connection_up() -> None:
    small = AriLimits(queued_events=100, first_pause_s=0.01)
    async with peers(small) as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        await peer.send(*(digit("1") for _ in range(101)))
        async with asyncio.timeout(5):
            while not client.counts.overflows:  # noqa: ASYNC110 - a counter wakes nobody
                await asyncio.sleep(0.001)
        seen = await take(signals, 102)
        assert digits(seen) == "1" * 100
        assert seen[100:] == [Disconnected("more than 100 events waited"), Connected()]
        assert client.counts.overflows == 1


async def test_unknown_events_are_counted_by_type_and_change_nothing() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        await peer.send({"type": "SomethingNew", "channel": 7}, {"type": "SomethingNew"}, digit("5"))
        assert digits(await take(signals, 1)) == "5"
        assert client.counts.unknown == {"SomethingNew": 2}


@pytest.mark.parametrize(
    "garbage",
    ["", "{", "[]", "null", '"x"', '{"type":1}', '{"type":"StasisStart"}', '{"type":"StasisEnd","channel":3}'],
)
async def test_garbage_is_counted_and_changes_nothing(garbage: str) -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        await peer.send(garbage, digit("5"))
        assert digits(await take(signals, 1)) == "5"
        assert client.counts.garbage == 1


async def test_stops_for_good_when_another_controller_takes_the_application() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        await peer.send(digit("1"), {"type": "ApplicationReplaced", "application": "samband"}, digit("2"))
        with pytest.raises(AriReplaced):
            await take(signals, 3)
        assert client.state is ConnectionState.REPLACED
        assert len(peer.sockets) == 1


@pytest.mark.parametrize(
    ("status", "kind", "retry"),
    [
        (400, AriRefused, False),
        (401, AriRefused, False),
        (404, AriNotFound, False),
        (409, AriConflict, False),
        (412, AriRefused, False),
        (422, AriNotInStasis, False),
        (500, AriUnavailable, True),
        (503, AriUnavailable, True),
    ],
)
async def test_errors_say_whose_fault_and_whether_to_retry(status: int, kind: type[AriError], retry: bool) -> None:
    async with peers() as (peer, client):
        peer.answers.append(Answer(status, {"message": "Channel not found"}))
        with pytest.raises(kind) as caught:
            await client.answer("leg-1")
    assert type(caught.value) is kind
    assert (caught.value.device, caught.value.retry, caught.value.status) == ("asterisk", retry, status)
    assert caught.value.evidence == f"Channel not found; POST /channels/leg-1/answer gave {status}"


async def test_a_lost_reply_is_an_error_in_time_that_may_be_retried() -> None:
    async with peers() as (peer, client):
        peer.answers.append(Answer(lost=True))
        with pytest.raises(AriUnavailable) as caught:
            await client.answer("leg-1")
        assert caught.value.retry
        assert caught.value.evidence.startswith("no answer in 0.3 s; ")
        await client.answer("leg-1")


async def test_an_unreadable_answer_is_an_error_of_ours_to_tell() -> None:
    async with peers() as (peer, client):
        peer.answers.append(Answer(200, "<html>"))
        with pytest.raises(AriUnavailable, match="unreadable answer"):
            await client.channels()


async def test_names_are_quoted_so_that_none_can_change_the_request() -> None:
    async with peers() as (peer, client):
        await client.hang_up("../bridges/mix-1?x=%2f&")
        (request,) = peer.requests
        assert request.path == "/channels/../bridges/mix-1?x=%2f&"
        assert request.query == {}


async def test_events_before_the_reply_that_made_the_channel_are_not_lost() -> None:
    async with peers() as (peer, client), aclosing(client.signals()) as signals:
        await take(signals, 1)
        peer.answers.append(Answer(lost=True))
        placing = asyncio.create_task(client.originate("leg-1", endpoint="PJSIP/1@trunk-a", app_args="outbound"))
        await peer.send({"type": "StasisStart", "args": ["outbound"], "channel": {"id": "leg-1"}})
        (started,) = await take(signals, 1)
        assert type(started).__name__ == "StasisStart"
        with pytest.raises(AriUnavailable):
            await placing


async def test_a_call_that_goes_through_the_dialplan_is_not_put_into_the_application() -> None:
    async with peers() as (peer, client):
        await client.originate("leg-1", endpoint="PJSIP/1@trunk-a", context="samband-out")
        (request,) = peer.requests
        wanted = {"context": "samband-out", "extension": "s", "priority": "1"}
        assert request.query == {"endpoint": "PJSIP/1@trunk-a", "timeout": "30", **wanted}


async def test_originate_carries_every_parameter() -> None:
    async with peers() as (peer, client):
        await client.originate(
            "leg-1",
            endpoint="PJSIP/+46855555 55@trunk-a",
            app_args="outbound,x",
            caller_id="+4685555555",
            timeout_s=25,
            variables={"A": "b"},
        )
        (request,) = peer.requests
        assert request.query == {
            "endpoint": "PJSIP/+46855555 55@trunk-a",
            "app": "samband",
            "appArgs": "outbound,x",
            "callerId": "+4685555555",
            "timeout": "25",
        }
        assert request.body == {"variables": {"A": "b"}}
