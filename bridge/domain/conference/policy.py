"""The figures by which callers get in and conferences run."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.language import Language


@dataclass(frozen=True, slots=True)
class EntryPolicy:
    """How a caller gets in."""

    tries: int = 3
    digit_pause_s: float = 6.0
    """This long after the last digit a code counts as finished without #."""
    patience_s: float = 30.0
    """This long without any digit costs a try."""
    remind_s: float = 3.0
    """After so long a silence the code is asked for again."""
    longest_code: int = 12
    name_longest_s: float = 4.0
    """A caller who is asked for their name has so long to say it."""
    prompt_longest_s: float = 60.0
    """A prompt whose end has not been reported after this counts as ended."""
    language: Language = Language.SV
    """Callers are greeted in it, until their conference is known."""


class Passes(StrEnum):
    """A way to come that leads past the waiting room."""

    CALLED = "called"
    """Called out, and confirmed by key."""
    FUNCTION = "function"
    """Known as a function by a code of its own."""


@dataclass(frozen=True, slots=True)
class ConferencePolicy:
    key_pause_s: float = 4.0
    """A `*` waits this long for its second key."""
    end_after_s: float = 4.0
    """From the spoken farewell to the hang-up."""
    join_s: float = 2.5
    """Somebody who is not in the mix this long after the order is put there again, and asked to wait."""
    recording_retry_s: float = 30.0
    """A recording that failed is tried again after this."""
    most_left: int = 200
    """So many who have left a conference are still shown; the archive knows them all."""
    seat_kept_s: float = 600.0
    """The seat of a person whose line was lost is kept so long."""
    empty_s: float = 60.0
    """An empty meeting's recording is closed after this; the meeting itself stays open."""
    tell_muted_every_s: float = 30.0
    waiting_passes: frozenset[Passes] = frozenset(Passes)
    """Hosts pass always."""
    encrypted_trunks: frozenset[TrunkName] = frozenset()
    """Over these the sound is encrypted (SRTP)."""
    secrecy_needs_encryption: bool = False
    """No line without encryption comes into a meeting where secrecy applies."""
