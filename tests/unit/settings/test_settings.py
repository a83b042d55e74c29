"""The system's keeper writes samband.toml, and is told what is wrong in words."""

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

from bridge import domain
from bridge.api.settings import REFUSED_BY_BROWSERS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference.policy import ConferencePolicy, EntryPolicy
from bridge.domain.kernel.ids import Gssi, TerminalName
from bridge.domain.outbox.policy import BearerPolicy
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.settings import SettingRow, Settings, SettingsError, load, reference


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    file = tmp_path / "samband.toml"
    monkeypatch.setenv("SAMBAND_CONFIG", str(file))

    def write_(text: str) -> Path:
        file.write_text(text, encoding="utf-8")
        return file

    return write_


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No samband.toml of the working directory is read."""
    monkeypatch.chdir(tmp_path)


def fault() -> str:
    with pytest.raises(SettingsError) as caught:
        load()
    return str(caught.value)


def test_without_a_file_everything_is_on_loopback() -> None:
    settings = load()
    assert (settings.api.host, settings.api.port, settings.state) == ("127.0.0.1", 8080, Path("var"))
    assert settings.asterisk.sip_host == "127.0.0.1"
    assert settings.number == "+4685555555"


def test_the_defaults_give_the_products_own_policy() -> None:
    assert load().policy()[RadioPolicy] == RadioPolicy()
    assert (load().policy()[EntryPolicy], load().policy()[ConferencePolicy]) == (EntryPolicy(), ConferencePolicy())
    assert load().policy()[CalloutPolicy] == CalloutPolicy(trunks=load().policy()[CalloutPolicy].trunks)


def test_a_whole_file_is_read(write) -> None:  # type: ignore[no-untyped-def]
    write(
        """
        state = "/srv/samband"
        [api]
        port = 9000
        [[trunk]]
        name = "operator"
        dial = "sip.example.net"
        calls_per_s = 2
        [[trunk]]
        name = "reserve"
        dial = "192.0.2.7"
        [[terminal]]
        name = "rakel-1"
        serial = "/dev/ttyUSB0"
        audio = "alsa:hw:1"
        talkgroups = [1234567]
        [[terminal]]
        name = "rakel-2"
        serial = "/dev/ttyUSB1"
        audio = "alsa:hw:2"
        spare = true
        [radio]
        warn_s = 40
        cut_s = 45
        takeover_s = 12
        fallback_s = 0
        [sds]
        expires_s = 60
        tries = 2
        """
    )
    settings = load()
    assert settings.state == Path("/srv/samband")
    assert [trunk.name for trunk in settings.policy()[CalloutPolicy].trunks] == ["operator", "reserve"]
    assert settings.policy()[CalloutPolicy].trunks[0].calls_per_s == 2
    assert settings.policy()[CalloutPolicy].trunks[0].caller_id == settings.number
    assert settings.policy()[RadioPolicy].cut_s == 45
    assert (settings.policy()[RadioPolicy].takeover_s, settings.policy()[RadioPolicy].fallback_s) == (12, 0)
    assert (settings.policy()[ShortDataPolicy].expires_s, settings.policy()[ShortDataPolicy].tries) == (60, 2)
    assert settings.terminal[0].name == "rakel-1"
    assert settings.policy()[RadioPolicy].terminals == (
        TerminalPolicy(TerminalName("rakel-1"), (Gssi(1234567),), text_octets=79),
        TerminalPolicy(TerminalName("rakel-2"), spare=True, text_octets=79),
    )


def test_a_variable_overrides_the_file(write, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    write("[api]\nport = 9000\nhost = '127.0.0.2'\n")
    monkeypatch.setenv("SAMBAND_API__PORT", "9001")
    monkeypatch.setenv("SAMBAND_STATE", "/srv/elsewhere")
    settings = load()
    assert (settings.api.port, settings.api.host, settings.state) == (9001, "127.0.0.2", Path("/srv/elsewhere"))


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(Exception, match="frozen"):
        load().state = Path("elsewhere")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[api]\nprot = 1\n", ["line 2", "[api] prot: this is no setting", "Did you mean port?", "spelling"]),
        ("stat = 1\n", ["stat: this is no setting", "Did you mean state?"]),
        ("[api]\nport = 70000\n", ["[api] port", "65535"]),
        ("[api]\nport = 'http'\n", ["line 2", "[api] port", "a whole number is needed", "not 'http'."]),
        ("[api]\nport = 8088\n", ["line 2", "[api] port", "8088 is asterisk.ari_port too", "choose another"]),
        ("[[trunk]]\ndial = 'a b'\n", ["line 2", "[[trunk]] number 1, dial", "host:port"]),
        (
            "[[trunk]]\ndial = 'a'\n[[trunk]]\ndial = 'b'\n",
            ["line 3: [[trunk]] number 2, name: two trunks are named main"],
        ),
        ("[[trunk]]\nname = 'telia'\n", ["[[trunk]] number 1, dial", "required"]),
        ("[trunk]\ndial = 'a'\n", ["trunk", "[[trunk]] with two brackets"]),
        ("api = 8080\n", ["line 1", "[api] on a line of its own"]),
        ("[api]\nport = true\n", ["line 2", "[api] port: a number is needed, not true"]),
        ("[api]\nport = 10080\n", ["[api] port", "browsers refuse to open port 10080"]),
        ("[api]\nport = 5061\n", ["[api] port", "browsers refuse to open port 5061"]),
        ("[asterisk]\nsip_port = 20002\n", ["[asterisk] sip_port: port 20002", "ports of audio"]),
        ("[simulator]\naudio_port = 8080\n", ["[api] port: port 8080 is simulator.audio_port too", "choose another"]),
        ("ports_from = 80\n", ["line 1", "ports_from", "1024"]),
        ("[asterisk]\nlanguage = 'de'\n", ["[asterisk] language", "one of sv, en", "not 'de'"]),
        ("[recording]\ntimezone = 'Mars/Olympus'\n", ["[recording] timezone", "Mars/Olympus", "Europe/Stockholm"]),
        ('state = "a\\u0000b"\n', ["state", "NUL"]),
        ("a = " + "[" * 5000 + "]" * 5000, ["too deep"]),
        ("[[terminal]]\nname = 'r1'\n", ["[[terminal]] number 1, serial", "required"]),
        (
            "[[terminal]]\nname='a'\nserial='x'\naudio='pulse:default'\n",
            ["[[terminal]] number 1, audio", "`alsa:<device>` or `audiosocket://host:port`", "pulse:default"],
        ),
        ("[radio]\nwarn_s = 58\n", ["line 2", "[radio] warn_s: it must be smaller than `cut_s`"]),
        ("[radio]\ncut_s = 61\n", ["[radio] cut_s", "60"]),
        ("[api\n", ["not TOML", "line 1"]),
        (
            "[[terminal]]\nname='a'\nserial='x'\naudio='alsa:y'\n" * 2,
            ["line 6: [[terminal]] number 2, name: two terminals are named a"],
        ),
    ],
)
def test_a_fault_names_file_table_setting_and_remedy(write, text: str, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    file = write(text)
    message = fault()
    assert str(file) in message
    assert all(word in message for word in words), message
    assert "Traceback" not in message
    assert "pydantic" not in message


def test_every_fault_has_its_line(write) -> None:  # type: ignore[no-untyped-def]
    write("[api]\nport = 0\nprot = 1\n[log]\nlevel = 'loud'\n")
    assert len(fault().splitlines()) == 3


def test_a_secret_value_is_not_repeated(write) -> None:  # type: ignore[no-untyped-def]
    write("[storage]\nurl = ['hemligt']\n")
    assert "hemligt" not in fault()


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMBAND_CONFIG", str(tmp_path / "none.toml"))
    assert "no such file" in fault()


@pytest.mark.parametrize("variable", ["SAMBAND_APY__PORT", "SAMBAND_API__PROT", "SAMBAND_STAT"])
def test_a_misspelt_variable_is_not_passed_over(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1")
    assert variable in fault()


def test_every_figure_of_the_rules_has_the_products_default() -> None:
    policy = load().policy()
    assert (policy[RadioPolicy], policy[ShortDataPolicy], policy[EntryPolicy]) == (
        RadioPolicy(),
        ShortDataPolicy(),
        EntryPolicy(),
    )
    assert policy[ConferencePolicy] == ConferencePolicy()
    assert policy[CalloutPolicy] == CalloutPolicy(trunks=policy[CalloutPolicy].trunks)


TABLES_OF_FIGURES = ("conference", "guessing", "mixing", "side_rooms", "callout", "radio", "sds", "outbox")
ORDERS_BY_RADIO = ("sds", "orders")
"""The settings of this table that begin so are for the use cases. The rules do not know them."""


@cache
def policies() -> tuple[type, ...]:
    """Every room's class of figures."""
    modules = [importlib.import_module(one.name) for one in pkgutil.walk_packages(domain.__path__, "bridge.domain.")]
    kinds = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    found = {one for one in kinds if one.__module__.endswith(".policy") and is_dataclass(one)}
    return tuple(sorted(found - {TrunkPolicy, TerminalPolicy, BearerPolicy}, key=lambda one: one.__name__))


