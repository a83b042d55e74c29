"""The forecast of a call-out as the API shows it."""

from typing import Any

from bridge.api.language import code, data, words
from bridge.api.text import Output, when
from bridge.domain.callout.forecast import Forecast
from bridge.domain.kernel.language import Language


class ForecastPointOut(Output):
    """The functions that will have been called by one instant."""

    in_s: float
    """Seconds from now."""
    called: int
    """The number of functions."""


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
    limit: str
    """The narrowest limit: `nothing`, `telephony`, `congestion`, `pace`, `channels` or `trunk`."""
    reason: str | None
    """The same in words, with the remedy."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


def forecast_out(found: Forecast, language: Language) -> ForecastOut:
    return ForecastOut(
        called=found.called,
        answered=found.answered,
        left=found.left,
        points=[ForecastPointOut(in_s=in_s, called=called) for in_s, called in found.points],
        all_called_at=when(found.all_called_at_s),
        call_s=found.call_s,
        limit=found.limit,
        reason=words(found.reason, language),
        reason_code=code(found.reason),
        reason_data=data(found.reason),
    )
