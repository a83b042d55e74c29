"""The forecast of a call-out as the API shows it."""

from typing import Any

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.callout.commands import NewTarget
from bridge.domain.callout.forecast import Forecast, LevelForecast
from bridge.domain.callout.outlook import Outlook
from bridge.domain.callout.records import AnswerLevel
from bridge.domain.callout.review import Review
from bridge.domain.directory.records import ActivationList, Forum
from bridge.domain.kernel.language import Language


class ForecastPointOut(Output):
    """The functions that will have been called by one instant."""

    in_s: float
    """Seconds from now."""
    called: int
    """The number of functions."""


class AnswersPointOut(Output):
    """The functions that will have answered by one instant."""

    in_s: float
    """Seconds from now."""
    answered: float
    """The number of functions, on the average."""


class LevelForecastOut(Output):
    """How one level of a call-out will go on."""

    level: AnswerLevel | None
    """`direct`, `60_min` or `2_h`; none: its functions have no deadline."""
    due_at: str | None
    """Its deadline (RFC 3339, UTC)."""
    called: int
    """Functions of it that have been called at least once."""
    left: int
    """Functions of it that are still to be called for the first time."""
    all_called_at: str | None
    """When every function of it will have been called (RFC 3339, UTC)."""
    came: int | None
    """Functions of it that have come. None before a call-out is started."""
    needed: int | None
    """Functions of it that are to come; 0: no quorum is asked for. None before a call-out is started."""
    quorum: str | None
    """As that of the outlook, for this level."""
    quorum_chance: float | None
    """As that of the outlook, for this level."""


class OutlookOut(Output):
    """How the answers will come, from the calls so far. The how-to `lead-from-the-console` names how."""

    points: list[AnswersPointOut]
    """How many will have answered by when."""
    chance: float
    """Of one call to bring an answer, 0 to 1."""
    calls: int
    """Calls so far that it rests on."""
    came: int
    """Functions that have come."""
    needed: int
    """Functions that are to come; 0: no quorum is asked for."""
    quorum: str
    """`none`, `reached`, `impossible` (not by the numbers that are left to call) or `open`."""
    quorum_chance: float | None
    """That it is reached, 0 to 1. None where none is asked for, and after too few calls."""


class ForecastOut(Output):
    """How a running call-out will go on, as it stands now."""

    called: int
    """Functions that have been called at least once."""
    answered: int
    """Functions of which somebody has pressed a key."""
    left: int
    """Functions that are still to be called for the first time."""
    points: list[ForecastPointOut]
    """How many will have been called by when."""
    all_called_at: str | None
    """When every function will have been called (RFC 3339, UTC). None where nobody is left, or some never will be, as
    it is now."""
    call_s: float
    """Time in seconds that a call holds its channel, on the average."""
    calls_per_s: float
    """The pace of the trunks together, in calls per second; 0: one of them has no limit."""
    channels_free: int
    """Channels of the trunks that are free now."""
    trunks: int
    """The count of trunks that may be used."""
    limit: str
    """The narrowest limit: `nothing`, `telephony`, `congestion`, `pace`, `channels` or `trunk`."""
    reason: str | None
    """The same in words, with the remedy."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""
    levels: list[LevelForecastOut]
    """The same by level, the most urgent first. There is one where all functions are due together."""
    outlook: OutlookOut | None
    """How the answers will come. None before a call-out is started."""


def outlook_out(found: Outlook) -> OutlookOut:
    return OutlookOut(
        points=[AnswersPointOut(in_s=in_s, answered=round(answered, 1)) for in_s, answered in found.points],
        chance=round(found.chance, 3),
        calls=found.calls,
        came=found.came,
        needed=found.needed,
        quorum=found.quorum,
        quorum_chance=_rounded(found.quorum_chance),
    )


def forecast_out(found: Forecast, language: Language, outlook: Outlook | None = None) -> ForecastOut:
    return ForecastOut(
        called=found.called,
        answered=found.answered,
        left=found.left,
        points=[ForecastPointOut(in_s=in_s, called=called) for in_s, called in found.points],
        all_called_at=when(found.all_called_at_s),
        call_s=found.call_s,
        calls_per_s=found.calls_per_s,
        channels_free=found.channels_free,
        trunks=found.trunks,
        limit=found.limit,
        reason=words(found.reason, language),
        reason_code=code(found.reason),
        reason_data=data(found.reason),
        levels=[_level_out(one, outlook) for one in found.levels],
        outlook=outlook_out(outlook) if outlook is not None else None,
    )


def _level_out(found: LevelForecast, outlook: Outlook | None) -> LevelForecastOut:
    ahead = next((one for one in outlook.levels if one.level is found.level), None) if outlook is not None else None
    return LevelForecastOut(
        level=found.level,
        due_at=when(found.due_at_s),
        called=found.called,
        left=found.left,
        all_called_at=when(found.all_called_at_s),
        came=ahead.came if ahead is not None else None,
        needed=ahead.needed if ahead is not None else None,
        quorum=ahead.quorum if ahead is not None else None,
        quorum_chance=_rounded(ahead.quorum_chance) if ahead is not None else None,
    )


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else round(chance, 3)


class ReviewedOut(Output):
    """One function that a call-out would ring."""

    function: str
    """Its name."""
    organisation: str
    """Its organisation's name."""
    numbers: list[str]
    """E.164, in the order they would be tried now."""
    level: AnswerLevel | None
    """By when it shall have come, where the list says that."""


class ReviewOut(Output):
    """A list before it is called in: whom it would ring, what is missing, and how that would go on."""

    list_id: str
    """The list's id."""
    list_name: str
    """The list's name, with those of the further lists."""
    conference_name: str
    """The name that a new conference would have: its forum's, or the list's."""
    functions: list[ReviewedOut]
    """Those who would be rung, the most urgent first, then in the list's order."""
    numbers: int
    """The count of their different numbers."""
    without_number: list[ReviewedOut]
    """Those who cannot be rung."""
    one_number: list[ReviewedOut]
    """Those with no second number."""
    without_deputy: list[ReviewedOut]
    """Those whom nobody stands in for."""
    caller_ids: list[str]
    """The numbers that they would see, E.164; an empty one is the trunk's own."""
    forecast: ForecastOut
    """As if it were started now."""


def review_out(list_: ActivationList, forum: Forum | None, found: Review, language: Language) -> ReviewOut:
    return ReviewOut(
        list_id=list_.id,
        list_name=found.name,
        conference_name=forum.name if forum is not None else list_.name,
        functions=[_reviewed(one) for one in found.functions],
        numbers=found.numbers,
        without_number=[_reviewed(one) for one in found.without_number],
        one_number=[_reviewed(one) for one in found.one_number],
        without_deputy=[_reviewed(one) for one in found.without_deputy],
        caller_ids=list(found.caller_ids),
        forecast=forecast_out(found.forecast, language),
    )


def _reviewed(target: NewTarget) -> ReviewedOut:
    return ReviewedOut(
        function=target.function,
        organisation=target.organisation,
        numbers=list(target.numbers),
        level=target.level,
    )
