"""The figures of the call-out, and what each trunk allows."""

from dataclasses import dataclass

from bridge.domain.kernel.ids import TrunkName
from bridge.domain.telephony.numbers import is_premium


@dataclass(frozen=True, slots=True)
class TrunkPolicy:
    """The limits of a trunk. `calls_per_s` 0 means unlimited."""

    name: TrunkName
    calls_per_s: float = 1.0
    channels: int = 30
    prefixes: tuple[str, ...] = ("+46",)
    caller_id: str = ""
    premium: bool = False
    """Also numbers whose caller pays for what is said."""

    def may_call(self, number: str) -> bool:
        """Whether its settings let it call an E.164 number."""
        return number.startswith(self.prefixes) and (self.premium or not is_premium(number))


@dataclass(frozen=True, slots=True)
class CalloutPolicy:
    key_wait_s: float = 30.0
    """From the answer until a called person without a key counts as unconfirmed."""
    later_s: float = 1800.0
    """A person who comes later, and keys no minutes, is called then, if they have not called in."""
    direct_s: float = 900.0
    """Those who are to come directly shall have come so long after the start."""
    doubt_s: float = 5.0
    """Wait before calling again where a crash left no trace of the call."""
    congestion_s: float = 2.0
    """A congested trunk rests this long, doubled each time up to `congestion_longest_s`."""
    congestion_longest_s: float = 30.0
    rings_back: bool = True
    """A person who loses the line is rung back. Else the seat is only kept."""
    calls_per_day: int = 5000
    """An exercise places no call beyond so many a day without a second person; 0: any number. A live call-out does."""
    list_calls_per_day: int = 1000
    """The same for the calls of one list."""
    home_range: str = "+46"
    """Numbers of this range need no approval."""
    approval_wait_s: float = 300.0
    """A live call-out waits so long for approval of a new range, and goes on to the deputy then."""
    answer_statuses: tuple[int, ...] = ()
    """The statuses by radio that mean the keys 1, 2, 3 and 4, in that order; empty: none does."""
    operator_number: str = ""
    """The number that `#9` rings into the meeting, E.164 with plus; empty: there is no operator."""
    trunks: tuple[TrunkPolicy, ...] = (TrunkPolicy(name=TrunkName("default")),)
    """In the order in which they are tried."""
