"""The terminal's own indications, and the information lines of its answers: one row per result code.

A row names the fields in the order of the wire. Real terminals leave fields out, leave them empty and add some of their
own at the end. So only fields marked `required` must be there and be well-formed; surplus fields are kept nowhere. The
blank after the colon may be missing. A line that is no row, or lacks a required field, becomes an `UnknownLine`.

Evidence: *captured* is seen from a real radio, *code* is that working programs read it so. *Inferred* is from the air
interface (EN 300 392-2), not yet seen on this one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bridge.rakel.pei.codes import TxGrant
from bridge.rakel.pei.identity import parse_identity
from bridge.rakel.pei.indications import (
    BatteryReport,
    CallConnected,
    CallReleased,
    DirectModeGateway,
    IncomingCall,
    Indication,
    LocalCease,
    LocalDemand,
    Maker,
    Model,
    ModeReport,
    NumberReport,
    OutgoingCall,
    RegistrationReport,
    Revision,
    RouteReport,
    SdsHeader,
    ShortDataSent,
    SignalReport,
    TalkgroupReport,
    TransmissionCeased,
    TransmissionContinues,
    TransmissionGrant,
    TransmissionInterrupted,
    TransmissionWait,
    UnknownLine,
    VolumeReport,
)

MAX_FIELD_DIGITS: Final = 10
"""Longer numbers are line noise, not values."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the attribute it fills (empty: skipped), how it is read, and whether it must be there."""

    name: str
    read: Callable[[str], Any] | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A result code: what it builds, its fields in the order of the wire, and what stands behind it."""

    code: str
    build: type[Any]
    fields: tuple[Field, ...]
    syntax: str
    evidence: str
    trailing_lines: int = 0
    whole_text: bool = False
    """The rest of the line is one text; commas in it mean nothing."""


_USER_DATA: Final = re.compile(r"(?=.{4})(?:[0-9A-Fa-f]{2})*[0-9A-Fa-f]{1,2}$")
"""Of a whole message at least: a status has four digits. No length in bits has as many."""
_GRANTS: Final = frozenset(grant.value for grant in TxGrant)


def _number(text: str) -> int | None:
    valid = text.isascii() and text.isdigit() and len(text) <= MAX_FIELD_DIGITS
    return int(text) if valid else None


def _grant(text: str) -> TxGrant | None:
    value = _number(text)
    return TxGrant(value) if value in _GRANTS else None


def _allowed(text: str) -> bool:
    """0 = allowed to request. Anything but a clear "not allowed" leaves the decision to the network."""
    return text != "1"


def _goes_on(text: str) -> bool:
    return text != "0"


_INSTANCE = Field("instance", _number, required=True)
_MAY_REQUEST = Field("may_request", _allowed)
_TALKER = Field("talker", parse_identity)
_SKIPPED = Field("")
_NUMBER_FIELDS = (
    Field("kind", _number, required=True),
    Field("identity", parse_identity, required=True),
    Field("name", str),
)
_GROUP_FIELDS = (Field("kind", _number, required=True), Field("identity", parse_identity), Field("name", str))
"""Without an identity it is the header of a list."""

ROWS: Final[dict[str, Row]] = {
    row.code: row
    for row in (
        Row(
            "+CTICN",
            IncomingCall,
            (
                _INSTANCE,
                Field("status", _number, required=True),
                Field("ai_service", _number),
                _SKIPPED,
                Field("calling", parse_identity),
                _SKIPPED,
                _SKIPPED,
                _SKIPPED,
                Field("comms_type", _number),
                _SKIPPED,
                _SKIPPED,
                Field("called", parse_identity),
                Field("priority", _number),
            ),
            "instance, call status, AI service, [calling type], [calling], hook, simplex, encryption, comms type,"
            " slots, [called type], [called], [priority]",
            "captured: trunked and direct mode, also with no caller and with no blank after the colon",
        ),
        Row(
            "+CTOCP",
            OutgoingCall,
            (_INSTANCE, Field("status", _number, required=True)),
            "instance, call status, AI service, hook, simplex, encryption, comms type, slots",
            "code",
        ),
        Row(
            "+CTCC",
            CallConnected,
            (_INSTANCE,),
            "instance, hook, simplex, encryption, AI service, comms type, slots[, priority]",
            "captured: 7 and 8 fields",
        ),
        Row("+CTCR", CallReleased, (_INSTANCE, Field("cause", _number)), "instance, disconnect cause", "captured"),
        Row(
            "+CTXG",
            TransmissionGrant,
            (_INSTANCE, Field("grant", _grant, required=True), _MAY_REQUEST, _SKIPPED, _SKIPPED, _TALKER),
            "instance, TxGrant, TxRqPrmsn, encryption, [TPI type], [TPI]",
            "captured: 4 and 6 fields, TxGrant 3 in both; EN 300 392-2 §14.8.42",
        ),
        Row("+CDTXC", TransmissionCeased, (_INSTANCE, _MAY_REQUEST), "instance, TxRqPrmsn", "captured"),
        Row(
            "+CTXI",
            TransmissionInterrupted,
            (_INSTANCE, Field("grant", _grant), _MAY_REQUEST, _SKIPPED, _SKIPPED, _TALKER),
            "instance, TxGrant, TxRqPrmsn, encryption, [TPI type], [TPI]",
            "inferred from D-TX INTERRUPT",
        ),
        Row("+CTXW", TransmissionWait, (_INSTANCE, _MAY_REQUEST), "instance, TxRqPrmsn", "inferred from D-TX WAIT"),
        Row(
            "+CTXN",
            TransmissionContinues,
            (_INSTANCE, Field("goes_on", _goes_on), _MAY_REQUEST),
            "instance, continue, TxRqPrmsn",
            "inferred from D-TX CONTINUE",
        ),
        Row("+CTXD", LocalDemand, (_INSTANCE,), "instance, priority", "code: key of a local microphone"),
        Row("+CUTXC", LocalCease, (_INSTANCE,), "instance", "code: key of a local microphone"),
        Row(
            "+CTGS",
            TalkgroupReport,
            (Field("kind", _number, required=True), Field("group", parse_identity)),
            "group type, group identity",
            "captured, 17-digit identity; EN 300 392-5 §6.15.6",
        ),
        Row("+CTOM", ModeReport, (Field("mode", _number, required=True),), "AI mode", "EN 300 392-5 §6.14.7, §6.17.4"),
        Row(
            "+CREG",
            RegistrationReport,
            (Field("status", _number, required=True), Field("location_area", _number), Field("mni", str)),
            "status, location area, MNI",
            "captured `1,1,90109999`",
        ),
        Row("+CSQ", SignalReport, (Field("level", _number, required=True),), "level, bit error rate", "captured; §6.9"),
        Row(
            "+CBC",
            BatteryReport,
            (Field("state", _number, required=True), Field("percent", _number)),
            "state, per cent",
            "code; EN 300 392-5 §6.9",
        ),
        Row("+CLVL", VolumeReport, (Field("level", _number, required=True),), "level", "code"),
        Row(
            "+CTDGR",
            DirectModeGateway,
            (
                Field("comms_type", _number, required=True),
                Field("address", parse_identity),
                Field("mni", str),
                Field("present", _number),
            ),
            "DM communication type, gateway or repeater address, MNI, presence",
            "captured `2,1001,90116383,0`",
        ),
        Row(
            "+CTSDSR",
            SdsHeader,
            (),  # three layouts are in use, see `_sds_header`
            "AI service, [calling], [calling type], called, called type, bits[, encryption] ⏎ user data in hex",
            "captured; EN 300 392-5 §6.13.3; shorter headers in code",
            trailing_lines=1,
        ),
        Row(
            "+CMGS",
            ShortDataSent,
            (_INSTANCE, Field("status", _number), Field("reference", _number)),
            "SDS instance[, status, message reference]",
            "captured `0` and `0,4,7`",
        ),
        Row("+CNUMF", NumberReport, _NUMBER_FIELDS, "number type, identity", "captured; EN 300 392-5 §6.11.5"),
        Row(
            "+CNUMS",
            NumberReport,
            _GROUP_FIELDS,
            "number type, identity, name; or one number before the rows",
            "captured, both; EN 300 392-5 §6.11.5",
        ),
        Row("+CNUMD", NumberReport, _GROUP_FIELDS, "as `+CNUMS`", "code; EN 300 392-5 §6.11.5"),
        Row(
            "+CTSP",
            RouteReport,
            (Field("profile", _number, required=True), Field("layer1", _number), Field("layer2", _number)),
            "profile, layer 1, layer 2",
            "EN 300 392-5 §6.14.8",
        ),
        Row("+GMI", Maker, (Field("text", str, required=True),), "maker", "captured", whole_text=True),
        Row("+GMM", Model, (Field("text", str, required=True),), "model", "captured", whole_text=True),
        Row("+GMR", Revision, (Field("text", str, required=True),), "revision", "code", whole_text=True),
    )
}


def parse_result(text: str) -> Indication | UnknownLine:
    """Read one line that begins with `+CODE:`."""
    code, colon, rest = text.partition(":")
    row = ROWS.get(code.strip().upper())
    if row is None or not colon:
        return UnknownLine(text, "unknown")
    if row.build is SdsHeader:
        return _sds_header(split_fields(rest)) or UnknownLine(text, "malformed")
    fields = [rest.strip()] if row.whole_text else split_fields(rest)
    values = _values(row, fields)
    if values is None:
        return UnknownLine(text, "malformed")
    built: Indication = row.build(**values)
    return built


def parse_row(code: str, text: str) -> Indication | UnknownLine:
    """Read a continuation row of an answer, which comes without its code: `2,16777184` after `+CNUMF: 0,…`."""
    return parse_result(f"{code}: {text}")


def split_fields(text: str) -> list[str]:
    """At commas outside double quotes; blanks and the quotes themselves are taken off."""
    fields, quoted, begin = [], False, 0
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            fields.append(text[begin:at])
            begin = at + 1
    fields.append(text[begin:])
    return [field.strip().strip('"') for field in fields]


def _values(row: Row, fields: list[str]) -> dict[str, Any] | None:
    """The values of the fields; `None` when a required one is missing or cannot be read."""
    values: dict[str, Any] = {}
    for at, field in enumerate(row.fields):
        text = fields[at] if at < len(fields) else ""
        value = field.read(text) if field.read is not None and text else None
        if value is not None:
            values[field.name] = value
        elif field.required:
            return None
    return values


def _sds_header(fields: list[str]) -> SdsHeader | None:
    """The layouts in use: with both parties and types (6 or 7 fields), and two shorter ones.

    6+: service, calling, type, called, type, bits[, encryption] · 4: service, calling, called, bits · 3: service,
    calling, bits. Some terminals put the encryption before the bits, and some the user data behind the header.
    """
    data = fields.pop() if len(fields) > 3 and _USER_DATA.match(fields[-1]) else None
    if len(fields) == 7 and fields[5] in ("0", "1") and fields[6] not in ("0", "1"):
        fields = [*fields[:5], fields[6]]
    called, bits = {3: ("", 2), 4: (fields[2] if len(fields) > 2 else "", 3)}.get(
        len(fields), (fields[3] if len(fields) > 3 else "", 5)
    )
    if len(fields) <= bits:
        return None
    ai_service, length = _number(fields[0]), _number(fields[bits])
    if ai_service is None or length is None:
        return None
    return SdsHeader(ai_service, parse_identity(fields[1]), parse_identity(called), length, data)
