"""Duty functions of a region's directory, and the telephones that come in as them by personal codes."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from tests.harness import wait
from tests.harness.phones import Phone
from tests.harness.world import Meeting, World

FORUM = "inriktande"


async def made(world: World, path: str, **body: Any) -> dict[str, Any]:
    """What the API has made of it."""
    answer = await world.api.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    out: dict[str, Any] = answer.json()
    return out


async def expects(world: World, functions: dict[str, tuple[str, ...]], **forum: Any) -> None:
    """A forum that calls in these functions: organisation → its numbers. Each function is a `TiB`."""
    for organisation, numbers in functions.items():
        key = key_of(organisation)
        await made(world, "organisations", id=key, name=organisation)
        await made(world, "functions", id=key, organisation_id=key, name="TiB", numbers=list(numbers))
    keys = [key_of(organisation) for organisation in functions]
    await made(world, "activation-lists", id=FORUM, name="Inriktande", function_ids=keys)
    await made(world, "forums", id=FORUM, name="Inriktande", activation_list_id=FORUM, **forum)


def key_of(organisation: str) -> str:
    """Of the organisation and of its function."""
    return "-".join(organisation.lower().encode("ascii", "replace").decode().replace("?", "x").split())


async def comes_as(world: World, phone: Phone, meeting: Meeting, organisation: str) -> dict[str, Any]:
    """The telephone keys the personal code of the organisation's function; gives the participant."""
    issued = await made(world, f"conferences/{meeting.id}/codes", function_id=key_of(organisation))
    await phone.calls(world.number)
    await phone.keys(f"{issued['code']}#")

    async def present() -> dict[str, Any]:
        seats = await meeting.participants()
        return next((one for one in seats if one["organisation"] == organisation and one["state"] == "present"), {})

    return await wait.until(present, 15, every_s=0.1, what=f"{phone!r} is in {meeting.name} as {organisation}")


async def is_heard_only_by(speaker: Phone, hearers: Iterable[Phone], deaf: Iterable[Phone]) -> float:
    """It says a word of its voice: these hear it to its end, and those nothing of it. Gives when it began."""
    said_s = await speaker.says(speaker.voice, for_s=1.0)
    await asyncio.gather(*(one.hears_the_end_of(speaker.voice, 10, since_s=said_s - 0.1) for one in hearers))
    for one in deaf:
        spans = one.heard().spans(speaker.voice, said_s - 0.1)
        assert not spans, f"{one.name} heard {speaker.name} at {[span.begins_s - said_s for span in spans]}"
    return said_s


async def told_only(world: World, prompt: str, told: Iterable[Phone], others: Iterable[Phone], since_s: float) -> float:
    """Each of these hears the phrase to its end, and none of the others at all. Gives when the last one heard it."""
    phrase = world.prompt(prompt)
    spans = await asyncio.gather(*(one.hears(phrase, 20, since_s=since_s) for one in told))
    for one in others:
        assert not one.heard().spans(phrase, since_s), f"{one.name} heard {prompt}"
    return max((one.ends_s for one in spans), default=time.monotonic())
