"""The manager interface may be silent or gone: that is said, in time, and no thread stays behind."""

import asyncio
import threading

import pytest

from bridge.ari.ami import trunk_state
from bridge.ari.manager_link import AmiError, ManagerLink
from bridge.domain.kernel.ids import TrunkName

MAIN = TrunkName("main")


async def test_a_peer_that_accepts_and_says_nothing_is_given_up_and_leaves_no_thread() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    before = threading.active_count()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = int(server.sockets[0].getsockname()[1])
        with pytest.raises(AmiError, match="no answer within") as caught:
            async with ManagerLink(port, "user", "secret", lambda _: None):
                pass
        assert caught.value.retry
        async with asyncio.timeout(5):
            while threading.active_count() > before:  # noqa: ASYNC110 - threads wake nobody
                await asyncio.sleep(0.01)


async def test_nobody_listening_is_said_at_once() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    with pytest.raises(AmiError):
        async with ManagerLink(port, "user", "secret", lambda _: None):
            pass


def test_a_trunk_is_as_its_registration_says_or_as_it_answers() -> None:
    registered = [{"ObjectName": "registration-main", "Status": "Registered"}]
    assert trunk_state(MAIN, {MAIN: "offline"}, registered) == "registered"
    assert trunk_state(MAIN, {MAIN: "online"}, []) == "unknown"
    assert trunk_state(MAIN, {MAIN: "online"}, None) == "online"
    assert trunk_state(MAIN, {}, None) == "unknown"