def another(value: object) -> object:
    """A value of the same kind that is not this one."""
    match value:
        case bool():
            return not value
        case StrEnum():
            return next(one for one in type(value) if one is not value)
        case int() | float():
            return value + 1
        case str():
            return f"{value}1"
        case ():
            return (40_000,)
        case _:
            return ()


def figures(settings: Settings) -> list[object]:
    policy = settings.policy()
    return [policy[kind] for kind in policies()]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (table, name)
        for table in TABLES_OF_FIGURES
        for name in type(getattr(Settings(), table)).model_fields
        if not (table == ORDERS_BY_RADIO[0] and name.startswith(ORDERS_BY_RADIO[1]))
    ],
)
def test_each_setting_of_the_rules_reaches_them(table: str, name: str) -> None:
    settings = load()
    given = getattr(settings, table)
    changed = given.model_copy(update={name: another(getattr(given, name))})
    assert figures(settings.model_copy(update={table: changed})) != figures(settings)


def test_the_rules_know_which_trunks_are_encrypted(write) -> None:  # type: ignore[no-untyped-def]
    write(
        """
        [conference]
        secrecy_needs_encryption = true
        [asterisk]
        tls_certificate = "/etc/samband/tls.pem"
        tls_key = "/etc/samband/tls.key"
        [[trunk]]
        name = "operator"
        dial = "sip.example.net"
        [[trunk]]
        name = "krypterad"
        dial = "sip.example.net"
        transport = "tls"
        srtp = true
        """
    )
    policy = load().policy()[ConferencePolicy]
    assert policy.encrypted_trunks == {"krypterad"}
    assert policy.secrecy_needs_encryption


