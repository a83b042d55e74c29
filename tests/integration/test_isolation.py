"""Parallel conferences: what is said in one is never heard in another; and who is in one is heard there."""

import asyncio
import time
import tomllib

import httpx
import pytest

from bridge.ari.secrets import load_or_make_secrets
from tests.harness.phones import Phone, Phones
from tests.harness.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_two_conferences_do_not_hear_each_other(world: World, phones: Phones) -> None:
    ledning, kommunikation = await world.opens_conference("Ledning"), await world.opens_conference("Kommunikatörer")
    assert len({ledning.code, ledning.host_code, kommunikation.code, kommunikation.host_code}) == 4
    a1, a2 = await phones.new("Kommun A"), await phones.instrument("Kommun B")
    b1, b2 = await phones.new("Region"), await phones.instrument("Polis")
    await asyncio.gather(
        world.joins(a1, ledning),
        world.joins(a2, ledning),
        world.joins(b1, kommunikation),
        world.joins(b2, kommunikation),
    )
    await a1.talks()
    await b1.talks()
    await asyncio.gather(a2.hears(a1.voice, within_s=5), b2.hears(b1.voice, within_s=5))
    await asyncio.gather(a2.does_not_hear(b1.voice, for_s=2), b2.does_not_hear(a1.voice, for_s=2))


async def test_ending_one_conference_leaves_the_other_alone(world: World, phones: Phones) -> None:
    ledning, kommunikation = await world.opens_conference("Ledning"), await world.opens_conference("Kommunikatörer")
    ended, staying, other = (await phones.new("Kommun A"), await phones.new("Region"), await phones.instrument("Polis"))
    await asyncio.gather(
        world.joins(ended, ledning), world.joins(staying, kommunikation), world.joins(other, kommunikation)
    )
    await staying.talks()
    await ledning.ends()
    await ended.is_hung_up(within_s=20)
    assert (staying.state, other.state) == ("up", "up")
    await other.hears(staying.voice, within_s=3)
    assert len(await kommunikation.participants()) == 2


async def test_who_asterisk_lets_out_of_the_meeting_while_their_line_is_up_is_heard_again_at_once(
    world: World, phones: Phones
) -> None:
    """As by a command at Asterisk's console; nothing of it may leave somebody in silence and shown as present."""
    meeting = await world.opens_conference("Ledningsgruppen")
    talker, listener = await phones.instrument("Kommun A"), await phones.instrument("Kommun B")
    await asyncio.gather(world.joins(talker, meeting), world.joins(listener, meeting))
    await talker.talks()
    await listener.hears(talker.voice, within_s=5)
    await thrown_out_of_its_bridge(world, talker)
    out_s = time.monotonic()
    await listener.hears_the_end_of(talker.voice, within_s=2, since_s=out_s - 1)
    await listener.hears(talker.voice, within_s=3, since_s=time.monotonic())
    assert (await meeting.participant(talker.number))["state"] == "present"


async def thrown_out_of_its_bridge(world: World, phone: Phone) -> None:
    """By somebody with Asterisk's own interface, which the product does not ask."""
    settings = tomllib.loads((world.folder / "samband.toml").read_text())
    secrets = load_or_make_secrets(world.state / "keys")
    base_url = f"http://127.0.0.1:{settings['asterisk']['ari_port']}/ari/"
    async with httpx.AsyncClient(base_url=base_url, auth=(secrets.ari_user, secrets.ari_password)) as ari:
        channels = (await ari.get("channels")).json()
        [own] = [one["id"] for one in channels if one["caller"]["number"].endswith(phone.number[-9:])]
        [mix] = [one["id"] for one in (await ari.get("bridges")).json() if own in one["channels"]]
        answer = await ari.post(f"bridges/{mix}/removeChannel", params={"channel": own})
        assert answer.status_code == 204, answer.text
