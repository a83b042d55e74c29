"""The settings in force can be looked at: every value, where it comes from, and no secret."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bridge.ports import SettingSource, ShownSetting
from bridge.settings import load, reference, shown_settings

Written = Callable[[str], Mapping[tuple[str, int, str], ShownSetting]]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """The settings in force with this in the file, by table, entry and name."""
    for name in [one for one in os.environ if one.startswith("SAMBAND_")]:
        monkeypatch.delenv(name)

    def write(text: str) -> Mapping[tuple[str, int, str], ShownSetting]:
        file = tmp_path / "samband.toml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("SAMBAND_CONFIG", str(file))
        return {(one.table.strip("[]"), one.entry, one.name): one for one in shown_settings(load())}

    return write


def test_every_setting_of_the_reference_is_shown_with_its_meaning(written: Written) -> None:
    found = written(
        "[[terminal]]\nname = 'rakel-1'\nserial = '/dev/null'\naudio = 'alsa:hw:1'\n[[media.card]]\ndevice = 'hw:1'\n"
        "[[recording.place]]\nname = 'arkiv'\nfolder = '/srv/paket'\n"
    )
    leaves = {(one.table.strip("[]"), one.name) for one in reference()}
    of_tables = {("accounts", "provider"), ("media", "card"), ("recording", "place"), ("sms", "modem"), ("sms", "smpp")}
    lacking = {one for one in leaves - {(table, name) for table, _, name in found} if one not in of_tables}
    assert lacking == set()
    assert all(one.meaning for one in found.values())


def test_a_value_tells_whether_it_is_our_own_or_the_file_s_or_a_variable_s(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBAND_API__PORT", "8099")
    found = written("[api]\nport = 8098\nsession_h = 3\n[[trunk]]\nname = 'telia'\ndial = '192.0.2.7:5060'\n")
    told = {key: (one.value, one.source) for key, one in found.items()}
    assert told["api", 0, "port"] == ("8099", SettingSource.ENVIRONMENT)
    assert told["api", 0, "session_h"] == ("3.0", SettingSource.FILE)
    assert told["conference", 0, "code_tries"] == ("3", SettingSource.DEFAULT)
    assert told["trunk", 1, "name"] == ("telia", SettingSource.FILE)
    assert told["trunk", 1, "calls_per_s"][1] is SettingSource.DEFAULT


def test_ports_that_follow_from_the_block_say_so(written: Written) -> None:
    found = written("ports_from = 21000\n")
    assert (found["api", 0, "port"].value, found["api", 0, "port"].source) == ("21000", SettingSource.DERIVED)
    assert found["", 0, "ports_from"].source is SettingSource.FILE


@pytest.mark.parametrize(
    "text",
    [
        "[storage]\nurl = 'postgresql://samband:hemlig@db/samband'\n",
        "[sms]\nurl = 'https://sms.example/send?key=hemlig'\nsender = 'Samband'\n",
    ],
)
def test_no_secret_is_shown(written: Written, text: str) -> None:
    found = written(text)
    assert not any("hemlig" in (one.value or "") + one.default for one in found.values())
    [hidden] = [one for one in found.values() if one.value is None]
    assert (hidden.name, hidden.source) == ("url", SettingSource.FILE)


def test_a_secret_that_is_not_set_is_shown_as_not_set(written: Written) -> None:
    assert written("")["storage", 0, "url"].value == ""
