"""The report on a probed terminal: the meaning of its answers, gaps, and advice. Values in, reasons out."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.reasons import Reason
from bridge.rakel.pei.codes import AiMode, RegistrationStatus
from bridge.rakel.pei.indications import (
    BatteryReport,
    Indication,
    ModeReport,
    NumberReport,
    RegistrationReport,
    RouteReport,
    SignalReport,
    TalkgroupReport,
    UnknownLine,
)
from bridge.rakel.pei.results import parse_result, parse_row
from bridge.rakel.probe import Exchange, Probed
from bridge.rakel.profiles import PROFILES
from bridge.rakel.reasons import CommandReason, ProbeReason

_ROW_CODES = {"AT+CNUMF?": "+CNUMF", "AT+CNUMS?": "+CNUMS", "AT+CNUMD?": "+CNUMD", "AT+CTSP?": "+CTSP"}
_WEAK_DBM, _FAIR_DBM, _GOOD_DBM = -93, -83, -73
"""Bounds of working programs."""


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    FAULT = "fault"
    """Samband cannot use the terminal so."""


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: Reason
    remedy: Reason | None = None


def findings(probed: Probed) -> list[Finding]:
    """In the order a person would go through them."""
    return [
        *_line(probed),
        *_identity(probed),
        *_network(probed),
        *_groups(probed),
        *_short_data(probed),
        *_routes(probed),
        *_unread(probed),
    ]


def said(exchange: Exchange | None, command: str = "") -> list[Indication]:
    """The answer as the parser reads it."""
    if exchange is None:
        return []
    code = _ROW_CODES.get(exchange.command, "")
    read = (parse_row(code, line) if code and line[:1].isdigit() else parse_result(line) for line in exchange.lines)
    return [one for one in read if not isinstance(one, UnknownLine)]


def refusal(exchange: Exchange) -> Reason:
    """Why a command was not answered with OK."""
    if not exchange.final:
        return CommandReason.NO_ANSWER()
    number = exchange.final.rpartition(":")[2].strip()
    return CommandReason.CME_ERROR(code=int(number)) if number.isdecimal() else CommandReason.ERROR()


def _line(probed: Probed) -> Iterator[Finding]:
    if probed.speed is not None:
        yield Finding(
            Level.OK,
            ProbeReason.ANSWERS_AT(speed=str(probed.speed)),
            ProbeReason.SPARE_SEARCH(baud=probed.speed.baud, rtscts=str(probed.speed.rtscts).lower()),
        )
    slow = max((one.took_ms for one in probed.exchanges if one.ok), default=0)
    if slow > 1000:
        yield Finding(Level.NOTE, ProbeReason.SLOW(took_ms=slow))
    if any(one.final.endswith(": 35") for one in probed.exchanges[:2]):
        yield Finding(Level.NOTE, ProbeReason.ERRORS_FIRST())


def _identity(probed: Probed) -> Iterator[Finding]:
    maker, model = (_text(probed.answer(name)) for name in ("AT+GMI?", "AT+GMM?"))
    named = f"{maker} {model}".strip()
    yield Finding(Level.OK, ProbeReason.MODEL(model=named)) if named else Finding(Level.NOTE, ProbeReason.NO_MODEL())
    suggested = _profile_for(maker, model)
    if suggested and suggested != probed.profile:
        yield Finding(
            Level.NOTE, ProbeReason.PROFILE_USED(profile=probed.profile), ProbeReason.PROFILE_FITS(profile=suggested)
        )
    numbers = [one for one in said(probed.answer("AT+CNUMF?")) if isinstance(one, NumberReport) and one.identity]
    own = next((one.identity for one in numbers if one.kind in (0, 6) and one.identity), None)
    if own is None:
        yield Finding(
            Level.NOTE,
            ProbeReason.NO_ISSI(),
            ProbeReason.SEE_NUMBERS(),
        )
    else:
        yield Finding(
            Level.OK,
            ProbeReason.ISSI(issi=own.ssi, mni=own.mni or None),
            ProbeReason.SET_ISSI(issi=own.ssi),
        )


def _network(probed: Probed) -> Iterator[Finding]:
    for one in said(probed.answer("AT+CTOM?")):
        if isinstance(one, ModeReport):
            trunked = one.mode == AiMode.TRUNKED
            yield Finding(
                Level.OK if trunked else Level.NOTE,
                ProbeReason.MODE(mode=int(one.mode)),
                None if trunked else ProbeReason.SET_TRUNKED(),
            )
    for one in said(probed.answer("AT+CREG?")):
        if isinstance(one, RegistrationReport):
            there = one.status in (RegistrationStatus.HOME, RegistrationStatus.VISITED)
            yield Finding(
                Level.OK if there else Level.FAULT,
                ProbeReason.REGISTRATION(status=int(one.status), mni=one.mni or None),
                None if there else ProbeReason.SEE_NETWORK(),
            )
    level = next(
        (one for name in ("AT+CSQ?", "AT+CSQ") for one in said(probed.answer(name)) if isinstance(one, SignalReport)),
        None,
    )
    if level is not None:
        yield _signal(level.signal_dbm)
    for one in said(probed.answer("AT+CBC?")):
        if isinstance(one, BatteryReport) and one.percent is not None:
            yield Finding(Level.OK, ProbeReason.BATTERY(percent=one.percent))


def _signal(dbm: int | None) -> Finding:
    if dbm is None:
        return Finding(Level.NOTE, ProbeReason.NO_SIGNAL())
    words = "marginal" if dbm < _WEAK_DBM else "fair" if dbm < _FAIR_DBM else "good" if dbm < _GOOD_DBM else "excellent"
    remedy = ProbeReason.MOVE_ANTENNA() if dbm < _WEAK_DBM else None
    return Finding(Level.NOTE if remedy else Level.OK, ProbeReason.SIGNAL(dbm=dbm, strength=words), remedy)


def _groups(probed: Probed) -> Iterator[Finding]:
    selected = probed.answer("AT+CTGS?")
    read = [one for one in said(selected) if isinstance(one, TalkgroupReport)]
    if read and read[0].group is not None:
        yield Finding(Level.OK, ProbeReason.TALKGROUP(gssi=read[0].group.ssi))
    elif read:
        yield Finding(Level.NOTE, ProbeReason.NO_TALKGROUP())
    else:
        why = refusal(selected) if selected is not None and not selected.ok else ProbeReason.ANSWER_UNREAD()
        yield Finding(Level.FAULT, ProbeReason.TALKGROUP_UNREAD(cause=why), ProbeReason.TICK_GROUP_FORMAT())
    listed = {
        one.identity.ssi
        for name in ("AT+CNUMS?", "AT+CNUMD?")
        for one in said(probed.answer(name))
        if isinstance(one, NumberReport) and one.identity is not None
    }
    if listed:
        yield Finding(Level.OK, ProbeReason.GROUPS(count=len(listed)))
    else:
        yield Finding(Level.NOTE, ProbeReason.NO_GROUPS(), ProbeReason.NO_NAMES())


def _short_data(probed: Probed) -> Iterator[Finding]:
    limits = probed.answer("AT+CMGS=?")
    if limits is not None and limits.ok:
        yield Finding(Level.OK, ProbeReason.SENDS_MESSAGES())
    else:
        why = refusal(limits) if limits is not None else ProbeReason.NOT_ASKED()
        yield Finding(
            Level.NOTE,
            ProbeReason.MESSAGES_UNTOLD(cause=why),
            ProbeReason.TICK_MESSAGE_FORMAT(),
        )


def _routes(probed: Probed) -> Iterator[Finding]:
    listed = [one for one in said(probed.answer("AT+CTSP?")) if isinstance(one, RouteReport)]
    if listed:
        yield Finding(Level.OK, ProbeReason.ROUTES(count=len(listed)))
    for exchange in probed.exchanges:
        if exchange.command.startswith("AT+CTSP=") and not exchange.ok:
            voice = exchange.command.split(",")[1:2] == ["0"]
            yield Finding(
                Level.FAULT if voice else Level.NOTE,
                ProbeReason.REFUSED(command=exchange.command, cause=refusal(exchange)),
                ProbeReason.SEE_ROUTES() if voice else ProbeReason.NOT_RECEIVED(),
            )


def _unread(probed: Probed) -> Iterator[Finding]:
    asked = {"ATI", "AT+CSCS?", "AT+IPR?", "AT+IFC?", "AT+CTSDC?", "AT+CTSDS?", "AT+CLVL?", "AT+CNUMS=?", "AT+CMGS=?"}
    for exchange in probed.exchanges:
        if exchange.command in asked:
            continue
        for line in exchange.lines:
            code = _ROW_CODES.get(exchange.command, "")
            read = parse_row(code, line) if code and line[:1].isdigit() else parse_result(line)
            if isinstance(read, UnknownLine):
                yield Finding(
                    Level.NOTE,
                    ProbeReason.NOT_UNDERSTOOD(command=exchange.command, line=repr(line)),
                    ProbeReason.SEND_FILE(),
                )


def _text(exchange: Exchange | None) -> str:
    return next((line.partition(":")[2].strip() for line in exchange.lines if ":" in line), "") if exchange else ""


def _profile_for(maker: str, model: str) -> str:
    """By what the maker's name and the model begin with; empty where that tells nothing."""
    if "SEPURA" in maker.upper():
        return "sepura-scg" if "SCG" in model.upper() else "sepura-srg"
    known = {"54007": "mtm5400", "54009": "mtm800e"}
    return next((name for begin, name in known.items() if model.startswith(begin) and name in PROFILES), "")
