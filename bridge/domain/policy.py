"""The figures the rules go by. Settings fill them; the defaults are the product's."""

from dataclasses import dataclass

from bridge.domain.ids import TrunkName
from bridge.domain.model import Language, TerminalPolicy, TrunkPolicy


@dataclass(frozen=True, slots=True)
class EntryPolicy:
    """How a caller gets in."""

    tries: int = 3
    digit_pause_s: float = 6.0
    """This long after the last digit a code counts as finished without square."""
    patience_s: float = 30.0
    """This long without any digit costs a try."""
    remind_s: float = 3.0
    """After so long a silence the code is asked for again."""
    longest_code: int = 12
    prompt_longest_s: float = 60.0
    """A prompt whose end has not been reported after this counts as ended."""
    brake_after: int = 12
    """Wrong codes from one caller within `brake_window_s` before his answers slow down. Never a lock: a lock would let
    a stranger shut the region out of its own crisis."""
    brake_window_s: float = 1800.0
    brake_longest_s: float = 10.0


@dataclass(frozen=True, slots=True)
class MeetingPolicy:
    key_pause_s: float = 4.0
    """A `*` waits this long for its second key."""
    end_after_s: float = 4.0
    """From the spoken farewell to the hang-up."""
    join_s: float = 2.5
    """A person who is not in the mix this long after the order is put there again, and asked to wait."""
    recording_retry_s: float = 30.0
    """A recording that failed is tried again after this."""
    most_left: int = 200
    """So many who have left a conference are still shown; the archive knows them all."""
    empty_s: float = 60.0
    """An empty meeting's recording is closed after this; the meeting itself stays open."""
    tell_muted_every_s: float = 30.0


@dataclass(frozen=True, slots=True)
class CalloutPolicy:
    key_wait_s: float = 30.0
    """From the answer until a called person without a key counts as unconfirmed."""
    doubt_s: float = 5.0
    """Wait before calling again where a crash left no trace of the call."""
    congestion_s: float = 2.0
    """A congested trunk rests this long, doubled each time up to `congestion_longest_s`."""
    congestion_longest_s: float = 30.0


@dataclass(frozen=True, slots=True)
class RadioPolicy:
    """Rakel's one minute and what surrounds it (design rule: warn at 50 s, cut at 58 s)."""

    warn_s: float = 50.0
    cut_s: float = 58.0
    pause_s: float = 2.0
    """Between a cut and the next demand, so that a radio user can break in."""
    grant_s: float = 4.0
    """A demand that nobody answers ends after this (a busy network may never answer)."""
    queued_s: float = 15.0
    retry_s: float = 1.0
    busy_hold_s: float = 20.0
    """Held speech waits at most this long for a talker's end before it is asked for again."""
    select_retry_s: float = 5.0
    """A talkgroup that its terminal does not take is asked for again after this, doubled up to…"""
    select_longest_s: float = 120.0
    """…this."""
    stale_s: float = 10.0
    """What was said while the talkgroup could not be reached is old news: what is older than this is not sent."""
    takeover_s: float = 5.0
    """A terminal away for this long loses its talkgroup to a free one; 0: never."""
    lease_warn_s: float = 300.0
    """The hosts are told this long before a patch's lease ends."""
    closing_s: float = 20.0
    """The closing notice has this long to get on the air."""
    key_silent_s: float = 30.0
    """A key that holds the way to the air open is let go of after this long without speech."""
    kerchunk_s: float = 0.5
    """A radio user's press shorter than this asks for no word."""
    loop_s: float = 1.0
    """A radio user heard within this from a start of ours on another talkgroup is suspected to be ourselves…"""
    loop_count: int = 3
    """…and is taken as that after so many in a row."""
    fallback_s: float = 10.0
    """Telephony away for this long: meetings with a talkgroup go on by radio alone; 0: never."""


@dataclass(frozen=True, slots=True)
class ShortDataPolicy:
    """Texts and statuses by radio."""

    expires_s: float = 600.0
    """A message that no terminal could take within this is given up; a report is waited for as long."""
    tries: int = 5
    retry_s: float = 5.0
    """After a refusal that may pass; doubled each time up to `retry_longest_s`."""
    retry_longest_s: float = 60.0
    look_again_s: float = 2.0
    """While something waits, the terminals are looked at at least so often."""
    most_waiting: int = 200
    """More than this many unsent messages are refused: they would be old news before they went out."""
    emergency_again_s: float = 30.0
    """A radio repeats its alarm; the hosts are told anew only after this."""


@dataclass(frozen=True, slots=True)
class Policy:
    entry: EntryPolicy = EntryPolicy()
    meeting: MeetingPolicy = MeetingPolicy()
    callout: CalloutPolicy = CalloutPolicy()
    radio: RadioPolicy = RadioPolicy()
    short_data: ShortDataPolicy = ShortDataPolicy()
    language: Language = Language.SV
    terminals: tuple[TerminalPolicy, ...] = ()
    """A terminal without an entry may use every talkgroup and is no spare."""
    trunks: tuple[TrunkPolicy, ...] = (TrunkPolicy(name=TrunkName("default")),)
