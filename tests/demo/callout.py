"""Point 3: the example list is called out. People answer, press, stay silent, are busy or are not there."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

import httpx

from bridge.main import region
from tests.demo.ledger import Ledger
from tests.demo.scenes import opens
from tests.demo.stage import Stage
from tests.harness import wait
from tests.harness.phones import Exchange, Phone

RING_S: Final = 6
PRESS_AFTER_S: Final = 1.2
PRESS_AGAIN_S: Final = 3.0
GIVE_UP_S: Final = 100.0

DOES: Final = ("1", "2", "3", "silent", "busy", "no answer", "no such number")
"""The acts of the first number of the first functions. All others answer and press 1, and so does every second
number."""

WANTED: Final = {"2": "later", "3": "cannot"}


@dataclass
class Person:
    """A function with its two telephones."""

    name: str
    does: str
    phones: tuple[Phone, Phone]
    target: str = ""

    @property
    def wanted(self) -> str:
        return WANTED.get(self.does, "joined")

    def calls_at_once(self) -> int:
        return sum(phone.state in ("ringing", "up") for phone in self.phones)


async def activation(stage: Stage, ledger: Ledger) -> None:
    ledger.scene("3. The example list is called out: twenty functions, two numbers each")
    exchange = await stage.world.phones.exchange(stage.world.trunk_port, "sipua_phone")
    people = await _people(stage, exchange)
    meeting = await opens(stage, "Inkallning")
    tasks = [asyncio.create_task(_lives(person, index)) for person in people for index in (0, 1)]
    watch = _Watch(people)
    tasks.append(asyncio.create_task(watch.run()))
    try:
        began_s = time.monotonic()
        body = {"list_id": region.LIST, "conference_id": meeting.id, "ring_s": RING_S, "rounds": 1, "exercise": True}
        started = await stage.post("activations", {**body, "key": f"demo-{meeting.id}"})
        if stage.own:
            await _controller_dies(stage, ledger, started["id"])
        board = await _until_done(stage, ledger, started["id"])
        _judge(ledger, people, board, began_s)
        again = await stage.post("activations", {**body, "key": f"demo-{meeting.id}"})
        ledger.checks("the same key again starts nothing", again["id"] == started["id"])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ledger.checks("live calls to one function at once, at most", watch.most <= 1, str(watch.most), "1")
    await meeting.ends()


async def _people(stage: Stage, exchange: Exchange) -> list[Person]:
    listed = (await stage.get(f"activation-lists/{region.LIST}"))["function_ids"]
    functions = {one["id"]: one for one in await stage.get("functions")}
    people = []
    for index, key in enumerate(listed):
        one = functions[key]
        phones = [await exchange.phone(f"{one['name']} {number}", number) for number in one["numbers"]]
        people.append(Person(key, DOES[index] if index < len(DOES) else "1", (phones[0], phones[1])))
    return people


async def _lives(person: Person, index: int) -> None:
    """One telephone: what its user does when it rings."""
    phone, does = person.phones[index], person.does if index == 0 else "1"
    while True:
        await phone.rings(within_s=GIVE_UP_S)
        if does == "busy":
            await phone.refuses(486)
        elif does == "no such number":
            await phone.refuses(404)
        elif does == "no answer":
            await phone.is_hung_up(within_s=60)
        else:
            await phone.answers(after_s=0.3)
            await _presses(phone, "" if does == "silent" else does)


async def _presses(phone: Phone, key: str) -> None:
    """Who is asked again presses again; a single key does nothing in the meeting."""
    for _ in range(4):
        await asyncio.sleep(PRESS_AFTER_S if key else PRESS_AGAIN_S)
        if phone.state != "up":
            return
        if key:
            await phone.keys(key)
            await asyncio.sleep(PRESS_AGAIN_S)
    await phone.is_hung_up(within_s=GIVE_UP_S)


class _Watch:
    """The most calls to one function that were ever up or ringing at once."""

    def __init__(self, people: list[Person]) -> None:
        self.most = 0
        self._people = people

    async def run(self) -> None:
        while True:
            self.most = max(self.most, *(person.calls_at_once() for person in self._people))
            await asyncio.sleep(0.01)


async def _controller_dies(stage: Stage, ledger: Ledger, activation_id: str) -> None:
    """In its middle: some have joined, others ring."""

    async def in_its_middle() -> bool:
        counters = (await stage.get(f"activations/{activation_id}"))["counters"]
        return bool(counters["joined"] >= 3 and counters["done"] < counters["total"] - 3)

    await wait.until(in_its_middle, 30, every_s=0.1, what="the activation is in its middle")
    pid = stage.world.controller.pid
    await stage.world.controller.kill()
    killed_s = time.monotonic()
    ledger.did("the controller is killed (kill -9) in the middle of it")
    await stage.world.controller.is_back(pid)

    async def answers() -> bool:
        try:
            return (await stage.world.api.get(f"activations/{activation_id}")).is_success
        except httpx.HTTPError:  # it is not back yet
            return False

    await wait.until(answers, 20, every_s=0.05, what="the controller is back")
    ledger.ms("the controller is back in control after", time.monotonic() - killed_s, 5000)


async def _until_done(stage: Stage, ledger: Ledger, activation_id: str) -> dict[str, Any]:
    last = ""

    async def done() -> dict[str, Any]:
        nonlocal last
        board: dict[str, Any] = await stage.get(f"activations/{activation_id}")
        counters = {key: count for key, count in board["counters"].items() if count and key not in ("done", "total")}
        shown = ", ".join(f"{count} {key}" for key, count in counters.items())
        if shown != last:
            ledger.did(f"board: {shown}")
            last = shown
        return board if board["counters"]["done"] == board["counters"]["total"] else {}

    return await wait.until(done, GIVE_UP_S, every_s=0.5, what="every function has been settled")


def _judge(ledger: Ledger, people: list[Person], board: dict[str, Any], began_s: float) -> None:
    states = [target["state"] for target in board["targets"]]
    ledger.ms("all twenty settled after", time.monotonic() - began_s)
    for does in DOES:
        index = next(at for at, person in enumerate(people) if person.does == does)
        said = f"pressed {does}" if does in "123" else does
        wanted = people[index].wanted
        second = "" if does in "123" else ", then the second number"
        ledger.checks(f"who {said}{second}", states[index] == wanted, states[index], wanted)
    wrong = [person.name for person, state in zip(people, states, strict=True) if state != person.wanted]
    ledger.checks("every function is settled as it answered", not wrong, "all" if not wrong else ", ".join(wrong))
