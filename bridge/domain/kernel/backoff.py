"""How long to wait before something that failed is tried again."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """A pause that grows with each failure in a row.

    The caller counts the failures and sleeps: the value itself has no clock and no memory.

    Attributes:
        first_s: The pause after the first failure, above 0.
        longest_s: No pause is longer, the first one included. Above 0.
        factor: Each pause is so many times the pause before it. Above 1.

    Raises:
        ValueError: A figure outside its range. The text names it.
    """

    first_s: float
    longest_s: float
    factor: float = 2.0

    def __post_init__(self) -> None:
        for name, value, above in (
            ("first_s", self.first_s, 0),
            ("longest_s", self.longest_s, 0),
            ("factor", self.factor, 1),
        ):
            if not (math.isfinite(value) and value > above):
                raise ValueError(f"a back-off's {name} is above {above}, not {value}")

    def after(self, failures: int) -> float:
        """The pause in seconds after so many failures in a row; 0 where nothing has failed. Defined for any count."""
        if failures < 1:
            return 0.0
        try:
            return min(self.longest_s, self.first_s * self.factor ** (failures - 1))
        except OverflowError:
            return self.longest_s
