"""Trunked mode, and the routing of calls to us. A terminal may leave both by itself or by a hand at its panel.

Only in trunked mode may anything be transmitted. A terminal that reports another mode is silenced and ordered back at
once, also when a poll finds it there. It counts as unfit until it reports itself that it is back.
"""

from collections.abc import Callable
from typing import Final

import structlog

from bridge.domain.kernel.reasons import Reason
from bridge.rakel.call_control import CallControl
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import AiMode
from bridge.rakel.pei.indications import RouteReport
from bridge.rakel.pei.session import Answered, Outcome
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.terminal_state import Known

_log = structlog.get_logger(__name__)

_TO_US: Final = (1, 2)
"""Profiles of `AT+CTSP` that route a service to us."""
_VOICE: Final = 0


class ModeGuard:
    """Of one terminal. `look_now` asks for a poll.

    Attributes:
        wrong: Why the terminal must not be used; `None` while all is well.
        tells_routes: It has not refused to report its routing. A terminal that refuses is not asked again until it is
            set up anew.
    """

    def __init__(self, wanted: AiMode, known: Known, calls: CallControl, look_now: Callable[[], None]) -> None:
        self.wrong: Reason | None = None
        self.tells_routes = True
        self._wanted = wanted
        self._known = known
        self._calls = calls
        self._look_now = look_now
        self._voice_was_routed = False

    def begin(self) -> None:
        """The terminal is set up anew, which sets mode and routing."""
        self.wrong, self.tells_routes, self._voice_was_routed = None, True, False
        self._known.mode(right=True)

    def is_in(self, mode: int, line: Connection) -> bool:
        """The terminal tells its mode. False: the wrong one, and it must not be used from now on."""
        if mode == self._wanted:
            if self.wrong:
                self.wrong = None
                self._known.mode(right=True)
                self._look_now()
            return True
        if not self.wrong:
            _log.error("terminal_left_its_mode", terminal=self._known.now.terminal, mode=mode)
            self._known.noted("panel_used")
        self.wrong = TerminalReason.WRONG_MODE(mode=mode, wanted=int(self._wanted))
        self._known.mode(right=False)
        self._calls.end(self.wrong)
        line.send(commands.set_mode(self._wanted), self._ordered)
        return False

    def _ordered(self, answered: Answered) -> None:
        """OK is no proof: only the terminal's own word that it is back counts."""
        if answered.ok:
            self._look_now()
        else:
            _log.warning("mode_not_taken", terminal=self._known.now.terminal, reason=str(answered.reason))

    def routes_are(self, answered: Answered, line: Connection) -> None:
        """A terminal that reported calls to us and has stopped doing so is deaf for us. It is set up anew."""
        self.tells_routes = answered.outcome is not Outcome.ERROR
        rows = [one for one in answered.lines if isinstance(one, RouteReport)]
        routed = any(one.layer1 == _VOICE and one.profile in _TO_US for one in rows)
        if answered.ok and self._voice_was_routed and not routed:
            _log.warning("terminal_tells_no_more_of_calls", terminal=self._known.now.terminal)
            line.restarted = True
        self._voice_was_routed = self._voice_was_routed or routed
