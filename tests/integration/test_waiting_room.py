"""The waiting room by ear: words and a tone while one waits, nobody of the meeting, and then everybody."""

import time
from pathlib import Path

import numpy as np
import pytest

from tests.harness import wait
from tests.harness.audio import RATE_HZ, Samples, find, sound_file
from tests.harness.phones import Phones
from tests.harness.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONGEST_SILENCE_S = 3.0
QUIET = 0.003
"""Below this a telephone is silent: about -50 dBFS."""


def longest_silence_s(heard: Samples) -> float:
    longest = at = 0
    for block in range(0, len(heard) - RATE_HZ // 50, RATE_HZ // 50):
        is_silent = np.abs(heard[block : block + RATE_HZ // 50]).max() < QUIET
        at = at + 1 if is_silent else 0
        longest = max(longest, at)
    return longest / 50


async def test_whoever_waits_hears_words_and_nobody_until_a_host_lets_them_in_by_key(
    world: World, phones: Phones
) -> None:
    meeting = await world.opens_conference("Ledningsgruppen", waiting_room=True)
    host, guest = await phones.new("TiB"), await phones.new("Kommun A")
    await world.joins(host, meeting, as_host=True)
    await guest.calls(world.number)
    await guest.keys(meeting.code + "#")
    came = await guest.hears(world.prompt("entry/waiting-room"), within_s=10)
    await host.hears(world.prompt("waiting/one"), within_s=10, since_s=host.answered_at_s)
    await host.talks()
    place = await guest.hears(world.prompt("waiting/place"), within_s=10, since_s=came.ends_s)
    assert (await meeting.participant(guest.number))["state"] == "waiting"
    said_s = await guest.says(guest.voice, for_s=2)
    again = await guest.hears(world.prompt("waiting/place"), within_s=25, since_s=place.ends_s)
    assert longest_silence_s(guest.heard().between(came.begins_s, again.ends_s)) <= LONGEST_SILENCE_S
    assert guest.heard().spans(host.voice, guest.answered_at_s) == []
    assert host.heard().spans(guest.voice, said_s - 0.5) == []
    await host.stops_talking()
    await host.keys("#1")
    await guest.hears(world.prompt("entry/let-in"), within_s=5)
    await meeting.has(2)
    await host.says(host.voice, for_s=1)
    await guest.hears(host.voice, within_s=5)


async def test_a_name_said_at_the_door_is_heard_by_the_meeting_and_goes_to_the_archive_with_it(
    world: World, phones: Phones, tmp_path: Path
) -> None:
    meeting = await world.opens_conference("Ledningsgruppen", asks_name=True, entry_sound="name", recorded=True)
    host, guest = await phones.new("TiB"), await phones.new("Kommun A")
    silent = await world.joins(host, meeting, as_host=True)
    assert silent["said_name"] is None, "nothing was said, and nobody is kept out"
    await guest.calls(world.number)
    await guest.keys(meeting.code + "#")
    asked = await guest.hears(world.prompt("entry/name"), within_s=10)
    await guest.hears_the_end_of(world.prompt("tone/name"), within_s=5, since_s=asked.begins_s)
    said_s = await guest.says(guest.voice, for_s=1.5)
    name = await host.hears(guest.voice, within_s=15, since_s=said_s)
    await host.hears(world.prompt("waiting/comes-in"), within_s=5, since_s=name.begins_s)
    await meeting.has(2)
    shown = await meeting.participant(guest.number)
    heard = await world.api.get(shown["said_name"].removeprefix("/api/v1/"))
    (tmp_path / "name.wav").write_bytes(heard.raise_for_status().content)
    assert find(sound_file(tmp_path / "name.wav").phrase, guest.voice)
    gone_s = time.monotonic()
    await guest.hangs_up()
    name = await host.hears(guest.voice, within_s=10, since_s=gone_s)
    await host.hears(world.prompt("waiting/goes"), within_s=5, since_s=name.begins_s)
    await meeting.ends()

    async def archived() -> bool:
        found = (await world.api.get(f"recordings?kind=name&conference={meeting.id}")).json()
        return [one["state"] for one in found] == ["archived"]

    await wait.until(archived, 20, every_s=0.2, what="the name in the archive")


async def test_a_host_speaks_to_those_who_wait_while_the_meeting_goes_on_and_is_not_heard_there(
    world: World, phones: Phones
) -> None:
    meeting = await world.opens_conference("Ledningsgruppen", waiting_room=True)
    host, deputy, guest = [await phones.new(name) for name in ("TiB", "Ställföreträdare", "Kommun A")]
    await world.joins(host, meeting, as_host=True)
    await world.joins(deputy, meeting, as_host=True)
    await guest.calls(world.number)
    await guest.keys(meeting.code + "#")
    came = await guest.hears(world.prompt("entry/waiting-room"), within_s=15)
    await guest.hears(world.prompt("waiting/place"), within_s=15, since_s=came.ends_s)
    talking_s = await deputy.talks()
    await host.hears(deputy.voice, within_s=5)
    await host.keys("#79")
    told = await guest.hears(world.prompt("waiting/host-speaks"), within_s=10, since_s=talking_s)
    said_s = await host.says(host.voice, for_s=2)
    await guest.hears_the_end_of(host.voice, within_s=10, since_s=said_s - 0.5)
    await guest.says(guest.voice, for_s=1)
    await host.keys("#7")
    await host.hears(deputy.voice, within_s=8, since_s=said_s + 2)
    again = await guest.hears(world.prompt("waiting/place"), within_s=15, since_s=told.ends_s)
    heard = guest.heard()
    assert heard.spans(deputy.voice, guest.answered_at_s) == [], "nobody of the meeting is heard by those who wait"
    assert longest_silence_s(heard.between(said_s + 2.5, again.ends_s)) <= LONGEST_SILENCE_S
    for one in (host, deputy):
        assert one.heard().spans(guest.voice, said_s) == [], "those who wait are not heard"
    assert deputy.heard().spans(host.voice, said_s - 0.5) == [], "the meeting goes on without the host"
    await deputy.stops_talking()
