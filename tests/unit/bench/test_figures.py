"""A figure that was not measured as promised is a failure, whatever its value; and the exit code says so."""

import json
import math
from pathlib import Path

import pytest

from tests.bench import results
from tests.bench.figures import Figure, markdown, percentile
from tests.bench.machine import CHANGED, Busy
from tests.bench.results import CannotKeep, failed, keep
from tests.bench.soaks import figures_of_the_day
from tests.bench.taking import Taken
from tests.bench.transmissions import longest
from tests.harness.transmissions import Ended
from tests.soak.day import DayOfTraffic, HourOfDay

BUSY = Busy(0.1, 0.0, 0.5)
FACTS: dict[str, object] = {"commit": "c0ffee", "seed": 7, "load": 0.1}


def taken(*figures: Figure, trouble: str = "") -> Taken:
    return Taken("row", list(figures), 1.0, BUSY, trouble)


def hour(number: int, **changes: object) -> HourOfDay:
    values: dict[str, object] = {
        "hour": number, "transmissions": 1, "by_users": 0, "ended": (Ended(57.9, "released"),), "longest_delay_ms": 0,
        "delay_ms": 0, "radio_delay_ms": 0, "lost_ms": 0, "wasted_frames": 0, "objects": 0, "resident_mb": 100.0,
        "stuck": (),
    }  # fmt: skip
    return HourOfDay(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", 5, "s", 5), True),
        (Figure("a", 5.1, "s", 5), False),
        (Figure("a", 5, "s", 5, more_is_better=True), True),
        (Figure("a", 4.9, "s", 5, more_is_better=True), False),
        (Figure("a", 5, "s"), None),
        (Figure("a", 6, "s", 1.3, limits_ratio=True, peer_name="p", peer=5), True),
        (Figure("a", 7, "s", 1.3, limits_ratio=True, peer_name="p", peer=5), False),
    ],
)
def test_a_figure_is_met_when_it_keeps_its_limit(figure: Figure, met: bool | None) -> None:
    assert figure.met is met
    assert failed([taken(figure)]) is (met is False)


@pytest.mark.parametrize(
    "figure",
    [
        Figure("without its peer", 1, "s", 5, peer_name="p"),
        Figure("its peer gave nothing", 1, "s", 1.3, limits_ratio=True, peer_name="p", peer=0.0),
        Figure("its peer gave no number", 1, "s", 1.3, limits_ratio=True, peer_name="p", peer=math.nan),
        Figure("no limit, and no peer", 1, "s", peer_name="p"),
        Figure("too few samples", 1, "s", 5, samples=2, least=3),
        Figure("cut short", 1, "s", 5, wanting="cut short after 3 of 24 h"),
        Figure("calls fell away", 1, "s", 5, wanting="3 of 400 calls fell away"),
        Figure("nothing measured", percentile([], 95), "ms", 60),
    ],
    ids=lambda figure: figure.name,
)
def test_what_was_not_measured_as_promised_is_a_failure(figure: Figure) -> None:
    assert figure.met is False
    assert failed([taken(figure)])
    assert "**" in markdown([figure]), "and it stands out in the table"


def test_a_row_in_trouble_or_without_a_figure_is_a_failure() -> None:
    assert failed([taken(Figure("a", 1, "s", 5), trouble="it hung")])
    assert failed([taken()])


def test_a_day_cut_short_keeps_its_errors_and_is_no_day() -> None:
    found = figures_of_the_day(DayOfTraffic((hour(1), hour(2)), ("a queue overflowed",)), hours=24)
    by_name = {one.name: one for one in found}
    assert by_name["hours of simulated traffic"].faults == ("cut short after 2 of 24 h", "missed")
    assert by_name["2 h of simulated traffic: not come to rest, or logged as an error"].value == 1


def test_a_whole_day_is_met() -> None:
    assert all(one.met for one in figures_of_the_day(DayOfTraffic((hour(1), hour(2)), ()), hours=2))


def test_a_day_of_no_hour_is_a_failure_in_each_of_its_figures_that_needs_one() -> None:
    found = figures_of_the_day(DayOfTraffic((), ()), hours=24)
    assert all(one.met is False for one in found if one.samples == 0)
    assert [one.samples for one in found].count(0) == len(found)


@pytest.mark.parametrize(
    ("ended", "met"),
    [
        (Ended(58.1, "released"), True),
        (Ended(58.6, "released"), False),
        (Ended(59.9, "tot"), False),
        (Ended(12.0, "tot"), False),
        (Ended(60.0, "tot", beyond_us=True), True),
        (Ended(58.6, "still on the air"), False),
    ],
)
def test_who_ended_the_longest_transmission_is_asked(ended: Ended, met: bool) -> None:
    figures = longest("a day", [Ended(3.0, "released"), ended])
    assert all(one.met for one in figures) is met
    assert ended.by in figures[0].how


def test_results_name_the_commit_and_the_seed_and_stay_in_the_repository(tmp_path: Path) -> None:
    kept = keep("1.2", FACTS, [taken(Figure("a", 1, "s", 5))], tmp_path / "measurements")
    assert "commit c0ffee, seed 7" in kept.read_text()
    assert json.loads(kept.with_suffix(".json").read_text())["machine"] == FACTS


@pytest.mark.parametrize(
    ("facts", "trouble"),
    [
        ({"commit": "c0ffee" + CHANGED}, ""),
        ({"commit": "unknown: no git repository"}, ""),
        ({"commit": "c0ffee", "quick": True}, ""),
        ({"commit": "c0ffee"}, "it hung"),
    ],
)
def test_what_no_release_stands_on_is_not_kept(tmp_path: Path, facts: dict[str, object], trouble: str) -> None:
    with pytest.raises(CannotKeep):
        keep("1.2", facts, [taken(Figure("a", 1, "s", 5), trouble=trouble)], tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_kept_results_lie_among_the_references() -> None:
    assert Path("docs/reference/measurements") == results.KEPT
