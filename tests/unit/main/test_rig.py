"""The parts of a controller are made in order, work side by side, and are stopped in the opposite order."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest

from bridge.domain.kernel.reasons import WELL, Reason
from bridge.main.parts import PARTS
from bridge.main.rig import Part, Rig, Work, made, worked


@dataclass
class Diary:
    """What happens, in order."""

    lines: list[str] = field(default_factory=list)

    def part(self, name: str, ends_after_s: float = 0.0, fails: bool = False) -> Part:
        """One that writes down what becomes of it."""

        async def make(_rig: Rig) -> None:
            self.lines.append(f"{name} made")
            if fails:
                raise OSError(name)

        async def work(_rig: Rig) -> None:
            self.lines.append(f"{name} works")
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(ends_after_s)
                self.lines.append(f"{name} ended")

        async def close(_rig: Rig) -> None:
            self.lines.append(f"{name} closed")

        return Part(name, make, work, lambda _rig: self.lines.append(f"{name} asked"), close)

    async def lived(self, *parts: Part) -> None:
        """They are made, work for a moment, and are stopped."""
        async with made(parts, Rig()) as rig:
            await worked(parts, rig, self.a_moment, plain)

    async def a_moment(self) -> None:
        await asyncio.sleep(0)
        self.lines.append("stop")


def plain(_part: Part, work: Callable[[], Work]) -> Work:
    return work()


@pytest.mark.slow
async def test_a_collection_of_garbage_does_not_walk_what_the_start_has_made() -> None:
    """A full collection over the modules alone stops every part for longer than a mute may take."""
    walked = len(gc.get_objects())
    frozen = asyncio.Future[int]()

    async def work(_rig: Rig) -> None:
        frozen.set_result(gc.get_freeze_count())

    async with made([Part("engine", work=work)], Rig()) as rig:
        try:
            await worked([Part("engine", work=work)], rig, lambda: frozen, plain)
        finally:
            gc.unfreeze()
    assert frozen.result() > 0.9 * walked


async def test_parts_are_stopped_and_closed_in_the_opposite_order() -> None:
    diary = Diary()
    await diary.lived(diary.part("database"), diary.part("engine"), diary.part("api"))
    assert diary.lines == [
        "database made", "engine made", "api made",
        "database works", "engine works", "api works",
        "stop",
        "api asked", "api ended", "engine asked", "engine ended", "database asked", "database ended",
        "api closed", "engine closed", "database closed",
    ]  # fmt: skip


async def test_a_part_that_is_slow_to_end_holds_nobody_up_and_is_waited_for() -> None:
    diary = Diary()
    await diary.lived(diary.part("engine"), diary.part("api", ends_after_s=0.3))
    assert diary.lines.index("engine ended") < diary.lines.index("api ended") < diary.lines.index("api closed")


async def test_where_a_part_cannot_be_made_those_before_it_are_closed() -> None:
    diary = Diary()
    with pytest.raises(OSError, match="engine"):
        await diary.lived(diary.part("database"), diary.part("engine", fails=True), diary.part("api"))
    assert diary.lines == ["database made", "engine made", "database closed"]


@dataclass
class Well:
    """A part that says how it is."""

    def health(self) -> Mapping[str, Reason]:
        return {"part": WELL}


@dataclass
class Silent(Well):
    """Another that does, and is not meant to be shown."""


async def test_readiness_shows_the_parts_that_are_marked_for_it() -> None:
    async def well(_rig: Rig) -> Well:
        return Well()

    async def silent(_rig: Rig) -> Silent:
        return Silent()

    async with made([Part("well", well, shown=True), Part("silent", silent)], Rig()) as rig:
        assert rig.shown == [Well()]


async def test_a_part_that_fails_ends_the_others() -> None:
    diary = Diary()

    async def breaks(_rig: Rig) -> None:
        await asyncio.sleep(0)
        raise OSError("broken")

    never: Callable[[], Awaitable[object]] = asyncio.Event().wait
    parts = [diary.part("engine"), Part("radio", work=breaks)]
    with pytest.raises(ExceptionGroup) as fault:
        async with made(parts, Rig()) as rig:
            await worked(parts, rig, never, plain)
    assert [str(one) for one in fault.value.exceptions] == ["broken"]
    assert diary.lines == ["engine made", "engine works", "engine ended", "engine closed"]


def test_a_part_finds_those_before_it_by_their_type() -> None:
    rig = Rig(7)
    rig.add("text")
    assert (rig[int], rig[str]) == (7, "text")
    with pytest.raises(ValueError, match="two parts of type str"):
        rig.add("another")
    with pytest.raises(KeyError):
        rig[float]


def test_the_controllers_parts_have_names_of_their_own() -> None:
    names = [part.name for part in PARTS]
    assert len(set(names)) == len(names)
    assert names[-1] == "ready", "everything else is begun before it is ready"
