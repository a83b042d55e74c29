"""The outer world of the radio model. It is a terminal with its network, and the audio path, each as small as it can
be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import Gssi, Issi, PatchId, TerminalName
from bridge.domain.radio.events import (
    SaidOnAir,
    SpeechBegan,
    SpeechDrained,
    TerminalChanged,
    TerminalState,
    TransmitRefused,
)
from bridge.rakel import call_values as call
from bridge.rakel.group_calls import GroupCalls
from bridge.rakel.pei.codes import TxGrant
from bridge.rakel.pei.identity import Identity
from bridge.rakel.pei.indications import (
    CallConnected,
    CallReleased,
    Indication,
    OutgoingCall,
    TransmissionCeased,
    TransmissionGrant,
    TransmissionInterrupted,
    TransmissionWait,
)
from tests.harness.reasons import because

Emit = Callable[[Event], None]
USER = Identity(1_002_001)
HANG_S = 5.0
TOT_S = 60.0
"""The terminal's own time-out: at this it ends by itself."""


class Terminal:
    """A terminal that listens: `GroupCalls`, and behind it one talkgroup's floor.

    What the network makes of a demand is chosen by the rules: `answers`. `keyed_s` counts how long we have been keyed.
    """

    def __init__(self, name: TerminalName, own: Issi, emit: Emit) -> None:
        self.name = name
        self.calls = GroupCalls(name)
        self.calls.own_issi = own
        self.emit = emit
        self.now_s = 0.0
        self.state = TerminalState.ABSENT
        self.gssi: Gssi | None = None
        self.instance = 1
        self.up = False
        self.demand_open = False
        """The network has a demand of ours that it has not answered."""
        self.keyed_s: float | None = None
        self.user_talks = False
        self.quiet_s = 0.0
        self.longest_keyed_s = 0.0

    # --- what the program asks ---

    def demand(self, gssi: Gssi, *, preempt: bool) -> None:
        if self.state is not TerminalState.READY or self.gssi != gssi:
            self.emit(TransmitRefused(self.now_s, self.name, because("it is not there"), retry=True))
            return
        self.take(self.calls.ours.demand(gssi, self.now_s, preempt=preempt))

    def cease(self) -> None:
        self.take(self.calls.ours.cease(self.now_s))

    def take(self, outputs: Iterable[call.Output]) -> None:
        for output in outputs:
            match output:
                case call.Press(serial=serial, instance=instance) if not self.up or instance != self.instance:
                    failed = self.calls.ours.ask_failed(
                        serial, because("no such call"), self.now_s, retry=True, stale=True
                    )
                    self.take(failed)
                case call.Dial() | call.Press():
                    self.demand_open = True
                case call.Release() | call.HangUp():
                    self._give_back(whole=isinstance(output, call.HangUp))
                    self.take(self.calls.ours.release_answered(self.now_s, done=True))
                case call.Withdraw() | call.Noted():
                    pass
                case _:
                    self.emit(output)

    def _give_back(self, *, whole: bool) -> None:
        self.demand_open = False
        if self.keyed_s is not None:
            self.keyed_s = None
            self.hears(TransmissionCeased(self.instance))
        if whole and self.up:
            self._release(1)

    # --- what the network does ---

    def hears(self, *said: Indication) -> None:
        for one in said:
            self.take(self.calls.hear(one, self.now_s))

    def answers(self, how: str) -> None:
        """To the open demand."""
        if not self.up:
            self.up = True
            self.hears(OutgoingCall(self.instance, 0))
            if self.up:
                self.hears(CallConnected(self.instance))
        if not self.demand_open or not self.up:
            return
        match how:
            case "grant":
                self.demand_open, self.keyed_s, self.user_talks = False, 0.0, False
                self.hears(TransmissionGrant(self.instance, TxGrant.GRANTED))
            case "queue":
                self.hears(TransmissionGrant(self.instance, TxGrant.QUEUED))
            case "refuse" | "bar":
                self.demand_open = False
                self.hears(TransmissionGrant(self.instance, TxGrant.NOT_GRANTED, how == "refuse"))
            case _:
                self.user_presses()

    def user_presses(self) -> None:
        """A user gets the floor: it is free, or he takes it from us."""
        keyed, self.keyed_s = self.keyed_s is not None, None
        self.demand_open, self.up, self.user_talks = False, True, True
        kind = TransmissionInterrupted if keyed else TransmissionGrant
        self.hears(kind(self.instance, TxGrant.GRANTED_TO_ANOTHER, True, USER))

    def user_releases(self, *, told: bool = True) -> None:
        """Or drives into a tunnel, of which nothing is told."""
        if self.user_talks:
            self.user_talks, self.quiet_s = False, 0.0
            if told:
                self.hears(TransmissionCeased(self.instance))

    def cell_changes(self) -> None:
        self.keyed_s = None
        self.hears(TransmissionWait(self.instance))

    def _release(self, cause: int) -> None:
        self.up, self.user_talks, self.keyed_s, self.demand_open, self.quiet_s = False, False, None, False, 0.0
        self.hears(CallReleased(self.instance, cause))
        self.instance = self.instance % 14 + 1

    def becomes(self, state: TerminalState, gssi: Gssi | None) -> None:
        """As the driver tells it: what is lost, is lost before it is said."""
        if state is not TerminalState.READY:
            self.up = self.user_talks = self.demand_open = False
            self.keyed_s = None
            self.take(self.calls.lose(because("gone"), self.now_s))
        elif gssi != self.gssi:
            self.cease()
        self.state, self.gssi = state, gssi
        self.emit(TerminalChanged(self.now_s, self.name, state, None, self.calls.own_issi, gssi))

    def passes(self, seconds: float, now_s: float) -> None:
        self.now_s = now_s
        self.take(self.calls.tick(now_s))
        if self.keyed_s is not None:
            self.keyed_s += seconds
            self.longest_keyed_s = max(self.longest_keyed_s, self.keyed_s)
            if self.keyed_s > TOT_S:
                self.keyed_s = None
                self.hears(TransmissionCeased(self.instance))
        busy = self.keyed_s is not None or self.user_talks or self.demand_open
        self.quiet_s = 0.0 if busy else self.quiet_s + seconds
        if self.up and self.quiet_s >= HANG_S:
            self._release(13)


