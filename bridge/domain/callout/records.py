"""Call-outs (*inkallning*), their targets and each call made: the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from bridge.domain.kernel.ids import ActivationId, AttemptId, ConferenceId, Issi, ParticipantId, TargetId, TrunkName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records
from bridge.domain.telephony.hours import NumberUse


class ActivationState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class TargetState(StrEnum):
    WAITING = "waiting"
    CALLING = "calling"
    ASKED = "asked"
    """Answered; the keys have been read out."""
    JOINED = "joined"
    """Pressed 1 and is (or was) in the conference."""
    LOST = "lost"
    """Was in the conference; the line was lost, and the person is rung back by a call-out of its own."""
    LATER = "later"
    """Pressed 2: comes later. Where they are called then, `comes_at_s` tells when."""
    CANNOT = "cannot"
    """Pressed 3, or 4 to have the deputy called."""
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"
    STANDBY = "standby"
    """A deputy: called when the function that it stands in for cannot be reached or cannot come."""
    REACHED = "reached"
    """Somebody says that it was reached in another way. It is not called, and has not come."""
    CALLS_BACK = "calls_back"
    """Somebody rings from a number at which the function was called. It is not called while they are on the line."""


TARGET_DONE: Final = frozenset(
    {
        TargetState.JOINED,
        TargetState.LOST,
        TargetState.LATER,
        TargetState.CANNOT,
        TargetState.UNREACHABLE,
        TargetState.CANCELLED,
        TargetState.STANDBY,
        TargetState.REACHED,
    }
)
"""Nobody has anything to do about these."""
NOT_RUNG: Final = TARGET_DONE | {TargetState.CALLS_BACK}
"""Nobody is to be called for these now, and the end of a call tells nothing of them."""
NOT_COMING: Final = frozenset({TargetState.UNREACHABLE, TargetState.CANNOT})
"""A deputy stands in for these."""


class AttemptState(StrEnum):
    INTENT = "intent"
    """Committed before the call is placed."""
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class AnswerLevel(StrEnum):
    """By when the functions of a call-out shall have come."""

    DIRECT = "direct"
    """Within `CalloutPolicy.direct_s`."""
    HOUR = "60_min"
    TWO_HOURS = "2_h"


class Goal(NamedTuple):
    """By when so many functions of one level shall have come."""

    level: AnswerLevel | None = None
    """`None`: they have no deadline."""
    due_at_s: float | None = None
    quorum: int | None = None
    """So many functions of the level; `None`: all."""
    stops_at_quorum: bool = False
    """With its quorum nobody more of the level is called."""
    quorum_at_s: float | None = None
    """When it had its quorum."""
    missed: bool = False
    """Its deadline has passed without the quorum."""

    @property
    def is_late(self) -> bool:
        """Its deadline has passed, and the quorum is not there."""
        return self.missed and self.quorum_at_s is None

    @property
    def is_asked(self) -> bool:
        """Anything is asked of its functions."""
        return self.due_at_s is not None or self.quorum is not None


class AttemptResult(StrEnum):
    JOINED = "joined"
    LATER = "later"
    CANNOT = "cannot"
    DEPUTY = "deputy"
    """Pressed 4: the deputy is to come."""
    NO_KEY = "no_key"
    """Answered by somebody or something that pressed nothing: never bridged."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    FORWARDED = "forwarded"
    """The telephone forwards its calls (SIP 302), which is followed nowhere: a stranger may have set it."""
    INVALID = "invalid"
    """The number does not exist: marked bad, not called again in this activation."""
    CONGESTION = "congestion"
    """The trunk's fault: costs the function no attempt."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    """Lost in a crash without a trace: called again, told so, and counted."""


@dataclass(frozen=True, slots=True)
class Activation(Record):
    """A call-out (*inkallning*) of a list to a conference. The same client-made `key` is the same activation."""

    id: ActivationId
    key: str
    conference: ConferenceId
    list_name: str
    """To show; never an identity."""
    started_by: str
    started_at_s: float
    state: ActivationState = ActivationState.OPEN
    ring_s: float = 30.0
    """How long one number rings, 5…120 s."""
    rounds: int = 3
    """How many times the whole order of numbers is gone through, 1…10."""
    round_pause_s: float = 90.0
    """Between the rounds; inside the 3 min in which a phone's do-not-disturb lets a second call through."""
    exercise: bool = False
    ended_at_s: float | None = None
    list_id: str | None = None
    """The identity of the list called out, or `None` where every order is one of its own."""
    parallel: bool = False
    """All numbers of a function are called at once, and not in order. The first key stops the others."""
    level: AnswerLevel | None = None
    due_at_s: float | None = None
    """By then its quorum shall have come."""
    quorum: int | None = None
    """So many functions; `None`: all."""
    stops_at_quorum: bool = False
    """With its quorum nobody more is called."""
    quorum_at_s: float | None = None
    """When it had its quorum."""
    missed: bool = False
    """Its deadline has passed without the quorum."""
    approved_by: str | None = None
    """The second person, who lets it call new ranges and beyond the caps."""
    goals: tuple[Goal, ...] = ()
    """Of a call-out of several levels, the most urgent first; of one level they are the fields above. With several,
    `due_at_s` is the last deadline, `quorum_at_s` when all had their quorum, and `missed` that any has passed."""
    also_lists: tuple[str, ...] = ()
    """The identities of further lists that are called out with `list_id`."""


