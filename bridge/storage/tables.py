"""The schema. Column names are the field names of the records in `bridge.domain`; instants are seconds since 1970."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from bridge.domain.directory import ForumLevel, PatchRule
from bridge.domain.model import (
    ActivationState,
    ArchiveState,
    AttemptResult,
    AttemptState,
    ConferenceState,
    FloorMode,
    Keying,
    Language,
    MessageDirection,
    MessageState,
    NoteKind,
    ParticipantKind,
    ParticipantState,
    PatchState,
    Precedence,
    RecordingState,
    Role,
    TargetState,
)
from bridge.storage.columns import Choice, CleanText, SmallJson, pairs

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, CleanText, nullable=null)


def _id(name: str = "id") -> Column[str]:
    return Column(name, CleanText, primary_key=True)


def _of(name: str, target: str) -> Column[str]:
    return Column(name, CleanText, ForeignKey(target), nullable=False)


def _instant(name: str, *, null: bool = True) -> Column[float]:
    return Column(name, Double, nullable=null)


def _number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=null)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


conferences: Final = Table(
    "conferences",
    METADATA,
    _id(),
    _text("mix"),
    _text("name"),
    _text("number"),
    _instant("created_at_s", null=False),
    Column("state", Choice(ConferenceState), nullable=False),
    Column("language", Choice(Language), nullable=False),
    _flag("locked"),
    _flag("exercise"),
    _text("forum", null=True),
    _flag("emergency"),
    Column("floor_mode", Choice(FloorMode), nullable=False),
    _text("floor_holder", null=True),
    Column("floor_queue", SmallJson(tuple), nullable=False),
    _instant("floor_given_at_s"),
    _flag("recording_wanted"),
    Column("recording_state", Choice(RecordingState), nullable=False),
    _text("recording_recording", null=True),
    _text("recording_failure", null=True),
    _instant("started_at_s"),
    _instant("ended_at_s"),
    _instant("radio_only_since_s"),
    _text("search"),
    Index(None, "state"),
    Index(None, "created_at_s"),
)

participants: Final = Table(
    "participants",
    METADATA,
    _id(),
    _of("conference", "conferences.id"),
    Column("kind", Choice(ParticipantKind), nullable=False),
    _text("name"),
    Column("role", Choice(Role), nullable=False),
    Column("state", Choice(ParticipantState), nullable=False),
    _text("channel", null=True),
    _text("patch", null=True),
    _text("organisation", null=True),
    _text("function", null=True),
    _text("target", null=True),
    _text("number", null=True),
    Column("language", Choice(Language), nullable=False),
    _flag("muted"),
    _flag("talking"),
    _instant("joined_at_s"),
    _instant("left_at_s"),
    _text("search"),
    Index(None, "conference"),
)

patches: Final = Table(
    "patches",
    METADATA,
    _id(),
    _of("conference", "conferences.id"),
    _text("terminal"),
    _number("gssi"),
    _text("participant"),
    _text("name"),
    Column("state", Choice(PatchState), nullable=False),
    _number("talker", null=True),
    _flag("emergency"),
    _flag("voice_held"),
    _instant("transmission_began_at_s"),
    _text("reason", null=True),
    _instant("created_at_s", null=False),
    Column("keying", Choice(Keying), nullable=False),
    _text("keyed_by", null=True),
    Column("precedence", Choice(Precedence), nullable=False),
    _text("asked_by"),
    Column("terminals", SmallJson(tuple), nullable=False),
    _text("approved_by", null=True),
    _instant("lease_s"),
    _instant("lease_until_s"),
    _instant("idle_s"),
    _instant("used_at_s", null=False),
    _flag("notice"),
    _flag("spoken_end"),
    _instant("talk_began_at_s"),
    _flag("breaking_in"),
    _flag("announced"),
    _flag("ending"),
    _flag("looped"),
    _flag("closing"),
    _text("track", null=True),
    Index(None, "conference"),
)

activations: Final = Table(
    "activations",
    METADATA,
    _id(),
    _text("key"),
    _of("conference", "conferences.id"),
    _text("list_name"),
    _text("list_id", null=True),
    _text("started_by"),
    _instant("started_at_s", null=False),
    Column("state", Choice(ActivationState), nullable=False),
    _instant("ring_s", null=False),
    _number("rounds"),
    _instant("round_pause_s", null=False),
    _flag("exercise"),
    _instant("ended_at_s"),
    Index(None, "state"),
)

targets: Final = Table(
    "targets",
    METADATA,
    _id(),
    _of("activation", "activations.id"),
    _number("position"),
    _text("function"),
    _text("organisation"),
    Column("numbers", SmallJson(tuple), nullable=False),
    Column("language", Choice(Language), nullable=False),
    Column("state", Choice(TargetState), nullable=False),
    _number("next_number"),
    _number("round"),
    _instant("not_before_s", null=False),
    Column("bad_numbers", SmallJson(frozenset), nullable=False),
    _text("attempt", null=True),
    _number("attempts_made"),
    _text("reason", null=True),
    _flag("called_before"),
    _text("seat", null=True),
    Index(None, "activation"),
)

attempts: Final = Table(
    "attempts",
    METADATA,
    _id(),
    _of("target", "targets.id"),
    _of("activation", "activations.id"),
    _text("number"),
    _text("trunk"),
    Column("state", Choice(AttemptState), nullable=False),
    Column("result", Choice(AttemptResult)),
    _number("cause", null=True),
    _instant("intent_at_s", null=False),
    _instant("ringing_at_s"),
    _instant("answered_at_s"),
    _instant("ended_at_s"),
    Index(None, "activation"),
)

recordings: Final = Table(
    "recordings",
    METADATA,
    _id(),
    _of("conference", "conferences.id"),
    _instant("started_at_s", null=False),
    Column("state", Choice(ArchiveState), nullable=False),
    _instant("ended_at_s"),
    _instant("duration_s"),
    _text("file", null=True),
    _text("sha256", null=True),
    _text("failure", null=True),
    _text("patch", null=True),
    _number("gssi", null=True),
    Index(None, "conference"),
    Index(None, "started_at_s"),
    Index(None, "state"),
)

messages: Final = Table(
    "messages",
    METADATA,
    _id(),
    Column("direction", Choice(MessageDirection), nullable=False),
    Column("state", Choice(MessageState), nullable=False),
    _instant("created_at_s", null=False),
    _number("receiver", null=True),
    _flag("group"),
    _number("sender", null=True),
    _text("text", null=True),
    _number("status", null=True),
    _text("actor"),
    _text("terminal", null=True),
    Column("terminals", SmallJson(tuple), nullable=False),
    Column("conference", CleanText, ForeignKey("conferences.id")),
    _text("reason", null=True),
    _number("parts"),
    _number("parts_sent"),
    _number("parts_on_air"),
    Column("references", SmallJson(tuple), nullable=False),
    Column("delivered", SmallJson(frozenset), nullable=False),
    Column("read", SmallJson(frozenset), nullable=False),
    _number("tries"),
    _instant("not_before_s", null=False),
    _instant("expires_at_s"),
    _instant("sent_at_s"),
    _instant("on_air_at_s"),
    _instant("delivered_at_s"),
    _instant("read_at_s"),
    _instant("ended_at_s"),
    Index(None, "created_at_s"),
    Index(None, "conference"),
    Index(None, "ended_at_s"),
)

notes: Final = Table(
    "notes",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _of("conference", "conferences.id"),
    _instant("at_s", null=False),
    Column("kind", Choice(NoteKind), nullable=False),
    _text("participant", null=True),
    Column("detail", SmallJson(pairs), nullable=False),
    Index(None, "conference"),
)

audit: Final = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _instant("at_s", null=False),
    _text("actor"),
    _text("action"),
    _text("object"),
    Column("detail", SmallJson(dict), nullable=False),
    _text("previous_hash"),
    _text("hash"),
)

organisations: Final = Table("organisations", METADATA, _id(), _text("name"))

functions: Final = Table(
    "functions",
    METADATA,
    _id(),
    _of("organisation_id", "organisations.id"),
    _text("name"),
    Column("numbers", SmallJson(tuple), nullable=False),
    Column("issis", SmallJson(tuple), nullable=False),
    Column("language", Choice(Language), nullable=False),
    _text("email", null=True),
    _flag("radio_orders"),
    Index(None, "organisation_id"),
)

activation_lists: Final = Table(
    "activation_lists",
    METADATA,
    _id(),
    _text("name"),
    _instant("ring_s", null=False),
    _number("rounds"),
    _instant("round_pause_s", null=False),
)

activation_list_functions: Final = Table(
    "activation_list_functions",
    METADATA,
    Column("list_id", CleanText, ForeignKey("activation_lists.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _of("function_id", "functions.id"),
    Index(None, "function_id"),
)

forums: Final = Table(
    "forums",
    METADATA,
    _id(),
    _text("name"),
    Column("level", Choice(ForumLevel), nullable=False),
    Column("activation_list_id", CleanText, ForeignKey("activation_lists.id")),
    _number("talkgroup", null=True),
    _flag("recorded"),
    Column("language", Choice(Language), nullable=False),
)

talkgroups: Final = Table(
    "talkgroups",
    METADATA,
    Column("gssi", Integer, primary_key=True, autoincrement=False),
    _text("name"),
    Column("terminals", SmallJson(tuple), nullable=False),
    Column("rule", Choice(PatchRule), nullable=False),
    Column("keying", Choice(Keying), nullable=False),
    Column("precedence", Choice(Precedence), nullable=False),
    _instant("lease_s"),
    _instant("idle_s"),
    _flag("notice"),
    _flag("spoken_end"),
)

codes: Final = Table(
    "codes",
    METADATA,
    _id("conference"),
    Column("role", Choice(Role), primary_key=True),
    _text("lookup"),
    Column("sealed", LargeBinary, nullable=False),
    _instant("issued_at_s", null=False),
    UniqueConstraint("lookup"),
)
"""No foreign key: the codes are kept before the conference is asked for."""

tokens: Final = Table(
    "tokens", METADATA, _id("name"), _text("sha256"), _instant("issued_at_s", null=False), UniqueConstraint("sha256")
)

meta: Final = Table("meta", METADATA, _id("key"), _text("value"))
