"""`python -m tests.soak [--hours 24] [--terminals 2] [--seed 1]`: the long runs, whole.

First an hour of talk without a stop, then a day of traffic, both in virtual time. Prints the figures. It ends with 1
when a transmission was longer than a minute or a word was lost. It does so too when anything drifted, leaked or got
stuck.
"""

import argparse
import sys
import time

from tests.harness.transmissions import longest_s, told, too_long
from tests.soak.day import DayOfTraffic, HourOfDay, day_of_traffic
from tests.soak.hour import HourOfTalk, hour_of_talk

LONGEST_DELAY_MS = 120_000
OBJECTS_A_DAY = 2000
MEGABYTES_A_DAY = 20.0


def faults_of_the_hour(hour: HourOfTalk) -> list[str]:
    """What an hour of talk must not show, as far as it does."""
    return _so(
        (bool(too_long(hour.ended)), f"too long, or ended by the radio: {too_long(hour.ended)[:5]}"),
        (bool(hour.errors), f"errors: {'; '.join(hour.errors[:5])}"),
        (not hour.compared.untouched, f"speech was lost or changed: {hour.compared}"),
        (hour.delay_at_the_end_ms > 0, f"{hour.delay_at_the_end_ms} ms of delay are left"),
        (hour.cuts_by_the_worker > 0, f"{hour.cuts_by_the_worker} transmissions were cut by the last guard"),
    )


def faults_of_the_day(day: DayOfTraffic) -> list[str]:
    """What a day of traffic must not show, as far as it does."""
    return _so(
        (bool(too_long(day.ended)), f"too long, or ended by the radio: {too_long(day.ended)[:5]}"),
        (bool(day.stuck), f"stuck: {'; '.join(day.stuck[:5])}"),
        (bool(day.errors), f"errors: {'; '.join(day.errors[:5])}"),
        (day.longest_delay_ms > LONGEST_DELAY_MS, f"a delay of {day.longest_delay_ms} ms"),
        (any(hour.delay_ms for hour in day.hours), "delay was left after a quiet"),
        (day.objects_grown > OBJECTS_A_DAY, f"{day.objects_grown} objects more than in the middle"),
        (day.megabytes_grown > MEGABYTES_A_DAY, f"{day.megabytes_grown:.1f} MB more than in the middle"),
    )


def _so(*found: tuple[bool, str]) -> list[str]:
    return [text for is_so, text in found if is_so]


def _tell(hour: HourOfDay) -> None:
    print(
        f"hour {hour.hour:2}: {hour.transmissions:4} transmissions of ours, {hour.by_users:4} of users;"
        f" longest {hour.longest_transmission_s:5.2f} s, ended: {told(hour.ended)};"
        f" delay at most {hour.longest_delay_ms:6} ms, now {hour.delay_ms};"
        f" {hour.objects} objects, {hour.resident_mb} MB {'; '.join(hour.stuck)}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="of traffic; 0: only the hour of talk")
    parser.add_argument("--terminals", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    began_s = time.monotonic()
    hour = hour_of_talk(seed=chosen.seed)
    print(
        f"{hour.compared.said_s:.0f} s of talk in {len(hour.ended)} transmissions, the longest"
        f" {longest_s(hour.ended):.2f} s, ended: {told(hour.ended)}; {hour.compared}; waited {hour.longest_delay_ms} ms"
        f" at most, {hour.delay_at_the_end_ms} at the end; in {time.monotonic() - began_s:.0f} s",
        flush=True,
    )
    faults = faults_of_the_hour(hour)
    if chosen.hours:
        began_s = time.monotonic()
        day = day_of_traffic(chosen.hours, chosen.seed, chosen.terminals, _tell)
        print(f"{chosen.hours} h of traffic in {time.monotonic() - began_s:.0f} s")
        faults += faults_of_the_day(day)
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
