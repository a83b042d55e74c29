"""What a probed terminal's answers mean, what is missing, and what to change: values in, words out."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.rakel.pei.codes import AiMode, RegistrationStatus, cme_error
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
    what: str
    remedy: str = ""


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
    """What the parser reads in an answer."""
    if exchange is None:
        return []
    code = _ROW_CODES.get(exchange.command, "")
    read = (parse_row(code, line) if code and line[:1].isdigit() else parse_result(line) for line in exchange.lines)
    return [one for one in read if not isinstance(one, UnknownLine)]


def refusal(exchange: Exchange) -> str:
    """Why a command was not answered with OK, in words."""
    if not exchange.final:
        return "no answer"
    number = exchange.final.rpartition(":")[2].strip()
    return cme_error(int(number)).text if number.isdigit() else "not known to the terminal"


def _line(probed: Probed) -> Iterator[Finding]:
    if probed.speed is not None:
        yield Finding(
            Level.OK,
            f"it answers at {probed.speed}",
            f"baud = {probed.speed.baud}, rtscts = "
            f"{str(probed.speed.rtscts).lower()} in its [[terminal]] table spare the search",
        )
    slow = max((one.took_ms for one in probed.exchanges if one.ok), default=0)
    if slow > 1000:
        yield Finding(Level.NOTE, f"its slowest answer took {slow} ms")
    if any(one.final.endswith(": 35") for one in probed.exchanges[:2]):
        yield Finding(Level.NOTE, "its first answers are errors, as after power-up: Samband waits for OK")


def _identity(probed: Probed) -> Iterator[Finding]:
    maker, model = (_text(probed.answer(name)) for name in ("AT+GMI?", "AT+GMM?"))
    yield Finding(
        Level.OK if maker or model else Level.NOTE, f"maker and model: {maker or 'not told'} {model}".rstrip()
    )
    suggested = _profile_for(maker, model)
    if suggested and suggested != probed.profile:
        yield Finding(Level.NOTE, f"the profile {probed.profile} was used", f'profile = "{suggested}" fits better')
    numbers = [one for one in said(probed.answer("AT+CNUMF?")) if isinstance(one, NumberReport) and one.identity]
    own = next((one.identity for one in numbers if one.kind in (0, 6) and one.identity), None)
    if own is None:
        yield Finding(
            Level.NOTE,
            "it does not tell its own ISSI",
            "own transmissions cannot be told from others'; see whether the codeplug bars AT+CNUMF",
        )
    else:
        yield Finding(
            Level.OK,
            f"its ISSI is {own.ssi}, network {own.mni or 'not told'}",
            f"issi = {own.ssi} makes sure that no other terminal is taken for it",
        )


def _network(probed: Probed) -> Iterator[Finding]:
    for one in said(probed.answer("AT+CTOM?")):
        if isinstance(one, ModeReport):
            trunked = one.mode == AiMode.TRUNKED
            name = AiMode(one.mode).name.lower() if one.mode in list(AiMode) else str(one.mode)
            yield Finding(
                Level.OK if trunked else Level.NOTE,
                f"mode {name}",
                ""
                if trunked
                else "Samband switches it to trunked mode at every start; the codeplug may bar that (CME 4)",
            )
    for one in said(probed.answer("AT+CREG?")):
        if isinstance(one, RegistrationReport):
            there = one.status in (RegistrationStatus.HOME, RegistrationStatus.VISITED)
            yield Finding(
                Level.OK if there else Level.FAULT,
                f"registration status {one.status}" + (f", network {one.mni}" if one.mni else ""),
                "" if there else "no network: check antenna, coverage and subscription",
            )
    level = next(
        (one for name in ("AT+CSQ?", "AT+CSQ") for one in said(probed.answer(name)) if isinstance(one, SignalReport)),
        None,
    )
    if level is not None:
        yield _signal(level.signal_dbm)
    for one in said(probed.answer("AT+CBC?")):
        if isinstance(one, BatteryReport) and one.percent is not None:
            yield Finding(Level.OK, f"battery {one.percent} %")


def _signal(dbm: int | None) -> Finding:
    if dbm is None:
        return Finding(Level.NOTE, "signal strength not known")
    words = "marginal" if dbm < _WEAK_DBM else "fair" if dbm < _FAIR_DBM else "good" if dbm < _GOOD_DBM else "excellent"
    remedy = "a better place for the antenna" if dbm < _WEAK_DBM else ""
    return Finding(Level.NOTE if remedy else Level.OK, f"signal {dbm} dBm, {words}", remedy)


def _groups(probed: Probed) -> Iterator[Finding]:
    selected = probed.answer("AT+CTGS?")
    read = [one for one in said(selected) if isinstance(one, TalkgroupReport)]
    if read and read[0].group is not None:
        yield Finding(Level.OK, f"it stands on talkgroup {read[0].group.ssi}")
    elif read:
        yield Finding(Level.NOTE, "it stands on no talkgroup")
    else:
        why = refusal(selected) if selected is not None and not selected.ok else "an answer that cannot be read"
        yield Finding(Level.FAULT, f"the talkgroup cannot be read ({why})", "codeplug: tick ETSI group format")
    listed = {
        one.identity.ssi
        for name in ("AT+CNUMS?", "AT+CNUMD?")
        for one in said(probed.answer(name))
        if isinstance(one, NumberReport) and one.identity is not None
    }
    if listed:
        yield Finding(
            Level.OK, f"{len(listed)} talkgroups read from its lists (of the static list the first rows only)"
        )
    else:
        yield Finding(
            Level.NOTE, "it tells no list of talkgroups", "the console then cannot offer names to choose from"
        )


def _short_data(probed: Probed) -> Iterator[Finding]:
    limits = probed.answer("AT+CMGS=?")
    if limits is not None and limits.ok:
        yield Finding(Level.OK, "short data can be sent")
    else:
        why = refusal(limits) if limits is not None else "not asked"
        yield Finding(
            Level.NOTE,
            f"it does not tell how short data is sent ({why})",
            "codeplug: tick ETSI AT SDS/Status format; try one message in a test",
        )


def _routes(probed: Probed) -> Iterator[Finding]:
    listed = [one for one in said(probed.answer("AT+CTSP?")) if isinstance(one, RouteReport)]
    if listed:
        yield Finding(Level.OK, f"{len(listed)} services are routed to this line now")
    for exchange in probed.exchanges:
        if exchange.command.startswith("AT+CTSP=") and not exchange.ok:
            voice = exchange.command.split(",")[1:2] == ["0"]
            yield Finding(
                Level.FAULT if voice else Level.NOTE,
                f"{exchange.command} is refused ({refusal(exchange)})",
                "without voice signalling Samband cannot use it: see the setting routes"
                if voice
                else "messages of this kind will not be received",
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
                    f"{exchange.command} is answered with a line that is not understood: {line!r}",
                    "send the file of --write to those who keep Samband",
                )


def _text(exchange: Exchange | None) -> str:
    return next((line.partition(":")[2].strip() for line in exchange.lines if ":" in line), "") if exchange else ""


def _profile_for(maker: str, model: str) -> str:
    """By what the maker's name and the model begin with; empty where that tells nothing."""
    if "SEPURA" in maker.upper():
        return "sepura-scg" if "SCG" in model.upper() else "sepura-srg"
    known = {"54007": "mtm5400", "54009": "mtm800e"}
    return next((name for begin, name in known.items() if model.startswith(begin) and name in PROFILES), "")
