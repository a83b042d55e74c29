"""The settings of the simulated network and its terminals, at start and while running."""

import types
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

S = TypeVar("S", "NetworkSettings", "TerminalSettings")

Behaviour = Literal["grant", "not_granted", "queue", "no_answer", "grant_to_another", "release"]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """The switching and management infrastructure (SwMI): who gets the floor, when, and what becomes of messages."""

    grant_delay_ms: float = 250.0
    """From a terminal's demand to the answer."""
    grant_jitter_ms: float = 50.0
    """The delay is even within ± this. Setting `grant_delay_ms` alone makes it exact (jitter 0)."""
    hang_time_s: float = 5.0
    """A group call without talker is released after this."""
    behaviour: Behaviour = "grant"
    """The network's answer to a terminal's demand. Scripted users are not subject to it."""
    behaviour_times: int = 0
    """How many demands `behaviour` is for, after which it is `grant` again; 0 means until changed."""
    when_busy: Literal["reject", "queue", "ignore"] = "reject"
    """A demand without pre-emption while somebody talks; `ignore` is what some base stations do."""
    queue_ms: float = 1000.0
    """With behaviour `queue`: from the report that it is queued to the grant."""
    release_cause: int = 5
    """With behaviour `release`: the disconnect cause by which the network ends the call instead of a grant."""
    may_ask_again: bool = True
    """The transmission request permission told with a refusal (TxRqPrmsn 0 = allowed, EN 300 392-2 14.8.43)."""
    rival_talks_s: float = 2.0
    """With behaviour `grant_to_another`: how long the other talks."""
    user_tot_s: float = 60.0
    """Scripted users' transmissions end after this."""
    late_ms: float = 60.0
    """Audio for the air that comes later than this leaves a hole. Less late audio is glued on, and counted."""
    buffer_ms: float | None = None
    """So much audio a radio holds ready for the air. Audio beyond it that comes at once, as after a pause of its peer,
    is thrown away, and counted. None: everything waits for its turn."""
    report: Literal["standard", "short", "none"] = "standard"
    """How scripted users' terminals acknowledge SDS that asks for it: SDS-REPORT, status 0x7E.., or not at all."""
    report_status: int = 0
    """Delivery status in the SDS-REPORT, 0 = received."""
    sds_accept_ms: float = 50.0
    """From AT+CMGS to `+CMGS: <inst>` and OK (about 1 s on a real terminal)."""
    sds_sent_ms: float = 150.0
    """From there to `+CMGS: <inst>,4,<ref>` (2 to 3 s on a real terminal)."""
    sds_report_ms: float = 150.0
    """From there to the receiver's report."""
    sds_outcome: Literal["sent", "failed"] = "sent"


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """One terminal and its manners."""

    baud: int | None = None
    """Speed of the serial line by the codeplug: at another one both sides read rubbish. None: every speed will do.
    Only a pseudo-terminal has a speed."""
    rtscts: bool | None = None
    """Hardware flow control by the codeplug: nothing gets through while the other side has it otherwise; None: any."""
    silent: bool = False
    """Takes bytes and says nothing, neither answers nor indications."""
    answer_delay_ms: float = 0.0
    """Slow answers: every command waits this long; indications come in between."""
    wake_up_errors: int = 1
    """How many of the first lines after connecting or power-up are answered with `+CME ERROR: 35`."""
    ok_order: Literal["first", "after_ctcc", "last"] = "last"
    """Where OK stands among the +CTCC and +CTXG of a dialled call."""
    identity: Literal["ssi", "tsi15", "tsi16", "ext17"] = "ext17"
    """The form of identities in indications and read-backs: 8 or fewer, 15, 16 or 17 digits."""
    talker_id: Literal["with_grant", "missing", "second"] = "with_grant"
    """+CTXG of another talker: with its identity, without, or first without and then again with it."""
    repeat_call_info: bool = False
    """+CTICN comes first without the caller, then again with it (seen in a DMO trace)."""
    tot_s: float = 60.0
    """The terminal's own transmission time-out."""
    tot_says: Literal["cdtxc", "not_granted", "interrupt", "nothing"] = "cdtxc"
    """The terminal's answer then. No trace of a real one exists, so every plausible answer can be chosen."""
    release_says: Literal["cdtxc", "only_ok"] = "cdtxc"
    """The effect of AT+CUTXC: it ends the transmission and says so, or is answered with OK and ends nothing. ATH
    does."""
    guard_s: float | None = None
    """A watchdog box beside the terminal, fed by every byte that the program writes. When the terminal transmits and
    nothing has come for this long, the box ends the transmission. Without: no box."""
    preempt_says: Literal["ctxi", "ctxg", "ctcr"] = "ctxi"
    """A talking terminal's indication when its permission is withdrawn."""
    cell_change_ms: float = 800.0
    cell_change_says: Literal["ctxn", "ctxg"] = "ctxn"
    """How the call is resumed."""
    list_form: Literal["first_row", "header", "prefixed"] = "first_row"
    """How AT+CNUMS? and AT+CNUMD? begin. Either the first row stands behind the code, or a line has the number of rows.
    Or the code stands before every row."""
    attach_ms: float = 100.0
    """From AT+CTGS to the attachment over the air."""
    boot_ms: float = 500.0
    """After a power cycle: dumb for this long, then searching for this long again before it is registered."""
    dmo_allowed: bool = False
    """Direct mode is off in the codeplug: AT+CTOM with anything but 0 gives CME 4."""
    rssi: int = 26
    """Received signal strength as +CSQ gives it, dBm = -113 + 2 rssi."""
    sds_length: Literal["exact", "four_less", "odd"] = "exact"
    """Quirks of received SDS: `four_less` says 4 bits less than the digits hold, `odd` leaves the last digit out."""
    idle_noise_dbfs: float | None = None
    """Faint noise to the audio peer when nobody talks; digital silence without."""
    codec_delay_ms: float = 0.0
    """Delay of received audio, 30 ms for one ACELP frame."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The fixed traits of a make of terminal."""

    manufacturer: str
    model: str
    revision: str
    instances: tuple[int, ...]
    """Call control instances, taken in turn, since no program may count on one of them."""
    settings: TerminalSettings


PROFILES: Final = {
    "mtm5400": Profile(
        "MOTOROLA", "54007,M83PF-----AN,88.2.0.0", "R88.2.0.0", tuple(range(1, 15)), TerminalSettings(ok_order="last")
    ),
    "mtm800e": Profile(
        "MOTOROLA",
        "54009,M80PCS6TZ5AN,65.3.1.0",
        "R65.3.1.0",
        (0, 1, 2, 3),
        TerminalSettings(ok_order="first", identity="tsi15", sds_length="four_less", wake_up_errors=2),
    ),
}


def _fits(value: object, annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Literal:
        return value in get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in get_args(annotation))
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, annotation)


def changed(settings: S, **changes: object) -> S:
    """The settings with changes.

    Raises:
        ValueError: An unknown name, or a value that does not fit it.
    """
    hints = get_type_hints(type(settings))
    for name, value in changes.items():
        if name not in hints:
            raise ValueError(f"no setting called {name}")
        if not _fits(value, hints[name]):
            raise ValueError(f"{name} cannot be {value!r}")
    if "grant_delay_ms" in changes:
        changes.setdefault("grant_jitter_ms", 0.0)
    return replace(settings, **changes)  # type: ignore[arg-type]


def names(kind: type[NetworkSettings] | type[TerminalSettings]) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))