def test_the_reference_shows_a_table_inside_a_table_as_a_table() -> None:
    rows = {(row.table, row.name): row for row in reference()}
    assert rows["[media]", "card"].type == "list of tables"
    assert rows["[[media.card]]", "device"].default == "required"
    assert rows["[[media.card]]", "receive_gain_db"].unit == "dB"


def test_the_reference_names_every_setting_with_its_meaning() -> None:
    rows = list(reference())
    assert [row for row in rows if not row.description] == []
    by_name = {(row.table, row.name): row for row in rows}
    assert by_name["[radio]", "cut_s"].unit == "seconds"
    assert by_name["[radio]", "cut_s"].default == "58.0"
    assert by_name["[[terminal]]", "serial"].default == "required"
    assert by_name["[[trunk]]", "calls_per_s"].unit == "per second"
    assert {row.table for row in rows} >= {"", "[api]", "[asterisk]", "[[trunk]]", "[[terminal]]", "[storage]"}
    assert len(rows) >= sum(
        len(getattr(field.annotation, "model_fields", ())) for field in Settings.model_fields.values()
    )


# --- a second Samband on the same machine ---


def test_a_second_samband_has_all_its_ports_in_a_block_of_its_own(write) -> None:  # type: ignore[no-untyped-def]
    write("ports_from = 31000\n")
    settings = load()
    asterisk, simulator = settings.asterisk, settings.simulator
    used = [settings.api.port, asterisk.sip_port, asterisk.ari_port, asterisk.ami_port]
    used += [simulator.control_port, simulator.audio_port, simulator.telephones_port]
    assert len(set(used)) == len(used)
    assert all(31000 <= port < 31100 for port in used)
    assert (asterisk.rtp_first_port, simulator.rtp_last_port) == (31100, 31999)
    assert asterisk.rtp_last_port < simulator.rtp_first_port
    assert settings.trunk[0].dial == f"127.0.0.1:{simulator.telephones_port}"
    assert settings.is_simulated(settings.trunk[0])


