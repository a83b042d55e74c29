"""The commands of a call-out."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.callout.records import AnswerLevel, Goal
from bridge.domain.conference.commands import OpenConference
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ActivationId, ConferenceId, Issi, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.telephony.hours import NumberUse


@dataclass(frozen=True, slots=True)
class NewTarget:
    id: TargetId
    function: str
    organisation: str
    numbers: tuple[str, ...]
    language: Language = Language.SV
    host_rank: int | None = None
    """As that of `Seat`."""
    function_id: str | None = None
    """Its identity in the directory."""
    issis: tuple[Issi, ...] = ()
    """Its radios, from which it may answer."""
    email: str | None = None
    """For messages beside the calls; numbers that take SMS stand in `numbers`."""
    number_uses: tuple[NumberUse, ...] = ()
    """How its numbers are used."""
    nobody_on_duty: bool = False
    """It has a rota, and nobody was on duty when the call-out began."""
    level: AnswerLevel | None = None
    """In a call-out of several levels: its own, and that of its deputies."""
    deputies: tuple["NewTarget", ...] = ()
    """Called in its place, one after the other, when it cannot be reached or cannot come. They have none themselves."""


@dataclass(frozen=True, slots=True)
class StartActivation(Command):
    """Call a list out to a conference. The same key gives the activation that already runs. So does the same `list_id`
    while it is called out to the same conference."""

    activation: ActivationId
    key: str
    conference: ConferenceId
    list_name: str
    targets: tuple[NewTarget, ...]
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0
    exercise: bool = False
    list_id: str | None = None
    """The identity of the list, function or person called out; `None` never joins another. The name is only shown."""
    parallel: bool = False
    """As that of `Activation`."""
    level: AnswerLevel | None = None
    quorum: int | None = None
    stops_at_quorum: bool = False
    goals: tuple[Goal, ...] = ()
    """Of several levels, in place of the three above. Their deadlines are reckoned at the start."""
    also_lists: tuple[str, ...] = ()
    """Further lists, by identity. It joins a call-out of `list_id` only where these are called out by it too."""


@dataclass(frozen=True, slots=True)
class CallOut(Command):
    """Open a conference and call a list out to it, in one commit: both or neither. Where the activation runs already,
    nothing is opened."""

    opening: OpenConference
    activation: StartActivation
    """To the conference of `opening`."""


@dataclass(frozen=True, slots=True)
class CancelActivation(Command):
    activation: ActivationId


@dataclass(frozen=True, slots=True)
class ApproveActivation(Command):
    """Another person than the starter lets it call new ranges and beyond the caps."""

    activation: ActivationId


class TargetAct(StrEnum):
    """Something that people do about one function of a call-out."""

    RING = "ring"
    """Now, whatever it waits for, also one that was given up or cannot come."""
    NEXT_NUMBER = "next_number"
    """At the number after the one that is called, at once."""
    DEPUTY = "deputy"
    """Its deputy is called in its place."""
    REACHED = "reached"
    """It was reached in another way, and is not called."""


@dataclass(frozen=True, slots=True)
class SteerTarget(Command):
    """Do this about one function of a call-out."""

    activation: ActivationId
    target: TargetId
    act: TargetAct
    note: str = ""
    """How it was reached."""
