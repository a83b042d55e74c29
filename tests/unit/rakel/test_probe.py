"""A terminal is asked everything that is harmless; what it says is explained, kept, and replayed here."""

import asyncio
import io
import re
import sys
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.ports import PortError
from bridge.rakel import line_fault
from bridge.rakel.connection import open_connection
from bridge.rakel.initialise import initialise
from bridge.rakel.line_fault import why_not_opened
from bridge.rakel.pei.commands import Command, Priority, Row
from bridge.rakel.pei.session import Answered, Ignored, Outcome, Session
from bridge.rakel.probe import Exchange, Probed, probe
from bridge.rakel.probe_file import anonymous, as_json, from_json
from bridge.rakel.probe_report import Level, findings
from bridge.rakel.profiles import LineSpeed
from tests.harness.reasons import english
from tests.harness.tongues import english_in
from tests.unit.rakel.peer import OWN_ISSI, Peer, RealClock, terminal_settings
from tests.unit.rakel.test_speeds import PeerAtSpeed

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
HARMFUL = re.compile(
    r"ATD|ATA|ATH|ATZ|AT\+CTXD|AT\+CUTXC|AT\+CMGS=\d|AT\+CTGS=|AT\+CTOM=|AT\+CTSDC=|AT\+CTSDS=|AT\+CLVL="
)


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[PeerAtSpeed]:
    peer = PeerAtSpeed(tmp_path / "terminal")
    peer.plug_in()
    yield peer
    peer.unplug()


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what a terminal might say by itself; these do not."""
    monkeypatch.setattr("bridge.rakel.probe.LISTEN_S", 0.0)


async def probed(peer: Peer, *, routes: bool = False, **more: object) -> Probed:
    settings = terminal_settings(str(peer.path), profile="mtm5400", baud=9600, rtscts=False, gap_s=0, **more)
    return await probe(settings, RealClock(), routes=routes)


def told(found: Probed, level: Level) -> str:
    return "\n".join(f"{english(one.what)} → {english(one.remedy)}" for one in findings(found) if one.level is level)


# --- asking ---


@pytest.mark.parametrize("routes", [False, True])
async def test_nothing_is_asked_that_could_transmit_send_or_change(peer: PeerAtSpeed, routes: bool) -> None:
    await probed(peer, routes=routes)
    assert [line for line in peer.received if HARMFUL.match(line)] == []
    assert any(line.startswith("AT+CTSP=") for line in peer.received) is routes


async def test_a_terminal_that_takes_the_last_question_for_a_message_is_let_out_of_it(
    peer: PeerAtSpeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.rakel.probe.LISTEN_S", 0.2)
    peer.prompts = True
    found = await probed(peer)
    asked = found.answer("AT+CMGS=?")
    assert asked is not None
    assert not asked.ok
    assert peer.escapes == 1


async def test_a_good_terminal_has_no_fault_and_is_told_in_words(peer: PeerAtSpeed) -> None:
    peer.gssi = 2401
    peer.answers["AT+CNUMS?"] = "+CNUMS: 1,2401,RAPS-1\r\n1,2402,RAPS-2"
    peer.answers["AT+CMGS=?"] = "+CMGS: (0-16777214),(8-1184)"
    found = await probed(peer)
    good = told(found, Level.OK)
    assert told(found, Level.FAULT) == ""
    for words in (
        "it answers at 9600 baud",
        f"its ISSI is {OWN_ISSI}, network 024000001",
        "it is in trunked mode",
        "signal -61 dBm, excellent",
        "battery 88 %",
        "it stands on talkgroup 2401",
        "2 talkgroups read",
        "short data can be sent",
    ):
        assert words in good


async def test_the_speed_is_found_as_at_the_start_of_samband(peer: PeerAtSpeed) -> None:
    peer.baud = 38400
    found = await probe(terminal_settings(str(peer.path), profile="mtm800e"), RealClock())
    assert found.speed == LineSpeed(38400, False)
    assert [(one.speed.baud, one.answers, one.noise > 0) for one in found.tried] == [
        (9600, False, True),
        (38400, True, False),
    ]


async def test_a_wrong_speed_is_told_apart_from_a_dead_line(peer: PeerAtSpeed) -> None:
    peer.baud = 19200
    with pytest.raises(PortError, match="but noise at 9600 baud: the terminal speaks at another speed"):
        await probed(peer)
    peer.silent, peer.baud = True, 9600
    with pytest.raises(PortError, match="Check that the terminal is on, that the cable is an active data cable"):
        await probed(peer)


async def test_what_is_missing_is_told_with_what_to_change(peer: PeerAtSpeed) -> None:
    peer.answers |= {
        "AT+CTGS?": "ERROR",
        "AT+CMGS=?": "+CME ERROR: 4",
        "AT+CNUMF?": "ERROR",
        "AT+CREG?": "+CREG: 3,,",
        "AT+CTOM?": "+CTOM: 1",
        "AT+CSQ?": "+CSQ: 5,99",
        "AT+GMI?": "+GMI: SEPURA",
        "AT+GMM?": "+GMM: SRG3900",
        "AT+CBC?": "+CBC: gremlin",
        "AT+CTSP=2,0,0": "+CME ERROR: 4",
        "AT+CTSP=1,3,138": "+CME ERROR: 39",
    }
    found = await probed(peer, routes=True)
    faults, notes = told(found, Level.FAULT), told(found, Level.NOTE)
    assert "the talkgroup cannot be read (the terminal answers ERROR) → codeplug: tick ETSI group format" in faults
    assert "check antenna, coverage and subscription" in faults
    assert "AT+CTSP=2,0,0 is refused: not supported" in faults
    assert "codeplug: tick ETSI AT SDS/Status format" in notes
    assert "it does not tell its own ISSI" in notes
    assert "it is in direct mode" in notes
    assert "signal -103 dBm, marginal → find a better place for the antenna" in notes
    assert '`profile = "sepura-srg"` fits better' in notes
    assert "AT+CTSP=1,3,138 is refused: registration table for SDS full" in notes
    assert "a line that is not understood: '+CBC: gremlin'" in notes


async def test_a_terminal_that_is_pulled_out_meanwhile_says_so(peer: PeerAtSpeed) -> None:
    asking = asyncio.create_task(probed(peer))
    await peer.gets("AT+CNUMF?")
    peer.unplug()
    with pytest.raises(PortError, match="is the adapter plugged in"):
        await asking


# --- lines that cannot be had ---


def test_a_line_that_is_not_there_says_which_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "usb-FTDI-if00").touch()
    monkeypatch.setattr(line_fault, "_BY_ID", tmp_path)
    assert f"Lines of this machine: {tmp_path}/usb-FTDI-if00" in english(why_not_opened("/dev/no-such-line", ""))


def test_a_line_one_may_not_open_says_how_one_may(peer: PeerAtSpeed) -> None:
    words = english(why_not_opened(str(peer.path), "[Errno 13] Permission denied"))
    assert re.search(r"may not open .*: add the user to the group \w+ \(sudo usermod -aG", words)


async def test_a_line_that_a_running_samband_holds_says_so(peer: PeerAtSpeed) -> None:
    held = await open_connection(
        str(peer.path), 9600, rtscts=False, name="x", clock=RealClock(), on_indication=lambda at_s, said: None
    )
    with pytest.raises(PortError, match=r"is held by another program\. Where Samband runs, stop it first"):
        await probed(peer)
    await held.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/etc/hostname", "is no serial line"),
        ("socket://10.0.0.2:4001", "check its address, its port"),
        ("hwgrep://FTDI", "no adapter is found"),
        ("/dev/null", "cannot be used"),
    ],
)
def test_other_lines_say_what_is_wrong_with_them(url: str, words: str) -> None:
    assert words in english(why_not_opened(url, ""))


# --- the file ---


def sample() -> Probed:
    exchanges = [
        Exchange("AT+CNUMF?", ("+CNUMF: 6,02400000101401401", "2,16777184", "OK"), 10),
        Exchange("AT+CTGS?", ("+CTGS: 1,2401", "OK"), 10),
        Exchange("AT+CNUMS?", ("+CNUMS: 2", "1,02400000100002401,RAPS-1", "1,2402,Ledning,A", "OK"), 10),
        Exchange("AT+CREG?", ("+CREG: 1,4711,24000001", "OK"), 10),
    ]
    return Probed("mtm5400", None, (), exchanges, ["+CTICN: 1,0,0,5,02400000101401402"])


def test_a_file_says_what_was_heard() -> None:
    assert from_json(as_json(sample())) == sample()


@pytest.mark.parametrize("text", ["{}", "[]", '{"format": "another"}', "no json"])
def test_another_file_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"samband-pei-probe|Expecting value"):
        from_json(text)


def test_without_identities_nothing_tells_whose_terminal_it_is_and_the_same_stays_the_same() -> None:
    text = as_json(anonymous(sample()))
    for private in ("1401401", "1401402", "2401", "2402", "RAPS", "Ledning", "4711"):
        assert private not in text
    told = from_json(text)
    group = told.exchanges[1].answer[0]
    assert group == "+CTGS: 1,1000002"
    assert told.exchanges[2].answer[1] == "1,02400000101000002,TG 0002", "the same group in both places"
    assert told.exchanges[0].answer[1] == "2,16777184", "an address that every terminal has"


# --- replayed ---


def replayable() -> list[Path]:
    assert FIXTURES, "at least the simulated terminals were probed"
    return FIXTURES


@pytest.mark.parametrize("path", replayable(), ids=lambda path: path.stem)
def test_every_answer_of_a_probed_terminal_is_read(path: Path) -> None:
    session, at_s = Session(), 0.0
    for exchange in from_json(path.read_text(encoding="utf-8")).exchanges:
        at_s += 60
        code = exchange.command.removeprefix("AT").rstrip("?")
        expected = code if exchange.command.endswith("?") and "=" not in exchange.command else ""
        command = Command(Row("replay", exchange.command, 5.0, "", expected, Priority.NORMAL), exchange.command)
        session.tick(at_s)
        session.send(command, at_s)
        outputs = session.feed("".join(f"\r\n{line}\r\n" for line in exchange.answer).encode("latin-1"), at_s + 0.01)
        (answered,) = (one for one in outputs if isinstance(one, Answered))
        assert answered.ok is exchange.ok
        assert answered.outcome in (Outcome.OK, Outcome.ERROR)
        if exchange.command.endswith("=?"):
            continue  # ranges, for people
        malformed = [one.line.text for one in outputs if isinstance(one, Ignored) and one.line.why == "malformed"]
        assert malformed == [], exchange.command


@pytest.mark.parametrize(
    "recorded", [from_json(path.read_text(encoding="utf-8")) for path in replayable()], ids=[p.stem for p in FIXTURES]
)
async def test_a_probed_terminal_can_be_brought_up(recorded: Probed, tmp_path: Path) -> None:
    peer = Peer(tmp_path / "terminal")
    peer.answers = {
        one.command: "\r\n".join(one.lines) if one.ok else one.final for one in recorded.exchanges if one.final
    }
    peer.plug_in()
    settings = terminal_settings(str(peer.path), profile=recorded.profile)
    line = await open_connection(
        str(peer.path), 9600, rtscts=False, name="x", clock=RealClock(), on_indication=lambda at_s, said: None
    )
    try:
        who = await initialise(line, settings)
        assert (who.maker, who.issi is not None) == ("MOTOROLA", True)
        assert "AT+CTSP=2,0,0" in peer.received
    finally:
        await line.close()
        peer.unplug()


# --- the command ---


async def types(*words: str, status: int = 0) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()

    def command() -> int:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["samband", "radio", "probe", *words])
            try:
                main()
            except SystemExit as ended:
                return int(ended.code or 0)
            return 0

    assert await asyncio.to_thread(command) == status, err.getvalue()
    return out.getvalue(), err.getvalue()


async def test_the_command_shows_a_report_and_writes_the_file_once(peer: PeerAtSpeed, tmp_path: Path) -> None:
    file, peer.gssi = tmp_path / "terminal.json", 2401
    words = (str(peer.path), "--baud", "9600", "--profile", "mtm800e", "--anonymous", "--write", str(file))
    out, _ = await types(*words)
    assert re.search(r"AT\+GMI\? +\+GMI: MOTOROLA", out)
    assert "What it means" in out
    assert '→ `profile = "mtm5400"` fits better' in out
    assert "2401" not in file.read_text()
    _, err = await types(*words, status=1)
    assert "cannot be written (File exists)" in err


async def test_the_report_is_swedish_where_swedish_is_spoken(
    peer: PeerAtSpeed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    monkeypatch.chdir(tmp_path)
    peer.answers |= {"AT+CTGS?": "ERROR", "AT+CREG?": "+CREG: 3,,", "AT+CSQ?": "+CSQ: 5,99", "AT+CBC?": "+CBC: gremlin"}
    words = (str(peer.path), "--baud", "9600", "--profile", "mtm800e", "--write", str(tmp_path / "terminal.json"))
    out, _ = await types(*words, status=1)
    report = out.partition("Vad det betyder")
    assert "fel          talgruppen går inte att läsa (terminalen svarar ERROR)" in report[2]
    shown = re.sub(r"(?m)^  AT.*|'[^']*'|MOTOROLA.*|\bdBm\b|profilen \w+", " ", report[0] + report[2])
    assert english_in(shown, [str(tmp_path)]) == [], out


async def test_the_command_fails_where_the_terminal_has_a_fault(peer: PeerAtSpeed) -> None:
    words = (str(peer.path), "--baud", "9600", "--profile", "mtm800e")
    peer.answers["AT+CTSP?"] = peer.answers["AT+CTGS?"] = "ERROR"
    out, _ = await types(*words, status=1)
    assert "fault" in out


async def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    for words, expected in (
        ((str(tmp_path / "none"),), "there is no"),
        (("spy:///dev/ttyS0",), "writes every message down"),
        (("/dev/null", "--profile", "toaster"), "there is no such profile; there are mtm5400"),
    ):
        _, err = await types(*words, status=1)
        assert err.startswith("samband: radio probe: ")
        assert expected in err
        assert "Traceback" not in err
