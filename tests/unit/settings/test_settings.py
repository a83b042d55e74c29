"""The system's keeper writes samband.toml, and is told what is wrong in words."""

from pathlib import Path

import pytest

from bridge.domain.ids import Gssi, TerminalName
from bridge.domain.model import TerminalPolicy
from bridge.domain.policy import CalloutPolicy, EntryPolicy, MeetingPolicy, Policy, RadioPolicy, ShortDataPolicy
from bridge.settings import Settings, SettingsError, load, reference


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
    assert load().policy().radio == RadioPolicy()
    assert (load().policy().entry, load().policy().meeting, load().policy().callout) == (
        Policy().entry,
        Policy().meeting,
        Policy().callout,
    )


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
    assert [trunk.name for trunk in settings.policy().trunks] == ["operator", "reserve"]
    assert settings.policy().trunks[0].calls_per_s == 2
    assert settings.policy().trunks[0].caller_id == settings.number
    assert settings.policy().radio.cut_s == 45
    assert (settings.policy().radio.takeover_s, settings.policy().radio.fallback_s) == (12, 0)
    assert (settings.policy().short_data.expires_s, settings.policy().short_data.tries) == (60, 2)
    assert settings.terminal[0].name == "rakel-1"
    assert settings.policy().terminals == (
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
        ("[api]\nprot = 1\n", ["[api] prot is no setting", "spelling"]),
        ("stat = 1\n", ["stat is no setting"]),
        ("[api]\nport = 70000\n", ["[api] port", "65535"]),
        ("[api]\nport = 'http'\n", ["[api] port", "integer"]),
        ("[api]\nport = 8088\n", ["api.port 8088", "choose another"]),
        ("[[trunk]]\ndial = 'a b'\n", ["[[trunk]] number 1, dial", "host:port"]),
        ("[[trunk]]\n[[trunk]]\n", ["two trunks are named main"]),
        ("[[terminal]]\nname = 'r1'\n", ["[[terminal]] number 1, serial", "required"]),
        ("[radio]\nwarn_s = 58\n", ["[radio]", "warn_s must be smaller than cut_s"]),
        ("[radio]\ncut_s = 61\n", ["[radio] cut_s", "60"]),
        ("[api\n", ["not TOML", "line 1"]),
        ("[[terminal]]\nname='a'\nserial='x'\naudio='y'\n" * 2, ["two terminals are named a"]),
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


def test_every_figure_of_the_rules_can_be_set_and_has_the_products_default() -> None:
    policy = load().policy()
    assert (policy.radio, policy.short_data, policy.entry) == (RadioPolicy(), ShortDataPolicy(), EntryPolicy())
    assert (policy.meeting, policy.callout) == (MeetingPolicy(), CalloutPolicy())


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
