"""The words of a report: times as people write them, results and causes by their names."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from bridge.domain.callout.records import AnswerLevel, Attempt, AttemptResult, Goal
from bridge.domain.callout.targets import REASON_OF
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Value
from bridge.reports.report import KEYS, Called, Quorum, Report, Talk, Way
from bridge.words import entry, say, word

_NOT_THERE = "–"


@cache
def _result(result: AttemptResult, language: Language) -> str:
    return say(REASON_OF[result](), language)


@lru_cache(256)
def _cause(code: int, language: Language) -> str:
    return word(language, "report", "cause", code=code, meaning=entry(language, "q850_cause", str(code)))


@dataclass(frozen=True)
class Told:
    """Words of one language, and the times of one place (`timezone` is a name of the IANA database)."""

    language: Language
    timezone: str

    def __call__(self, key: str, /, **data: Value) -> str:
        return word(self.language, "report", key, **data)

    # --- instants and durations ---

    def date_and_time(self, at_s: float | None) -> str:
        """Such as `2026-11-27 09:12:33`; empty where there is none."""
        return "" if at_s is None else f"{self._local(at_s):%Y-%m-%d %H:%M:%S}"

    def time(self, at_s: float | None, since_s: float) -> str:
        """The time alone, where it is of the same day as `since_s`."""
        if at_s is None:
            return _NOT_THERE
        at, since = self._local(at_s), self._local(since_s)
        return f"{at:%H:%M:%S}" if at.date() == since.date() else self.date_and_time(at_s)

    def duration(self, seconds: float | None) -> str:
        if seconds is None:
            return self("never")
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self("hours", hours=hours, minutes=minutes, seconds=rest)
        return self("minutes", minutes=minutes, seconds=rest) if minutes else self("seconds", seconds=rest)

    def _local(self, at_s: float) -> datetime:
        return datetime.fromtimestamp(at_s, ZoneInfo(self.timezone))

    # --- one function and one call ---

    def outcome(self, one: Called) -> str:
        if one.way in (Way.BY_ITSELF, Way.ALREADY):
            return self(f"came_{one.way.value}")
        return entry(self.language, "target_state", one.state.value)

    def why(self, one: Called) -> str:
        """Why it stands as it does; empty where its outcome says all."""
        return "" if one.reason is None or one.way in (Way.BY_ITSELF, Way.ALREADY) else say(one.reason, self.language)

    def why_late(self, one: Called) -> str:
        """The results of the calls before it came, in order."""
        told = [_result(result, self.language) for result in one.late_because]
        return ", ".join([*told, *([self("came_by_itself")] if one.way is Way.BY_ITSELF else [])])

    def left_out(self, one: Called) -> str:
        """The numbers that were passed over; empty where none was."""
        return self("left_out", numbers=", ".join(one.left_out)) if one.left_out else ""

    def result(self, call: Attempt) -> str:
        return self("under_way") if call.result is None else _result(call.result, self.language)

    def key(self, call: Attempt) -> str:
        """The key that was pressed; empty where none was."""
        return KEYS.get(call.result, "") if call.result is not None else ""

    def cause(self, call: Attempt) -> str:
        """The number and its meaning (ITU-T Q.850); empty where the call has none."""
        return "" if call.cause is None else _cause(call.cause, self.language)

    def speaker(self, talk: Talk) -> str:
        if talk.is_radio:
            return self("radio_users")
        return talk.organisation or self("no_organisation")

    # --- the head ---

    def exercise(self, report: Report) -> str | None:
        return self("exercise") if report.exercise else None

    def facts(self, report: Report) -> list[tuple[str, str]]:
        """The head of the report: names and values."""
        activation, count = report.activation, len(report.called)
        facts = [
            ("list", activation.list_name),
            ("conference", report.conference.name),
            ("kind", self("kind_exercise") if report.exercise else self("kind_live")),
            ("ordered_by", activation.started_by),
            ("ordered_at", self.date_and_time(activation.started_at_s)),
            ("ended_at", self.date_and_time(activation.ended_at_s) or self("state_open")),
            ("state", self(f"state_{activation.state.value}")),
            ("language", self(f"language_{report.conference.language.value}")),
            ("reached", self("of_all", some=report.reached, all=count)),
            ("there", self("of_all", some=report.there, all=count)),
            ("first", self.duration(report.first_s)),
            ("half", self.duration(report.half_s)),
            ("quorum", self._quorum(report)),
            ("longest", self.duration(report.longest_s)),
        ]
        told = [(self(f"fact_{name}"), value) for name, value in facts]
        return [*told[:-2], *self._deadlines(report), *told[-2:]]

    def _deadlines(self, report: Report) -> list[tuple[str, str]]:
        """One, or that of each level with the number of those who came."""
        if len(report.levels) <= 1:
            return [(self("fact_due"), self._due(report.levels[0].goal if report.levels else Goal()))]
        return [
            (
                self("fact_level_due", level=self.level(one.goal.level)),
                self("level_due", due=self._due(one.goal), came=one.came, total=one.total),
            )
            for one in report.levels
        ]

    def level(self, level: AnswerLevel | None) -> str:
        """By when a function was to come."""
        return entry(self.language, "answer_level", "none" if level is None else level.value)

    def _due(self, goal: Goal) -> str:
        if goal.due_at_s is None:
            return self("due_none")
        passed = "missed" if goal.missed else "met" if goal.quorum_at_s is not None else "open"
        return self(
            "due_missed_met" if goal.missed and goal.quorum_at_s is not None else f"due_{passed}",
            due=self.date_and_time(goal.due_at_s),
            needed=self("due_all") if goal.quorum is None else str(goal.quorum),
            at=self.date_and_time(goal.quorum_at_s),
        )

    def _quorum(self, report: Report) -> str:
        if report.quorum is None:
            return self("no_forum")
        return self("quorum", time=self.duration(report.quorum_s), rule=self.rule(report.quorum))

    def rule(self, quorum: Quorum) -> str:
        required = ", ".join(f"{organisation} {function}".strip() for organisation, function in sorted(quorum.required))
        if quorum.count is None and not required:
            return self("rule_all")
        parts = [self("rule_count", count=quorum.count)] if quorum.count is not None else []
        return "; ".join([*parts, *([self("rule_required", names=required)] if required else [])])
