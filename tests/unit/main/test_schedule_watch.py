"""The watch: a clock that is set is told, and a missed meeting is an alarm for a day."""

from dataclasses import dataclass, field

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import WELL
from bridge.domain.kernel.week import Weekday
from bridge.domain.schedule.commands import AddSchedule
from bridge.domain.schedule.events import ClockSet
from bridge.domain.schedule.records import Rule
from bridge.main.schedule_watch import ALARM_S, ScheduleWatch
from tests.harness.story import Story
from tests.unit.domain.test_schedule import at, weekly


@dataclass
class Wall:
    """A node, and a clock that somebody sets."""

    held: Node = field(default_factory=Node)
    time_s: float = 0.0
    set_s: float = 0.0
    told: list[Event] = field(default_factory=list)

    def node(self) -> Node:
        return self.held

    def now_s(self) -> float:
        return self.time_s

    def ahead_s(self) -> float:
        return self.set_s


def watch_of(wall: Wall) -> ScheduleWatch:
    return ScheduleWatch(wall, wall, wall.told.append)  # type: ignore[arg-type]


def test_a_clock_that_is_set_is_told_once_and_a_small_correction_is_not() -> None:
    wall = Wall(time_s=100.0)
    watch = watch_of(wall)
    for set_s in (0.0, 0.5, 3600.0, 3600.4, -30.0, -30.0):
        wall.set_s = set_s
        watch.look()
    assert wall.told == [ClockSet(100.0, 3600.0), ClockSet(100.0, -30.0)]


def test_a_meeting_that_was_missed_is_an_alarm_for_a_day() -> None:
    story = Story(now_s=at("2027-01-05T12:00"))
    story.asks(AddSchedule(weekly(Rule("2027-01-07", "16:00", (Weekday.TH,)))))
    story.now_s = at("2027-01-08T08:00")
    again = story.restarted()
    wall = Wall(again.node, again.now_s)
    watch = watch_of(wall)
    assert watch.health()["schedule"].code == "scheduled_meetings_missed"
    assert dict(watch.health()["schedule"].data) == {"count": 1, "name": "Veckomöte"}
    wall.time_s += ALARM_S
    assert watch.health() == {"schedule": WELL}