OPERATOR_LIST: Final = "operator"
"""The identity of a call-out of the operator, who is called into a meeting by key."""


@dataclass(frozen=True, slots=True)
class Target(Record):
    """One function in an activation, with its numbers in order (E.164 with plus, digits only)."""

    id: TargetId
    activation: ActivationId
    position: int
    function: str
    organisation: str
    numbers: tuple[str, ...]
    language: Language = Language.SV
    state: TargetState = TargetState.WAITING
    next_number: int = 0
    """Index into `numbers` of the next to call."""
    round: int = 0
    not_before_s: float = 0.0
    """No call to this function before this instant."""
    bad_numbers: frozenset[str] = frozenset()
    attempt: AttemptId | None = None
    """A live attempt. There is at most one, unless all numbers are called at once."""
    attempts_made: int = 0
    reason: Reason | None = None
    called_before: bool = False
    """A call may have been lost in a crash: the prompt says that they may have had this call already."""
    seat: ParticipantId | None = None
    """The lost participant whom this target rings back."""
    host_rank: int | None = None
    """As that of the seat that they get."""
    function_id: str | None = None
    """Its identity in the directory; `None`: a person who was called by number."""
    deputy_for: TargetId | None = None
    """The function of this activation for which it stands in."""
    comes_at_s: float | None = None
    """When they will come, as they said, and are called then if they have not come by themselves."""

    tried: frozenset[str] = frozenset()
    """Numbers that were called in this round, where all are called at once."""
    number_uses: tuple[NumberUse, ...] = ()
    """The hours of its numbers, and the persons whose they are."""
    left_out: frozenset[str] = frozenset()
    """Numbers that were left out at the latest call, since they were outside their hours."""
    issis: tuple[Issi, ...] = ()
    """Its radios, from which it may answer."""
    rung: frozenset[str] = frozenset()
    """Numbers that were called in this call-out: those from which the function may ring back."""
    call_backs: int = 0
    """So many times it has rung back."""
    was: TargetState | None = None
    """Its state before it rang back, while it is on the line."""
    nobody_on_duty: bool = False
    """It has a rota, and nobody was on duty when the call-out began."""
    level: AnswerLevel | None = None
    due_at_s: float | None = None
    """By then it shall have come, or its deputy; those who are due first are called first."""

    @property
    def is_awaited(self) -> bool:
        """They said when they come, and that is still to be."""
        return self.state is TargetState.LATER and self.comes_at_s is not None


@dataclass(frozen=True, slots=True)
class Attempt(Record):
    """One call to one number of a target, or of several that share it. The id is the channel's id."""

    id: AttemptId
    target: TargetId
    activation: ActivationId
    number: str
    trunk: TrunkName
    state: AttemptState = AttemptState.INTENT
    result: AttemptResult | None = None
    cause: int | None = None
    """Q.850 cause of the end."""
    intent_at_s: float = 0.0
    ringing_at_s: float | None = None
    answered_at_s: float | None = None
    ended_at_s: float | None = None
    also: tuple[TargetId, ...] = ()
    """Further functions behind the same number, who are asked in the same call."""
    released: tuple[TargetId, ...] = ()
    """Those of them for whom the person who answered does not answer. They are called at other numbers meanwhile."""


TALLY_ID: Final = "tally"


@dataclass(frozen=True, slots=True)
class CallTally(Record):
    """The calls of a day, and the ranges that were ever called. There is one for the node."""

    id: str = TALLY_ID
    since_s: float = 0.0
    """When the day began: with its first call."""
    calls: int = 0
    lists: tuple[tuple[str, int], ...] = ()
    """List → its calls of the day."""
    ranges: tuple[str, ...] = ()
    """As `range_of`, but for the home country. The store keeps them for good."""
    told_at_s: float = 0.0
    """When a cap that live calls went beyond was last told."""


TALLY: Final = Records[str, CallTally]("call_tally", CallTally, None)
ACTIVATIONS: Final = Records[ActivationId, Activation]("activations", Activation, "activation")
TARGETS: Final = Records[TargetId, Target]("targets", Target, "target")
ATTEMPTS: Final = Records[AttemptId, Attempt]("attempts", Attempt, "attempt")
