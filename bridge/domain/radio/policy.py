"""The figures by which the radio is keyed, and what each terminal may be used for."""

from dataclasses import dataclass

from bridge.domain.kernel.ids import Gssi, TerminalName


@dataclass(frozen=True, slots=True)
class TerminalPolicy:
    """The permitted uses of a terminal."""

    name: TerminalName
    talkgroups: tuple[Gssi, ...] = ()
    """Empty: every one."""
    spare: bool = False
    """Kept free to take over the talkgroup of a terminal that fails."""
    text_octets: int = 140
    """Of text in one short message that it sends."""

    def may_use(self, gssi: Gssi) -> bool:
        return not self.talkgroups or gssi in self.talkgroups


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
    """Speech held while the talkgroup could not be reached is old news: older speech than this is not sent."""
    takeover_s: float = 5.0
    """A terminal away for this long loses its talkgroup to a free one; 0: never."""
    lease_warn_s: float = 300.0
    """The hosts are warned this long before a patch's lease ends."""
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
    terminals: tuple[TerminalPolicy, ...] = ()
    """A terminal without an entry may use every talkgroup and is no spare."""