def test_a_port_that_is_set_stays_where_it_is_set(write, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    write("[api]\nport = 9000\n[[trunk]]\ndial = 'sip.example.net'\n")
    monkeypatch.setenv("SAMBAND_PORTS_FROM", "31000")
    settings = load()
    assert (settings.api.port, settings.asterisk.sip_port) == (9000, 31001)
    assert settings.trunk[0].dial == "sip.example.net:5060"
    assert not settings.is_simulated(settings.trunk[0])


def test_no_port_of_a_block_that_is_proposed_is_refused_by_browsers() -> None:
    assert not set(range(10000, 65000, 1000)) & REFUSED_BY_BROWSERS


def test_the_examples_trunk_follows_the_simulated_telephones(write) -> None:  # type: ignore[no-untyped-def]
    write("")
    assert load().trunk[0].dial == "127.0.0.1:5080"
    write("[simulator]\ntelephones_port = 5090\n")
    assert load().trunk[0].dial == "127.0.0.1:5090"


# --- the variables ---


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SAMBAND_API__PORT", "abc", ["the variable SAMBAND_API__PORT", "a whole number is needed", "not 'abc'"]),
        ("SAMBAND_API", "port=1", ["the variable SAMBAND_API", "JSON"]),
        ("SAMBAND_TRUNK", "main", ["the variable SAMBAND_TRUNK", "JSON"]),
        ("SAMBAND_ASTERISK__NUMBERS", "08-555 55 55", ["the variable SAMBAND_ASTERISK", "JSON"]),
    ],
)
def test_a_wrong_variable_is_blamed_and_not_the_file(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: list[str]
) -> None:
    file = write("[log]\nlevel = 'info'\n")
    monkeypatch.setenv(variable, value)
    message = fault()
    assert all(word in message for word in words), message
    assert str(file) not in message


def test_a_number_that_is_none_is_told_once(write) -> None:  # type: ignore[no-untyped-def]
    write("[asterisk]\nnumbers = ['555']\n")
    assert len(fault().splitlines()) == 1


def test_a_number_of_ours_that_is_given_twice_is_refused_however_it_is_written(write) -> None:  # type: ignore[no-untyped-def]
    """A conference led to by it would take every caller of the main number."""
    write("[asterisk]\nnumbers = ['+4685555555', '08-555 55 55']\n")
    assert "+4685555555 is given twice: leave one out" in fault()


# --- no wrong setting gives a traceback ---

WRONG = (
    "'\u00e5'",
    "''",
    "-17",
    "1.5",
    "inf",
    "nan",
    "true",
    "[]",
    "[[1]]",
    "['x', 7]",
    "{ odd = 1 }",
    "1979-05-27",
    "10e400",
)


BESIDE = {
    "[[trunk]]": {"dial": "'192.0.2.7'"},
    "[[terminal]]": {"name": "'rakel-1'", "serial": "'/dev/ttyUSB0'", "audio": "'alsa:hw:1'"},
    "[[media.card]]": {"device": "'hw:1'"},
    "[[recording.place]]": {"name": "'arkiv'", "folder": "'/srv/paket'"},
}
"""What these tables cannot be without."""


@pytest.mark.parametrize("row", list(reference()), ids=lambda row: f"{row.table}{row.name}")
def test_a_wrong_value_of_any_setting_is_told_with_file_and_field(write, row: SettingRow) -> None:  # type: ignore[no-untyped-def]
    others = [f"{name} = {value}" for name, value in BESIDE.get(row.table, {}).items() if name != row.name]
    told = {value: refusal(write("\n".join([row.table, *others, f"{row.name} = {value}"]))) for value in WRONG}
    assert len([one for one in told.values() if one]) >= 5, f"nearly nothing is refused: {told}"
    for value, message in told.items():
        assert not message or (row.name in message and "it names no file" not in message), f"{value}: {message}"
        assert not re.search(r"pydantic|Input should|Traceback|type=", message), f"{value}: {message}"


def refusal(file: Path) -> str:
    """What is said of a file; nothing where it is taken."""
    try:
        load()
    except SettingsError as error:
        return str(error) if str(file) in str(error) else f"it names no file: {error}"
    return ""


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[api]\nport = '\xe5'\n", b"\x00", b"[[[", b"= 1", b"[api]\n[api]\n"]
)
def test_a_file_that_cannot_be_read_as_settings_is_told(write, content: bytes) -> None:  # type: ignore[no-untyped-def]
    file = write("")
    file.write_bytes(content)
    assert str(file) in fault()


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "samband.toml").mkdir()
    assert "it is no file" in fault()


@pytest.mark.slow
def test_a_command_that_reads_the_settings_waits_for_nothing_large() -> None:
    """SQLAlchemy is half of what would be loaded, by every command and twice at each start. A command asks a program
    that has it all."""
    large = (
        "sqlalchemy",
        "alembic",
        "fastapi",
        "numpy",
        "aiohttp",
        "structlog",
        "rich",
        "aiosmtplib",
        "bridge.exchange",
    )
    code = f"import sys, bridge.cli; print([name for name in {large} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
