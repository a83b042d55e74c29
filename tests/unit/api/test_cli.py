"""The system's keeper steers the running program from a terminal."""

import asyncio
import io
import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.ari.install import AsteriskTree, default_cache
from bridge.cli import main
from bridge.domain.callout.records import ACTIVATIONS, AnswerLevel
from bridge.domain.conference.records import CONFERENCES, Holder, Role
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation, PatchRule
from bridge.domain.kernel.language import Language
from bridge.domain.radio.records import PATCHES
from bridge.ports import CodeOwner
from tests.harness.reasons import because
from tests.unit.api.devices import AUDIO
from tests.unit.api.region import Region
from tests.unit.api.serving import served
from tests.unit.api.test_recordings import with_faults

NOBODY = 2
"""A port where nobody listens."""


@dataclass(frozen=True)
class Terminal:
    """A shell in which `samband` is typed."""

    state: Path
    port: int

    async def types(self, *words: str, status: int = 0, **more: str) -> tuple[str, str]:
        """What the command prints on its two streams; run here, so that no test waits for a new interpreter."""
        out, err = io.StringIO(), io.StringIO()

        def command() -> int:
            with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
                patch.setattr(sys, "argv", ["samband", *words])
                for name, value in {**self._environment(), **more}.items():
                    patch.setenv(name, value)
                try:
                    main()
                except SystemExit as ended:
                    return int(ended.code or 0)
                return 0

        assert await asyncio.to_thread(command) == status, err.getvalue()
        return out.getvalue(), err.getvalue()

    async def starts(self, *words: str, status: int = 0) -> tuple[str, str]:
        """The same in a process of its own, as a shell does it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bridge.cli",
            *words,
            env={**self._environment(), "PYTHONPATH": str(Path.cwd()), "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == status, err.decode()
        assert "Traceback" not in err.decode()
        return out.decode(), err.decode()

    def _environment(self) -> dict[str, str]:
        return {"SAMBAND_STATE": str(self.state), "SAMBAND_API__PORT": str(self.port), "COLUMNS": "200"}


@pytest.fixture
async def terminal(region: Region, tmp_path: Path) -> AsyncIterator[Terminal]:
    (tmp_path / "operator.token").write_text(region.operator + "\n")
    async with served(region) as port:
        yield Terminal(tmp_path, port)


@pytest.mark.slow
async def test_a_conference_is_opened_listed_and_ended(terminal: Terminal, region: Region) -> None:
    out, _ = await terminal.starts("conferences", "open", "Lägesmöte", "--exercise")
    assert "08-555 55 55" in out
    (conference_id,) = region.node()[CONFERENCES]
    assert (await region.codes_of(conference_id))[0] in out
    listed, _ = await terminal.types("conferences", "list", "--json")
    (conference,) = json.loads(listed)
    assert (conference["name"], conference["exercise"]) == ("Lägesmöte", True)
    ended, _ = await terminal.types("conferences", "end", conference["id"])
    assert ended == "Ended\n"


async def test_a_personal_code_is_issued_shown_once_and_withdrawn(terminal: Terminal, region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "Tjänsteman i beredskap"))
    conference = json.loads((await terminal.types("conferences", "open", "Möte", "--json"))[0])["id"]
    made = json.loads((await terminal.types("conferences", "issue-code", conference, "tib", "--host", "--json"))[0])
    owner = await region.codes.resolve(made["code"])
    assert owner == CodeOwner(conference, Role.HOST, Holder("Tjänsteman i beredskap", "Länsstyrelsen"), "tib")
    listed, _ = await terminal.types("conferences", "codes", conference)
    assert "Tjänsteman i beredskap" in listed
    assert made["code"] not in listed
    await terminal.types("conferences", "withdraw-code", conference, made["id"])
    assert await region.codes.resolve(made["code"]) is None


async def test_a_roll_is_called_shown_and_ended(terminal: Terminal, region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB"))
    await region.has(Forum("isf", "ISF", host_function_ids=("tib",)))
    opened, _ = await terminal.types("conferences", "open", "Möte", "--forum", "isf", "--json")
    conference = json.loads(opened)["id"]
    begun, _ = await terminal.types("conferences", "roll-call", conference, "--start", "--hosts", "--json")
    assert (json.loads(begun)["state"], json.loads(begun)["summary_to"]) == ("calling", "hosts")
    shown, _ = await terminal.types("conferences", "roll-call", conference)
    assert "Being called, 0/1" in shown
    assert "Expected" in shown
    ended, _ = await terminal.types("conferences", "roll-call", conference, "--end")
    assert "Ended, 0/1" in ended
    assert "Missing" in ended


async def test_those_who_wait_are_listed_and_let_in(terminal: Terminal, region: Region) -> None:
    made = json.loads((await terminal.types("conferences", "open", "Möte", "--waiting-room", "--json"))[0])
    for name in ("Anna", "Bo"):
        region.clock.time_s += 1
        await region.waits(made["id"], name)
    listed = json.loads((await terminal.types("conferences", "waiting", made["id"], "--json"))[0])
    assert [one["name"] for one in listed] == ["Anna", "Bo"]
    table, _ = await terminal.types("conferences", "waiting", made["id"])
    assert "Bo" in table
    assert await terminal.types("conferences", "let-in", made["id"], listed[1]["id"]) == ("Bo\n", "")
    assert await terminal.types("conferences", "let-in", made["id"]) == ("Anna\n", "")


async def test_what_is_not_said_is_as_the_forum_says(terminal: Terminal, region: Region) -> None:
    await region.has(Forum("isf", "ISF", recorded=False, language=Language.EN))
    made = json.loads(
        (await terminal.types("conferences", "open", "Möte", "--forum", "isf", "--emergency", "--json"))[0]
    )
    assert (made["language"], made["recording"]["wanted"], made["emergency"]) == ("en", False, True)


async def test_what_the_program_refuses_is_said_in_its_words(terminal: Terminal) -> None:
    _, err = await terminal.types("conferences", "end", "none", status=1)
    assert err == "samband: there is no conference none\n"


async def test_a_recording_is_fetched_and_proved(terminal: Terminal, region: Region, tmp_path: Path) -> None:
    recording = await region.recorded("archived.flac")
    out, _ = await terminal.types("recordings", "get", recording, str(tmp_path / "copy.flac"))
    assert (tmp_path / "copy.flac").read_bytes() == AUDIO
    out, _ = await terminal.types("recordings", "verify")
    assert out == "audit chain: ok\naudio of 1 recording: ok\n"
    region.recording_file("archived.flac").write_bytes(b"changed")
    _, err = await terminal.types("recordings", "verify", status=1)
    assert recording in err


async def test_the_report_of_a_call_out_is_shown_and_written(
    terminal: Terminal, region: Region, tmp_path: Path
) -> None:
    await region.directory.put("test", Organisation("lst", "Läns\x1b[2Jstyrelsen"))
    await region.directory.put("test", Function("tib", "lst", "TiB", ("+46846500401",)))
    await region.directory.put("test", ActivationList("all", "Alla", ("tib",)))
    made = json.loads((await terminal.types("activations", "start", "all", "--json"))[0])["id"]
    shown, _ = await terminal.types("activations", "report", made)
    head, row = shown.splitlines()
    assert head.startswith("kind;call-out list;conference;priority;organisation")
    assert "live;Alla;Alla;1;Läns?[2Jstyrelsen;TiB;calling;" in row
    files = [tmp_path / "report.pdf", tmp_path / "report.csv"]
    await terminal.types("activations", "report", made, "--pdf", str(files[0]), "--csv", str(files[1]))
    assert [one.read_bytes()[:4] for one in files] == [b"%PDF", b"\xef\xbb\xbfk"]
    _, err = await terminal.types("activations", "report", made, "--csv", str(files[1]), status=1)
    assert "report.csv" in err


async def test_several_lists_are_called_in_at_once_and_each_level_is_told(terminal: Terminal, region: Region) -> None:
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Function("tib", "lst", "TiB", ("+46846500401",)),
        Function("kbi", "lst", "KBI", ("+46846500402",)),
        ActivationList("all", "Alla", ("tib",), level=AnswerLevel.DIRECT, quorum=1),
        ActivationList("more", "Fler", ("kbi",)),
    )
    looked, _ = await terminal.types("activations", "review", "all", "--also", "more")
    assert "Alla + Fler" in looked
    shown, _ = await terminal.types("activations", "start", "all", "--also", "more=2_h")
    assert "at once: 0 of 1 have come, shall have come by" in shown
    assert "within 2 hours: 0 of 1 have come, shall have come by" in shown
    (activation,) = region.node()[ACTIVATIONS]
    ahead, _ = await terminal.types("activations", "forecast", activation)
    assert [line.split("  ")[0] for line in ahead.splitlines()][-2:] == ["at once", "within 2 hours"]


async def test_verify_names_every_recording_whose_file_is_gone(terminal: Terminal, region: Region) -> None:
    gone, changed = await region.recorded("gone.flac"), await region.recorded("changed.flac")
    region.recording_file("gone.flac").unlink()
    region.recording_file("changed.flac").write_bytes(b"changed")
    _, err = await terminal.types("recordings", "verify", status=1)
    assert f"the sound of recording {gone} is not in the archive any more. restore gone.flac" in err
    assert f"the audio differs from what was archived: {changed}" in err


async def test_terminals_are_shown_and_control_characters_are_not(terminal: Terminal, region: Region) -> None:
    await region.terminal("rakel-1", reason=because("ready\x1b[2J"))
    out, _ = await terminal.types("radio", "status")
    assert "rakel-1" in out
    assert "\x1b" not in out


async def test_a_text_is_sent_by_radio_and_listed(terminal: Terminal, region: Region) -> None:
    await region.terminal("rakel-1", "unregistered")
    out, _ = await terminal.types("radio", "sds", "send", "1002001", "Samling\nkl 16")
    assert "waiting" in out
    listed, _ = await terminal.types("radio", "sds", "list", "--json")
    assert [(one["receiver"], one["text"]) for one in json.loads(listed)] == [(1002001, "Samling\nkl 16")]
    _, err = await terminal.types("radio", "sds", "send", "1002001", status=1)
    assert err == "samband: give either text or status\n"


async def test_without_a_running_program_the_remedy_is_told(tmp_path: Path) -> None:
    nobody = Terminal(tmp_path, NOBODY)
    _, err = await nobody.types("radio", "status", status=1)
    assert "operator.token is missing" in err
    (tmp_path / "operator.token").write_text("samband_x")
    _, err = await nobody.types("radio", "status", status=1)
    assert "start it with `samband run`" in err


@pytest.mark.slow
async def test_wrong_settings_are_told_without_a_traceback(tmp_path: Path) -> None:
    _, err = await Terminal(tmp_path, 99999).starts("radio", "status", status=1)
    assert "[api] port" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("words", [("asterisk", "status"), ("asterisk", "stop")])
async def test_to_ask_for_asterisk_or_to_stop_it_writes_nothing(
    words: tuple[str, ...], asterisk_tree: AsteriskTree, tmp_path: Path
) -> None:
    state = tmp_path / "var"
    cache = default_cache().parent
    out, _ = await Terminal(state, NOBODY).types(*words, XDG_CACHE_HOME=str(cache))
    assert not state.exists()
    if words[1] == "status":
        assert out.split() == ["what", "value", "pid", "–", "answers", "no", "stale", "no"]


async def test_asterisk_that_is_not_installed_cannot_be_asked(tmp_path: Path) -> None:
    _, err = await Terminal(tmp_path / "var", NOBODY).types(
        "asterisk", "status", status=1, XDG_CACHE_HOME=str(tmp_path)
    )
    assert err == "samband: Asterisk: it is not installed: samband asterisk install\n"


async def opened(terminal: Terminal) -> str:
    conference: str = json.loads((await terminal.types("conferences", "open", "Storm", "--json"))[0])["id"]
    return conference


async def test_a_talkgroup_is_patched_changed_extended_and_removed(terminal: Terminal, region: Region) -> None:
    await region.terminal("rakel-1")
    await region.talkgroup(2001, "RAPS-1", lease_s=1800.0)
    conference = await opened(terminal)
    words = ("--keying", "floor", "--idle-s", "600", "--no-notice")
    (made,) = json.loads((await terminal.types("radio", "patch", conference, "2001", *words, "--json"))[0])
    assert (made["terminal"], made["keying"], made["idle_s"], made["notice"]) == ("rakel-1", "floor", 600, False)
    assert made["lease_until"] is not None
    listed = (await terminal.types("radio", "list"))[0]
    assert "RAPS-1" in listed
    assert "rakel-1" in listed
    (changed,) = json.loads((await terminal.types("radio", "set", "2001", "--precedence", "phone", "--json"))[0])
    assert (changed["keying"], changed["precedence"]) == ("floor", "phone")
    (endless,) = json.loads((await terminal.types("radio", "extend", made["id"], "--no-end", "--json"))[0])
    assert endless["lease_until"] is None
    (leased,) = json.loads((await terminal.types("radio", "extend", "2001", "--json"))[0])
    assert leased["lease_until"] is not None
    await terminal.types("radio", "unpatch", "2001", "--at-once")
    assert getattr(region.asked[-1][1], "at_once", None) is True
    _, said = await terminal.types("radio", "unpatch", "2001", status=1)
    assert said == "samband: there is no patch 2001: see `samband radio list`\n"


async def test_who_asked_cannot_approve_and_is_told_so(terminal: Terminal, region: Region) -> None:
    await region.terminal("rakel-1")
    await region.talkgroup(2001, "RAPS-1", rule=PatchRule.APPROVAL)
    await terminal.types("radio", "patch", await opened(terminal), "2001")
    assert "asked" in (await terminal.types("radio", "list"))[0]
    _, said = await terminal.types("radio", "approve", "2001", status=1)
    assert said == "samband: operator asked for it: somebody else must approve\n"


async def test_the_radio_is_keyed_for_somebody(terminal: Terminal, region: Region) -> None:
    await region.terminal("rakel-1")
    await region.talkgroup(2001, "RAPS-1")
    conference = await opened(terminal)
    await terminal.types("radio", "patch", conference, "2001", "--keying", "key")
    who = await region.joins(conference, "TiB")
    await terminal.types("radio", "key", conference, who)
    (patch,) = region.node()[PATCHES].values()
    assert patch.keyed_by == who
    await terminal.types("radio", "key", conference, who, "--off")
    (patch,) = region.node()[PATCHES].values()
    assert patch.keyed_by is None


async def test_a_track_is_listed_with_its_talkgroup(terminal: Terminal, region: Region, tmp_path: Path) -> None:
    await region.recorded("mix.flac")
    await region.recorded("track.flac", gssi=2001)
    listed = (await terminal.types("recordings", "list"))[0]
    assert "mix" in listed
    assert "RAPS-LED-1 2001" in listed


async def test_the_list_of_recordings_names_the_tracks_that_are_missing_with_the_reason(
    terminal: Terminal, region: Region
) -> None:
    await with_faults(region, await region.recorded("mix.flac"))
    listed = (await terminal.types("recordings", "list", LC_ALL="sv_SE.UTF-8", COLUMNS="500"))[0]
    assert "TiB Länsstyrelsen: avkortat" in listed
    assert "RAPS-LED-1: saknas" in listed


# --- what a meeting is led by ---


@pytest.mark.slow
async def test_a_meeting_is_led_from_a_shell(terminal: Terminal, region: Region) -> None:
    """Floor, speaking list, side rooms and decisions: each act is shown as it then is, in tables that people read."""
    out, _ = await terminal.types("conferences", "open", "Stormmöte", "--json")
    conference = json.loads(out)["id"]
    anna, bert = [await region.joins(conference, number) for number in ("+46701740602", "+46701740603")]
    floor, _ = await terminal.types("floor", "mode", conference, "queue")
    assert floor.startswith("speaking list: nobody has the floor")
    floor, _ = await terminal.types("floor", "request", conference, anna, "--class", "urgent", LC_ALL="sv_SE.UTF-8")
    assert floor.startswith("talarlista: "), floor
    await terminal.types("speaking-list", "add", conference, "--participant", bert, "--title", "Lägesbild")
    listed, _ = await terminal.types("speaking-list", "show", conference)
    assert "Lägesbild" in listed
    await terminal.types("speaking-list", "limit", conference, "--turn-s", "120", "--turn-ends", "taken")
    assert "a turn: at most 120 s (taken)" in (await terminal.types("speaking-list", "show", conference))[0]
    room, _ = await terminal.types("rooms", "open", conference, "Ledning", "--json")
    (opened,) = json.loads(room)
    sent, _ = await terminal.types("rooms", "send", conference, opened["id"], bert)
    assert "side room" in sent
    assert "#7 1" in sent
    assert (await terminal.types("rooms", "close", conference, opened["id"]))[0]
    decision, _ = await terminal.types("decisions", "begin", conference, "--title", "Vi öppnar bron", "--json")
    key = json.loads(decision)["id"]
    ended, _ = await terminal.types("decisions", "end", conference, key)
    assert "1, Vi öppnar bron: " in ended
    told, _ = await terminal.types("decisions", "answer", conference, key, "Polisen", "--reserved")
    assert "Polisen" in told
    assert "reserved" in told
    assert "Vi öppnar bron" in (await terminal.types("decisions", "list", conference))[0]
    read_back, _ = await terminal.types("decisions", "read-back", conference, key)
    assert "1, Vi öppnar bron: " in read_back
    meant, _ = await terminal.types("conferences", "end-time", conference, "2027-01-15T12:00:00+01:00")
    assert "2027-01-15T11:00:00.000Z" in meant
    longer, _ = await terminal.types("conferences", "extend", conference, "--minutes", "45")
    assert "2027-01-15T11:45:00.000Z" in longer
    assert "2027" not in (await terminal.types("conferences", "end-time", conference))[0]
    shown, _ = await terminal.types("conferences", "lock", conference, LC_ALL="sv_SE.UTF-8")
    assert "låst" in shown
    people, _ = await terminal.types("participants", "mute", conference, anna, LC_ALL="sv_SE.UTF-8")
    assert "deltagare" in people
    _, fault = await terminal.types("rooms", "close", conference, "rum-0", status=1)
    assert fault.startswith("samband: ")


async def test_a_file_is_shown_first_then_imported_and_exported(
    terminal: Terminal, region: Region, tmp_path: Path
) -> None:
    listed = tmp_path / "länets lista.csv"
    listed.write_text("Organisation;Funktion;Telefon\nLst;TiB;701740605\nLst;SOS;112\n", encoding="cp1252")
    shown, _ = await terminal.types("directory", "import", str(listed))
    assert "Telefon → telephone" in shown
    assert "701740605 is read as +46701740605" in shown
    assert "112 is a short number" in shown
    assert "1 new, 0 changed, 0 the same, 1 refused" in shown
    *_, told = shown.splitlines()
    words = shlex.split(told.partition("samband ")[2])
    assert words[-1] == "--partly"
    assert await region.directory.list(Function) == []
    _, refused = await terminal.types(*words[:-1], status=1)
    assert "1 row cannot be imported, so nothing was written" in refused
    assert (await terminal.types(*words))[0].endswith("imported\n")
    assert [one.numbers for one in await region.directory.list(Function)] == [("+46701740605",)]
    listed.write_text("Organisation;Funktion;Telefon\nLst;TiB;070-174 06 05\n")
    assert (await terminal.types("directory", "import", str(listed)))[0].endswith("nothing changed\n")
    for option in ((), ("--vcard",)):
        exported = tmp_path / f"export{len(option)}"
        await terminal.types("directory", "export", str(exported), *option)
        again, _ = await terminal.types("directory", "import", str(exported), "--json")
        assert [one["outcome"] for one in json.loads(again)["rows"]] == ["same"]
        _, there = await terminal.types("directory", "export", str(exported), *option, status=1)
        assert "is there already" in there
    _, missing = await terminal.types("directory", "import", str(tmp_path / "none.csv"), status=1)
    assert "none.csv cannot be read" in missing


async def test_what_the_directory_lacks_is_listed_and_a_function_confirmed(terminal: Terminal, region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB", ("+46701740605",)))
    shown, _ = await terminal.types("directory", "coverage")
    lacks = ["–", "–", "yes", "yes", "–", "–"]
    row = ["Länsstyrelsen", "TiB", *lacks, "never", "never", "–", "–", "never", "–"]
    assert shown.splitlines()[1].split() == row
    await terminal.types("directory", "confirm", "tib")
    assert "2027-01-15T08:00:00.000Z" in (await terminal.types("directory", "coverage"))[0]


async def test_the_directory_is_kept_from_a_shell(terminal: Terminal, region: Region, tmp_path: Path) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB", ("+46846500401",)))
    shown, _ = await terminal.types(
        "directory", "number", "tib", "08-465 004 01", "--kind", "fixed", "--hours", "mon-fri 08:00-16:30"
    )
    assert "mon-fri 08:00-16:30" in shown or "mån-fre 08:00-16:30" in shown
    [function] = await region.directory.list(Function)
    assert [(one.kind.value, len(one.hours)) for one in function.number_uses] == [("fixed", 1)]
    made, _ = await terminal.types("directory", "person", "add", "lst", "Person Ett", "--number", "070-174 06 05")
    person = made.strip()
    added, _ = await terminal.types(
        "directory", "rota", "add", "tib", person, "2027-01-15 08:00", "2027-01-16 08:00", "--json"
    )
    assert json.loads(added)[0]["begins_at"] == "2027-01-15T07:00:00.000Z"
    table = tmp_path / "rota.csv"
    table.write_text("Funktion;Person;Från;Till\nTiB;Person Ett;2027-01-16 08:00;2027-01-17 08:00\n")
    preview, _ = await terminal.types("directory", "rota", "import", str(table), "--json")
    await terminal.types("directory", "rota", "import", str(table), "--accept", json.loads(preview)["digest"])
    assert len(await region.directory.rota()) == 2
    address, _ = await terminal.types("directory", "link", "make", "lst")
    assert "/upkeep?key=upkeep_" in address
    listed, _ = await terminal.types("directory", "link", "list", "--json")
    await terminal.types("directory", "link", "revoke", json.loads(listed)[0]["id"])
    coverage, _ = await terminal.types("directory", "coverage", "--json")
    assert json.loads(coverage)[0]["lacks_duty"] is False
    await terminal.types("directory", "person", "remove", person)
    assert await region.directory.rota() == []
