"""Records for the tests: a small meeting with a call-out, and any value a record can have."""

import dataclasses
import types
import typing
from enum import StrEnum
from typing import Any, TypeVar

from hypothesis import strategies as st

from bridge.domain import model
from bridge.domain.ids import (
    ActivationId,
    AttemptId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.model import (
    Activation,
    Attempt,
    Conference,
    Message,
    MessageDirection,
    MessageState,
    Participant,
    ParticipantKind,
    ParticipantState,
    Patch,
    Recording,
    Target,
)

T = TypeVar("T")

CONFERENCE = Conference(ConferenceId("cnf-1"), MixId("mix-1"), "Värmebölja", "+46855555555", 100.0)
HOST = Participant(
    ParticipantId("prt-1"),
    CONFERENCE.id,
    ParticipantKind.PHONE,
    "TiB",
    state=ParticipantState.PRESENT,
    organisation="Länsstyrelsen",
    function="Tjänsteman i beredskap",
    joined_at_s=101.0,
)
PATCH = Patch(PatchId("pat-1"), CONFERENCE.id, TerminalName("rakel-1"), Gssi(1234567), ParticipantId("prt-2"), "RAPS-1")
ACTIVATION = Activation(ActivationId("act-1"), "key-1", CONFERENCE.id, "Ledning", "operator", 100.0)
TARGET = Target(TargetId("tgt-1"), ACTIVATION.id, 0, "TiB", "Länsstyrelsen", ("+4684650400", "+4684650401"))
ATTEMPT = Attempt(AttemptId("leg-1"), TARGET.id, ACTIVATION.id, "+4684650400", TrunkName("operator"))
RECORDING = Recording(RecordingId("rec-1"), CONFERENCE.id, 110.0)
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
EVERYTHING = (CONFERENCE, HOST, PATCH, ACTIVATION, TARGET, ATTEMPT, RECORDING, MESSAGE)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(0, 2**24),
    bool: st.booleans(),
    type(None): st.none(),
}


def any_of(kind: type[T], **fixed: Any) -> st.SearchStrategy[T]:
    """Any value of a record type, but for the fields that are fixed (to a value, or to a strategy)."""
    hints = typing.get_type_hints(kind, vars(model))
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
