"""The report as CSV: one row for each call, and one for a function that was never called."""

from collections.abc import Iterator
from typing import Final

from bridge.domain.callout.records import Attempt
from bridge.domain.kernel.language import Language
from bridge.reports.cells import cell, table
from bridge.reports.report import Called, Report
from bridge.reports.told import Told

_HEADS: Final = (
    "kind list conference priority organisation function outcome why came late why_late left_out level due call number"
    " person trunk began rang answered key ended result cause cause_words"
)


def sheet(report: Report, language: Language, timezone: str = "Europe/Stockholm") -> bytes:
    """Everything in it of other people's making is kept from being a formula.

    Args:
        report: The report.
        language: Of its words.
        timezone: Of its times, by its name in the IANA database.
    """
    told = Told(language, timezone)
    return table([told(f"head_{name}") for name in _HEADS.split()], _rows(report, told))


def _rows(report: Report, told: Told) -> Iterator[list[str]]:
    kind = told.exercise(report) or told("kind_live")
    of_all = [kind, cell(report.activation.list_name), cell(report.conference.name)]
    for priority, one in enumerate(report.called, 1):
        of_one = [*of_all, str(priority), *_function_cells(one, told)]
        for number, call in enumerate(one.calls, 1):
            yield [*of_one, str(number), *_call_cells(call, one.person_of(call), told)]
        if not one.calls:
            yield [*of_one, *([""] * 12)]


def _function_cells(one: Called, told: Told) -> list[str]:
    late = told("yes") if one.is_late else ""
    came = told.date_and_time(one.came_at_s)
    names = [cell(one.organisation), cell(one.function)]
    left_out = cell(", ".join(one.left_out))
    level = "" if one.level is None else told.level(one.level)
    due = [level, told.date_and_time(one.due_at_s)]
    return [*names, told.outcome(one), cell(told.why(one)), came, late, cell(told.why_late(one)), left_out, *due]


def _call_cells(call: Attempt, person: str, told: Told) -> list[str]:
    instants = (call.intent_at_s, call.ringing_at_s, call.answered_at_s)
    cause = "" if call.cause is None else str(call.cause)
    return [
        cell(call.number),
        cell(person),
        cell(call.trunk),
        *map(told.date_and_time, instants),
        told.key(call),
        told.date_and_time(call.ended_at_s),
        told.result(call),
        cause,
        told.cause(call),
    ]