@dataclass
class Path:
    """As `bridge.media.path`, in seconds instead of samples."""

    patch: PatchId
    terminal: TerminalName
    up: bool = False
    armed: bool = True
    sending: bool = False
    held_s: float = 0.0
    said_s: float = 0.0
    """All that was said for the air while it was armed."""
    aired_s: float = 0.0
    dropped_s: float = 0.0
    wasted_s: float = 0.0
    """Given to a terminal that was not keyed."""
    deaf: bool = False
    """What is being said was dropped, and so is the rest of it."""
    began_told: bool = False
    drained_told: bool = False
    words: int = 0
    """Notices that wait to be said on the air; each is a second of speech."""
    tells: list[Event] = field(default_factory=list)

    def send(self) -> None:
        if not self.sending:
            self.sending, self.drained_told, self.deaf = True, False, False

    def hold(self) -> None:
        if self.sending:
            self.sending, self.began_told = False, False

    def drop(self, older_than_s: float | None = None) -> None:
        """Of what is held the oldest; while nothing is sent, what is being said is the newest of it."""
        kept_s = 0.0 if older_than_s is None else min(self.held_s, older_than_s)
        self.dropped_s += self.held_s - kept_s
        self.held_s = kept_s
        self.deaf = not self.sending and older_than_s is None

    def arm(self, *, armed: bool) -> None:
        if armed is not self.armed:
            self.armed, self.deaf, self.began_told = armed, False, self.began_told and not armed

    def passes(self, seconds: float, at_s: float, *, talking: bool, keyed: bool) -> list[Event]:
        """Sound of so many seconds. Speech is held, and held speech goes out twice as fast as it came."""
        if not talking:
            self.deaf = False
        if talking and self.armed and self.up and not self.deaf:
            self.held_s += seconds
            self.said_s += seconds
        if self.sending and self.up:
            out_s = min(self.held_s, 2 * seconds)
            self.held_s -= out_s
            if keyed:
                self.aired_s += out_s
            else:
                self.wasted_s += out_s
        return self._told(at_s, talking=talking)

    def _told(self, at_s: float, *, talking: bool) -> list[Event]:
        told: list[Event] = []
        if not self.sending and self.held_s > 0 and not self.began_told and self.up:
            self.began_told = True
            told.append(SpeechBegan(at_s, self.patch))
        if self.sending and self.held_s <= 0 and not (talking and self.armed) and not self.drained_told:
            self.drained_told = True
            told.append(SpeechDrained(at_s, self.patch))
            told += [SaidOnAir(at_s, self.patch) for _ in range(self.words)]
            self.words = 0
        if not self.sending and self.held_s <= 0 and self.began_told and not talking:
            self.began_told = False
            told.append(SpeechDrained(at_s, self.patch))
        return told
