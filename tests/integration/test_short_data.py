"""Texts and statuses by radio through the whole product. They are sent, something is known of each, and others come
in."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hardware.simulator.client import SimulatorError
from tests.harness import wait
from tests.harness.patched import add_talkgroups, patch
from tests.harness.phones import Phones
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ON_THE_WAY_S = 15.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), radio=True) as running:
        assert running.radio is not None
        await add_talkgroups(running)
        organisation = (await running.api.post("organisations", json={"name": "Räddningstjänsten"})).json()
        body = {
            "id": "inre-befal",
            "organisation_id": organisation["id"],
            "name": "Inre befäl",
            "issis": [running.radio.user("Ledning").issi],
        }
        assert (await running.api.post("functions", json=body)).status_code == 201
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def texts(world: World) -> "Texts":
    made = Texts(world)
    await made.radio.set(sds_outcome="sent", report="standard", sds_accept_ms=50.0, sds_sent_ms=150.0)
    await made.radio.client.set_reachable(made.issi, reachable=True)
    await made.terminal_is("ready")
    await made.radio.client.clear()
    return made


class Texts:
    """Who writes and reads over the API."""

    def __init__(self, world: World) -> None:
        assert world.radio is not None
        self.world, self.radio = world, world.radio
        self.user = world.radio.user("Ledning")
        self.issi = self.user.issi

    async def sends(self, **body: object) -> dict[str, Any]:
        answer = await self.world.api.post("sds", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def comes_to(self, message: dict[str, Any], *states: str, within_s: float = ON_THE_WAY_S) -> dict[str, Any]:
        last: dict[str, Any] = {}

        async def so() -> dict[str, Any]:
            nonlocal last
            last = (await self.world.api.get(f"sds/{message['id']}")).json()
            return last if last["state"] in states else {}

        return await wait.until(so, within_s, every_s=0.05, what=f"the message is {states}", seen=lambda: last)

    async def came(self, within_s: float = ON_THE_WAY_S, **members: object) -> dict[str, Any]:
        """A message that came in, with these members."""

        async def so() -> dict[str, Any]:
            listed = (await self.world.api.get("sds", params={"direction": "in"})).json()
            return next((one for one in listed if all(one[key] == it for key, it in members.items())), {})

        return await wait.until(so, within_s, every_s=0.05, what=f"a message with {members}")

    async def patched_meeting(self) -> Meeting:
        """A meeting with the talkgroup, once the terminal is free of the one before."""

        async def free() -> bool:
            answer = await self.world.api.get(f"terminals/{self.radio.terminal.name}")
            return bool(answer.json()["conference_id"] is None)

        await wait.until(free, 15, every_s=0.1, what="the terminal serves no meeting")
        meeting = await self.world.opens_conference("Ledning", recorded=False)
        await patch(self.world, meeting, self.radio.gssi)
        await self.patch_is(meeting, "idle")
        return meeting

    async def patch_is(self, meeting: Meeting, state: str) -> None:
        async def so() -> bool:
            return bool((await meeting.view())["patches"][0]["state"] == state)

        await wait.until(so, 15, every_s=0.05, what=f"the patch is {state}")

    async def terminal_is(self, state: str, within_s: float = 20.0) -> None:
        async def so() -> bool:
            answer = await self.world.api.get(f"terminals/{self.radio.terminal.name}")
            return bool(answer.json()["state"] == state)

        await wait.until(so, within_s, every_s=0.1, what=f"the terminal is {state}")


async def test_a_text_to_a_function_is_delivered_when_its_radio_says_so(texts: Texts) -> None:
    made = await texts.sends(to="inre-befal", text="Samling kl 16: åäö, 5 €, 🚒")
    shown = await texts.comes_to(made, "delivered")
    assert (await texts.user.received())[0]["text"] == "Samling kl 16: åäö, 5 €, 🚒"
    assert (shown["receiver"], shown["receiver_name"], shown["parts_delivered"]) == (texts.issi, "Inre befäl", 1)
    assert shown["sent_at"] <= shown["on_air_at"] <= shown["delivered_at"]


async def test_a_short_report_is_as_good(texts: Texts) -> None:
    await texts.radio.set(report="short")
    await texts.comes_to(await texts.sends(to=texts.issi, text="Kvittera"), "delivered")


async def test_a_radio_that_is_off_gets_nothing_and_is_never_shown_as_reached(texts: Texts) -> None:
    await texts.user.switches_off()
    made = await texts.sends(to=texts.issi, text="Hallå?")
    await texts.comes_to(made, "on_air")
    later = await texts.sends(to=texts.radio.user("Insats").issi, text="Du då?")
    await texts.comes_to(later, "delivered")
    shown = await texts.comes_to(made, "on_air")
    assert shown["delivered_at"] is None


async def test_a_long_text_is_one_message_in_numbered_parts(texts: Texts) -> None:
    made = await texts.sends(to=texts.issi, text="Skogsbrand vid Älvdalen. " * 12)
    shown = await texts.comes_to(made, "delivered")
    assert (shown["parts"], shown["parts_delivered"]) == (5, 5), "no longer ones than real terminals were found to send"
    assert [one["text"][:4] for one in await texts.user.received()] == [f"{at}/5 " for at in range(1, 6)]


async def test_a_text_to_the_talkgroup_reaches_all_and_claims_no_more_than_the_air(texts: Texts) -> None:
    made = await texts.sends(to=texts.radio.gssi, text="Alla: byt till RAPS-2")
    shown = await texts.comes_to(made, "on_air")
    assert (shown["group"], shown["receiver_name"], shown["ended_at"] is not None) == (True, "RAPS-1", True)
    for name in ("Ledning", "Insats"):
        assert (await texts.radio.user(name).received())[0]["text"] == "Alla: byt till RAPS-2"


async def test_a_status_goes_out(texts: Texts) -> None:
    await texts.comes_to(await texts.sends(to=texts.issi, status=0x8004), "on_air")
    assert [(one["service"], one["hex"]) for one in await texts.user.received()] == [(13, "8004")]


async def test_what_comes_in_is_shown_by_function(texts: Texts) -> None:
    await texts.user.sends("Framme vid E4:an, läget är lugnt", to=texts.radio.terminal.issi, report=True)
    shown = await texts.came(text="Framme vid E4:an, läget är lugnt")
    assert (shown["sender"], shown["sender_name"], shown["state"]) == (texts.issi, "Inre befäl", "received")
    await texts.user.sends_status(0x8003, to=texts.radio.terminal.issi)
    assert (await texts.came(status=0x8003))["sender_name"] == "Inre befäl"
    confirmed = await texts.user.gets_message()
    assert confirmed["hex"].startswith("8210")


async def test_the_network_refuses_for_a_while_and_it_is_sent_all_the_same(texts: Texts) -> None:
    await texts.radio.terminal.rejects("AT+CTSDS", 42)
    made = await texts.sends(to=texts.issi, text="Trägen vinner")
    shown = await texts.comes_to(made, "queued")
    await texts.radio.terminal.accepts_again()
    shown = await texts.comes_to(made, "delivered", within_s=30)
    assert shown["tries"] >= 2


async def test_an_alarm_is_told_to_the_host_in_the_timeline_and_the_audit(texts: Texts, tmp_path: Path) -> None:
    meeting = await texts.patched_meeting()
    async with Phones(tmp_path, texts.world.sip_port) as phones:
        host = await phones.new("TiB")
        await texts.world.joins(host, meeting, as_host=True)
        await texts.user.sends_status(0, to=texts.radio.gssi)
        shown = await texts.came(status=0)
        assert (shown["emergency"], shown["sender_name"], shown["conference_id"]) == (True, "Inre befäl", meeting.id)
        await host.hears(texts.world.prompt("radio/emergency"), 10)
    rows = (await texts.world.api.get("audit", params={"limit": 1000})).json()
    lines = rows["rows"] if isinstance(rows, dict) else rows
    assert [one["object"] for one in lines if one["action"] == "radio.emergency"] == [shown["id"]]
    await meeting.ends()


async def test_while_somebody_talks_it_waits_and_goes_out_after_him(texts: Texts) -> None:
    meeting = await texts.patched_meeting()
    await texts.user.presses_ptt()
    await texts.patch_is(meeting, "receiving")
    other = texts.radio.user("Insats")
    made = await texts.sends(to=other.issi, text="Efter dig")
    assert made["state"] == "queued"
    with pytest.raises(SimulatorError):
        await other.gets_message(timeout_s=2.0)
    assert (await texts.comes_to(made, "queued"))["tries"] == 0
    await texts.user.releases_ptt()
    await texts.comes_to(made, "delivered")
    await meeting.ends()


async def test_a_terminal_that_is_switched_off_in_the_middle_leaves_the_truth(texts: Texts) -> None:
    await texts.radio.set(sds_accept_ms=3000.0)
    made = await texts.sends(to=texts.issi, text="Mitt i strömavbrottet")
    await texts.comes_to(made, "sending")
    await texts.radio.terminal.gets_command(f"AT+CMGS={texts.issi},200")
    await texts.radio.terminal.power_cycle()
    shown = await texts.comes_to(made, "in_doubt", within_s=30)
    assert shown["delivered_at"] is None
    await texts.radio.set(sds_accept_ms=50.0)
    await texts.radio.terminal.gets_command("AT+CTSP=1,3,140", timeout_s=40)
    await texts.terminal_is("ready", within_s=20)
    await texts.comes_to(await texts.sends(to=texts.issi, text="Åter"), "delivered")
    assert [one["text"] for one in await texts.user.received()] == ["Åter"], "what is in doubt is not sent by itself"


async def test_a_crash_in_the_middle_is_shown_and_nothing_is_sent_twice(texts: Texts) -> None:
    await texts.radio.set(sds_accept_ms=2500.0)
    doubt = await texts.sends(to=texts.issi, text="ett")
    queued = await texts.sends(to=texts.issi, text="två")
    await texts.comes_to(doubt, "sending")
    await texts.radio.terminal.gets_command(f"AT+CMGS={texts.issi},56")
    await texts.world.controller_dies_and_is_back()
    await texts.radio.set(sds_accept_ms=50.0)
    await texts.comes_to(queued, "delivered", within_s=40)
    shown = await texts.comes_to(doubt, "in_doubt", "delivered")
    assert shown["tries"] == 1
    received = [one["text"] for one in await texts.user.received()]
    assert received.count("ett") <= 1
    assert received.count("två") == 1


async def test_changes_are_told_to_who_looks_on(texts: Texts) -> None:
    async with texts.world.api.stream("GET", "events") as stream:
        lines = stream.aiter_lines()
        made = await texts.sends(to=texts.issi, text="Syns")
        async with asyncio.timeout(10):
            async for line in lines:
                if made["id"] in line:
                    assert '"kind":"sds"' in line.replace(" ", "")
                    break
