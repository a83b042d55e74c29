"""The watch of the alarms tells the rules what changes, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

from bridge.ari.settings import AsteriskSettings
from bridge.domain.alarms.events import PartsLookedAt
from bridge.domain.alarms.records import ALARMS
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import WELL, GeneralReason, Reason
from bridge.domain.kernel.replies import Reply
from bridge.main.alarm_watch import UNANSWERED_S, AlarmWatch
from bridge.ports import Change, PortError
from tests.harness.story import Story

DOWN = GeneralReason.DEVICE_FAILED(device="trunk")


class Region:
    """The rules, and an engine that may hang."""

    def __init__(self) -> None:
        self.story = Story()
        self.parts: dict[str, Reason] = {"trunk main": WELL}
        self.hangs = False
        self.told: list[Event] = []

    def now_s(self) -> float:
        return self.story.now_s

    def node(self) -> Node:
        return self.story.node

    async def ask(self, actor: Principal, command: Command) -> Reply:
        raise AssertionError(actor, command)

    def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        raise AssertionError(after)

    def number(self) -> int:
        return 0

    def emit(self, event: Event) -> None:
        self.told.append(event)
        if not self.hangs:
            self.story.happens(event)

    def watch(self) -> AlarmWatch:
        return AlarmWatch(self, self, self.emit, lambda: self.parts)

    def looks(self, watch: AlarmWatch, for_s: float) -> None:
        for _ in range(int(for_s / 0.5)):
            self.story.passes(0.5)
            watch.look()


def test_while_all_is_well_nothing_is_told() -> None:
    region = Region()
    region.looks(region.watch(), 60.0)
    assert region.told == []


def test_a_trunk_that_goes_is_told_when_it_goes_and_when_its_delay_is_over() -> None:
    region = Region()
    region.parts["trunk main"] = DOWN
    region.looks(region.watch(), 60.0)
    assert len(region.told) == 2
    assert [alarm.key for alarm in region.node()[ALARMS].values()] == ["trunks"]


def test_an_engine_that_hangs_is_not_flooded() -> None:
    region = Region()
    region.hangs = True
    region.parts["trunk main"] = DOWN
    region.looks(region.watch(), 20.0)
    assert len(region.told) <= 20.0 / UNANSWERED_S + 1


async def test_the_directory_is_looked_at_too_and_one_that_cannot_be_read_changes_nothing() -> None:
    region = Region()
    answers: list[tuple[int, tuple[str, ...]] | None] = [(2, ("Kommunen TiB",)), None]

    async def directory() -> tuple[int, tuple[str, ...]]:
        found = answers.pop(0)
        if found is None:
            raise PortError("database", DOWN, retry=True)
        return found

    watch = AlarmWatch(region, region, region.emit, lambda: region.parts, directory)
    for _ in range(2):
        await watch.look_slowly()
        region.looks(watch, 1.0)
    [told] = region.told
    assert isinstance(told, PartsLookedAt)
    assert (told.unconfirmed, told.wrong_numbers) == (2, ("Kommunen TiB",))


async def test_a_certificate_that_cannot_be_used_is_a_part_that_is_not_well(tmp_path: Path) -> None:
    region = Region()
    settings = AsteriskSettings(tls_certificate=tmp_path / "none.pem", tls_key=tmp_path / "none.key")
    watch = AlarmWatch(region, region, region.emit, lambda: region.parts, None, settings)
    assert watch.health() == {}
    await watch.look_slowly()
    assert watch.health()["certificate"].code == "certificate_unreadable"
