"""Records for the tests: a small meeting with a call-out, and any value a record can have."""

import dataclasses
import types
import typing
from enum import StrEnum
from typing import Any, TypeVar

from hypothesis import strategies as st

from bridge.domain.alarms.kinds import AlarmKind, Priority
from bridge.domain.alarms.records import Alarm
from bridge.domain.callout.records import Activation, Attempt, CallTally, Target
from bridge.domain.conference.records import Conference, ForumLevel, Leg, LegKind, Room, Seat, SeatState
from bridge.domain.decisions.records import Acknowledgement, Answer, AnswerWay, Decision, DecisionState
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.guessing.records import FamiliarLines, Guesses
from bridge.domain.kernel.ids import (
    AcknowledgementId,
    ActivationId,
    AlarmId,
    AttemptId,
    ChannelId,
    ConferenceId,
    DecisionId,
    EvaluationId,
    Gssi,
    LegId,
    LinkId,
    MailingId,
    MessageId,
    MixId,
    OccurrenceId,
    OutboxId,
    ParticipantId,
    PatchId,
    RecordingId,
    RollCallId,
    RollEntryId,
    ScheduleId,
    SituationReportId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.week import Weekday
from bridge.domain.links.records import Link, LinkKind
from bridge.domain.mailings.records import Mailing, MailingKind
from bridge.domain.outbox.records import Bearer, OutboxMessage
from bridge.domain.phoneorders.records import ConfirmedOrder
from bridge.domain.radio.records import Patch
from bridge.domain.recording.records import Recording
from bridge.domain.rollcall.records import RollCall, RollCallState, RollEntry
from bridge.domain.schedule.records import (
    Moved,
    Occurrence,
    OccurrenceState,
    Options,
    Ringing,
    Rule,
    Schedule,
    Smarr,
)
from bridge.domain.shortdata.records import Message, MessageDirection, MessageState
from bridge.domain.situation.records import SituationReport
from bridge.domain.speaking.records import Speaking, SpeakingItem

T = TypeVar("T")

CONFERENCE = Conference(ConferenceId("cnf-1"), "Värmebölja", "+46855555555", 100.0)
ROOM = Room(MixId("mix-1"), CONFERENCE.id, 100.0)
HOST = Seat(
    ParticipantId("prt-1"),
    CONFERENCE.id,
    ROOM.id,
    LegKind.PHONE,
    "TiB",
    state=SeatState.PRESENT,
    organisation="Länsstyrelsen",
    function="Tjänsteman i beredskap",
    joined_at_s=101.0,
    leg=LegId("lin-1"),
)
LEG = Leg(LegId("lin-1"), HOST.id, LegKind.PHONE, 100.5, ChannelId("in-1"))
PATCH = Patch(PatchId("pat-1"), CONFERENCE.id, TerminalName("rakel-1"), Gssi(1234567), ParticipantId("prt-2"), "RAPS-1")
ACTIVATION = Activation(ActivationId("act-1"), "key-1", CONFERENCE.id, "Ledning", "operator", 100.0)
TARGET = Target(TargetId("tgt-1"), ACTIVATION.id, 0, "TiB", "Länsstyrelsen", ("+4684650400", "+4684650401"))
TALLIED = CallTally(since_s=100.0, calls=3, lists=(("lst-1", 2),), ranges=("+47",), told_at_s=101.0)
ATTEMPT = Attempt(AttemptId("leg-1"), TARGET.id, ACTIVATION.id, "+4684650400", TrunkName("operator"))
RECORDING = Recording(RecordingId("rec-1"), CONFERENCE.id, 110.0, room=ROOM.id)
MESSAGE = Message(
    MessageId("sds-1"),
    MessageDirection.OUT,
    MessageState.ON_AIR,
    120.0,
    1234567,
    text="Samling 🚒",
    conference=CONFERENCE.id,
    references=(7, None),
    delivered=frozenset({1}),
)
OUTBOX_MESSAGE = OutboxMessage(
    OutboxId("out-1"),
    Bearer.SMS,
    "+46701740605",
    "Samling €",
    120.0,
    activation=ACTIVATION.id,
    target=TARGET.id,
    held=True,
    mailing=MailingId("sch-1/invitation/series/0"),
    calendar="BEGIN:VCALENDAR\r\n",
    calendar_method="REQUEST",
)
ALARM = Alarm(
    AlarmId("alm-1"),
    "trunk main",
    AlarmKind.TRUNK,
    Priority.IMPORTANT,
    Reason("trunk_unusable", (("state", "offline"),)),
    "trunk main",
    110.0,
    behind=("trunks", "asterisk"),
)
MAILING = Mailing(
    MailingId("sch-1/invitation/series/0"),
    MailingKind.INVITATION,
    120.0,
    ScheduleId("sch-1"),
    without_address=("VB",),
)
LINK = Link(LinkId("aaaaaaaaaa"), LinkKind.ANSWER, 120.0, 240.0, activation=ACTIVATION.id, target=TARGET.id)
CONFIRMED_ORDER = ConfirmedOrder(ChannelId("in-1"), "tib", "TiB", "Länsstyrelsen", "list-1", "Inriktande", True, 120.0)
GUESSED = Guesses(lines=(("+46701740605", (90.0, 95.5)),), pools=(("all", 180.0),), told=(("all", 90.0),), wrong=2)
FAMILIAR = FamiliarLines(lines=(("+46701740606", 80.0),))
SPEAKING = Speaking(
    CONFERENCE.id, CONFERENCE.id, (SpeakingItem("TiB", minutes=3.0), SpeakingItem(title="Lägesbild", is_done=True))
)
ROLL_CALL = RollCall(RollCallId("rol-1"), CONFERENCE.id, "TiB", 120.0, RollCallState.CALLING, quorum=2, called=1)
ROLL_ENTRY = RollEntry(
    RollEntryId("ren-1"), ROLL_CALL.id, 0, "TiB", "Länsstyrelsen", ("+46846500401",), called_at_s=121.0, required=True
)
DECISION = Decision(
    DecisionId("dec-1"), CONFERENCE.id, 1, 130.0, "TiB", DecisionState.ASKING, "Stäng bron 🌉", RECORDING.id,
    ended_at_s=160.0, ended_by="operator", rounds=2,
)  # fmt: skip
ACKNOWLEDGED = Acknowledgement(
    AcknowledgementId("ack-1"), DECISION.id, "Länsstyrelsen", Answer.RESERVED, 170.0, AnswerWay.KEY, "TiB", HOST.id
)
SCHEDULED = Schedule(
    ScheduleId("sch-1"), "operator", 100.0, "Veckomöte 🌉",
    Rule(
        "2027-01-07", "16:00", (Weekday.TH,), None, skipped=("2027-01-14",),
        moved=(Moved("2027-01-21", "2027-01-20", "09:00"),),
    ),
    "forum-1", level=ForumLevel.DIRECTING, options=Options(talkgroup=Gssi(2001)), smarr=Smarr(agenda=("Lägesbild",)),
)  # fmt: skip
HELD = Occurrence(
    OccurrenceId("sch-1.2027-01-07"), SCHEDULED.id, "2027-01-07", "Veckomöte", 200.0, 110.0, 110.0, CONFERENCE.id,
    ROOM.id, OccurrenceState.OPENED, 90.0, 120.0, Ringing.AWAITED,
)  # fmt: skip
REPORTED = SituationReport(
    SituationReportId(f"{HELD.id}/org-1"), HELD.id, "org-1", "Länsstyrelsen", "Lugnt 🌉", "En båt", "operator", 180.0
)
EVALUATED = Evaluation(
    EvaluationId("aaaaaaaaaa"), CONFERENCE.id, "Länsstyrelsen", "TiB", ("Ljudet?", "Tiden?"), (5, 0), "Bra 👍", 400.0
)
EVERYTHING = (
    *(CONFERENCE, ROOM, HOST, LEG, PATCH, ACTIVATION, TARGET, ATTEMPT, TALLIED, RECORDING, MESSAGE, SPEAKING),
    *(
        OUTBOX_MESSAGE,
        MAILING,
        ALARM,
        GUESSED,
        FAMILIAR,
        ROLL_CALL,
        ROLL_ENTRY,
        DECISION,
        ACKNOWLEDGED,
        SCHEDULED,
        HELD,
    ),
    *(REPORTED, LINK, EVALUATED, CONFIRMED_ORDER),
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
_REASON = st.builds(
    lambda code, data: Reason(code, tuple(sorted(data.items()))),
    TEXT,
    st.dictionaries(TEXT, TEXT | st.integers(0, 2**24) | st.builds(Reason, TEXT), max_size=2),
)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Reason: _REASON,
    str: TEXT,
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(0, 2**24),
    bool: st.booleans(),
    type(None): st.none(),
}


def any_of(kind: type[T], **fixed: Any) -> st.SearchStrategy[T]:
    """Any value of a record type, but for the fields that are fixed (to a value, or to a strategy)."""
    hints = typing.get_type_hints(kind)
    given = {name: _any(hint) for name, hint in hints.items() if name not in fixed}
    set_ones = {
        name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in fixed.items()
    }
    return st.builds(kind, **given, **set_ones)


def but(kind: type[StrEnum], *excluded: StrEnum) -> st.SearchStrategy[StrEnum]:
    """Any member but these."""
    return st.sampled_from([member for member in kind if member not in excluded])


def _any(hint: Any) -> st.SearchStrategy[Any]:
    hint = getattr(hint, "__supertype__", hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return any_of(hint)
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return any_of(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of(*map(_any, arguments))
    if origin is tuple and arguments[-1] is ...:
        return st.lists(_any(arguments[0]), max_size=4).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_any, arguments))
    if origin is frozenset:
        return st.frozensets(_any(arguments[0]), max_size=4)
    return st.sampled_from(list(hint))
