"""Every fault of samband.toml is told in Swedish where Swedish is spoken: by its reason, with file, setting and remedy.

The table below breaks the settings in every way that has a reason of its own.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bridge
from bridge import words
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.settings import SettingsError, load
from bridge.settings.language import spoken
from bridge.written import WrittenReason
from tests.harness.tongues import english_in

TRUNK = "[[trunk]]\ndial = '192.0.2.7'\n"
TERMINAL = "[[terminal]]\nname = 'r1'\nserial = '/dev/ttyUSB0'\naudio = 'alsa:hw:1'\n"
BROKEN: dict[str, str] = {
    "written_too_deep": "a = " + "[" * 5000 + "]" * 5000,
    "written_toml_name": "api 8080",
    "written_toml_value": "[api]\nhost = localhost\n",
    "written_toml_open": "[api\n",
    "written_toml_twice": "[api]\n[api]\n",
    "written_toml_character": r'state = "C:\var"',
    "setting_unknown": "[api]\nprot = 1\n",
    "setting_missing": "[[trunk]]\nname = 'a'\n",
    "setting_whole_number": "[api]\nport = 'http'\n",
    "setting_smaller_number": f"[api]\nport = '{'9' * 5000}'\n",
    "setting_number": "[radio]\ncut_s = 'long'\n",
    "setting_ordinary_number": "[api]\nport = inf\n",
    "setting_yes_or_no": "[sds]\norders = 'perhaps'\n",
    "setting_text": "[asterisk]\nbinary = 1\n",
    "setting_path": "state = 1\n",
    "setting_list": "[asterisk]\nnumbers = '08'\n",
    "setting_table": "api = 8080\n",
    "setting_tables": "[trunk]\ndial = 'a'\n",
    "setting_at_least": "[api]\nport = 0\n",
    "setting_more_than": "[radio]\ncut_s = 0\n",
    "setting_at_most": "[api]\nport = 70000\n",
    "setting_less_than": "[recording]\nwarn_free_percent = 100\n",
    "setting_one_of": "[asterisk]\nlanguage = 'de'\n",
    "setting_few_values": "[asterisk]\ncodecs = []\n",
    "setting_many_values": f"[[trunk]]\ndial = 'a'\nthen_dial = {[f'192.0.2.{n}' for n in range(9)]}\n",
    "setting_short_text": "[api]\nhost = ''\n",
    "setting_long_text": f"{TRUNK}username = '{'a' * 129}'\n",
    "setting_form": "[storage]\nnode = 'Länet'\n",
    "setting_holds_nul": 'state = "a\\u0000b"\n',
    "setting_no_number": "[api]\nport = true\n",
    "setting_warned_after_cut": "[radio]\nwarn_s = 58\n",
    "setting_room_above_full": "[mixing]\nroom_percent = 80\n",
    "setting_mail_sender": "[mail]\nhost = 'mail.example.se'\nsender = 'samband'\n",
    "setting_mail_in_clear": "[mail]\nhost = 'mail.example.se'\nsender = 'a@example.se'\nsecurity = 'none'\n",
    "setting_bearer_password_alone": "[sms]\nuser = 'u1'\n",
    "setting_sms_url": "[sms]\nurl = 'http://sms.example.se/'\nsender = 'Samband'\n",
    "setting_sms_sender": "[sms]\nurl = 'https://sms.example.se/'\nsender = 'Samband i länet'\n",
    "setting_sms_order_twice": "[sms]\norder = ['modem', 'modem']\nmodem.device = '/dev/modem'\n",
    "setting_sms_order_not_set_up": "[sms]\norder = ['smpp']\n",
    "setting_smpp_without_login": "[sms.smpp]\nhost = 'smsc.example.se'\n",
    "setting_sms_callback_url": "[sms]\ncallback_url = 'http://samband.example.se'\n",
    "setting_low_block": "ports_from = 80\n",
    "setting_terminal_twice": TERMINAL * 2,
    "setting_port_twice": "[api]\nport = 8088\n",
    "setting_no_tracks_for_consultations": '[side_rooms]\nconsultations_recorded = true\n[recording]\ntracks = "mix"\n',
    "setting_port_of_audio": "[asterisk]\nsip_port = 20002\n",
    "setting_no_audio": TERMINAL.replace("alsa:", "pulse:"),
    "setting_no_address": "[asterisk]\nsip_host = 'localhost'\n",
    "setting_no_network": f"{TRUNK}accept_from = ['operatören']\n",
    "setting_whole_world": f"{TRUNK}accept_from = ['0.0.0.0/0']\n",
    "setting_short_stall": "[asterisk]\nhung_restart_s = 2\n",
    "setting_number_twice": "[asterisk]\nnumbers = ['+4685555555', '08-555 55 55']\n",
    "setting_no_ipv6": "[asterisk]\nsip_host6 = '192.0.2.1'\n",
    "setting_certificate_alone": "[asterisk]\ntls_key = '/etc/key.pem'\n",
    "setting_ipv6_already": "[asterisk]\nsip_host = '::1'\nsip_host6 = '::1'\n",
    "setting_few_audio_ports": "[asterisk]\nrtp_first_port = 20000\nrtp_last_port = 20001\n",
    "setting_same_ports": "[asterisk]\nsip_port = 5038\n",
    "setting_srv_name": "[[trunk]]\nsrv = true\ndial = 'example.net:5060'\n",
    "setting_srv_addresses": "[[trunk]]\nsrv = true\ndial = 'example.net'\nthen_dial = ['192.0.2.8']\n",
    "setting_address_twice": f"{TRUNK}then_dial = ['192.0.2.7:5060']\n",
    "setting_mixed_addresses": f"{TRUNK}then_dial = ['[2001:db8::1]']\n",
    "setting_srtp_in_clear": f"{TRUNK}srtp = true\n",
    "setting_username": f"{TRUNK}username = 'a b'\n",
    "setting_password_alone": f"{TRUNK}username = 'samband'\n",
    "setting_registers_as_nobody": f"{TRUNK}register_at_operator = true\n",
    "setting_host_and_port": "[[trunk]]\ndial = 'a b'\n",
    "setting_no_certificate_for": f"{TRUNK}transport = 'tls'\n",
    "setting_no_ipv6_for": "[[trunk]]\ndial = '[2001:db8::1]'\n",
    "setting_no_trunk": "trunk = []\n",
    "setting_trunk_twice": TRUNK * 2,
    "setting_port_of_no_browser": "[api]\nport = 10080\n",
    "setting_table_of_text": "[accounts.provider]\nroles = 1\n",
    "setting_bad_network": "[api]\ntrusted_proxies = ['proxy']\n",
    "setting_role_unknown": "[accounts.provider]\nroles = { a = 'root' }\n",
    "setting_issuer_not_https": "[accounts.provider]\nissuer = 'http://login.example.se'\n",
    "setting_no_time_zone": "[recording]\ntimezone = 'Mars/Olympus'\n",
    "setting_no_tsa_root": "[proof]\ntsa_url = 'https://tsa.example.org/'\n",
    "setting_anchor_node_shape": "[proof]\nanchor_node_url = 'https://samband.example.org'\n",
    "setting_copy_without_bucket": "[archive_copy]\nurl = 'https://s3.example.org'\n",
    "setting_place_shape": "[[recording.place]]\nname = 'arkiv'\n",
    "setting_place_password_alone": "[[recording.place]]\nname = 'arkiv'\nurl = 'https://dav.example.se'\nuser = 'b'\n",
    "setting_place_twice": "[[recording.place]]\nname = 'arkiv'\nfolder = '/a'\n" * 2,
    "setting_stops_before_warning": "[recording]\nstop_free_percent = 30\n",
    "setting_short_preroll": "[media]\nspeech_min_ms = 150\npreroll_ms = 100\n",
    "setting_card_twice": "[[media.card]]\ndevice = 'hw:1'\n" * 2,
    "setting_no_profile": f"{TERMINAL}profile = 'nokia'\n",
    "setting_route_from_air": f"{TERMINAL}routes = [[2, 0, 0], [2, 3, 224]]\n",
    "setting_route_not_voice": f"{TERMINAL}routes = [[2, 3, 130]]\n",
    "setting_talkgroup_not_allowed": f"{TERMINAL}talkgroups = [2401]\ntalkgroup = 2402\n",
    "setting_line_spies": TERMINAL.replace("/dev/ttyUSB0", "spy:///dev/ttyUSB0"),
    "setting_line_blocks": TERMINAL.replace("/dev/ttyUSB0", "alt:///dev/ttyUSB0"),
    "setting_line_without_library": TERMINAL.replace("/dev/ttyUSB0", "cp2110://0"),
    "setting_no_kind_of_line": TERMINAL.replace("/dev/ttyUSB0", "telnet://a:1"),
    "setting_line_without_port": TERMINAL.replace("/dev/ttyUSB0", "socket://a"),
    "number_no_digits": "[asterisk]\nnumbers = ['-']\n",
}
ELSEWHERE = {
    *("written_in_file", "setting_in_variable", "written_at", "setting_row"),
    *("setting_no_file", "setting_no_plain_file", "written_unreadable", "written_not_utf8"),
    *("setting_variable_of_nothing", "setting_variable_unreadable"),
    "written_toml",
    "setting_other",
}
"""Shown by the tests below, or the words for a fault that nobody foresaw."""
DATA = re.compile(
    r"\S*samband\.toml|'[^']*'|\[\[?[a-z.]+\]\]?(?: [a-z_0-9.]+)?|(?<=\d, )[a-z_]+|(?<=\d: )(?:state|trunk)"
    r"|`[^`]*`|\^\S*\$|inte \w+\.$|det finns mtm.*|\bmain\b|\broot\b"
)
"""Names of settings, values of the file, and what is written alike in both."""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "samband.toml"
    monkeypatch.setenv("SAMBAND_CONFIG", str(made))
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    return made


def faults() -> tuple[Reason, ...]:
    with pytest.raises(SettingsError) as caught:
        load()
    return caught.value.faults


def codes_in(reason: Reason) -> Iterator[str]:
    yield reason.code
    for _, value in reason.data:
        if isinstance(value, Reason):
            yield from codes_in(value)


@pytest.mark.parametrize("code", BROKEN)
def test_each_fault_has_its_reason_and_is_told_in_swedish(code: str, file: Path) -> None:
    file.write_text(BROKEN[code], encoding="utf-8")
    found = faults()
    assert code in {one for fault in found for one in codes_in(fault)}
    told = SettingsError(*found).said(Language.SV)
    assert told.count(str(file)) == len(found)
    assert english_in(DATA.sub(" ", told)) == [], told
    words.missing.clear()
    assert SettingsError(*found).said(Language.EN) != told
    assert words.missing.total() == 0, words.missing


def test_no_reason_of_a_setting_is_without_a_way_to_break_it() -> None:
    codes = {code for code in words.section(Language.SV, "reason") if code.startswith(("setting_", "written_"))}
    assert codes - set(BROKEN) - ELSEWHERE == set()


def test_no_table_of_the_settings_refuses_a_value_by_a_sentence() -> None:
    """Pydantic takes any `ValueError` for a fault; only `Unusable` carries a reason."""
    root = Path(bridge.__file__).parent
    models = [path for path in root.rglob("*.py") if "(BaseModel)" in path.read_text() and "api/" not in str(path)]
    tables = {*models, root / "api/settings.py", root / "rakel/port.py"}
    assert len(tables) >= 7
    raised: list[Any] = [
        node.exc.func
        for path in tables
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    assert {one.id for one in raised if one.id != "OSError"} == {"Unusable"}


def test_one_is_counted_as_one(file: Path) -> None:
    file.write_text("[api]\nhost = ''\n")
    assert SettingsError(*faults()).said(Language.SV).endswith("[api] host: minst 1 tecken behövs.")
    assert SettingsError(*faults()).said(Language.EN).endswith("[api] host: at least 1 character is needed.")
    file.write_text("[asterisk]\ncodecs = []\n")
    assert "minst 1 värde ska anges" in SettingsError(*faults()).said(Language.SV)


# --- the file itself, and the variables ---


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", ", rad 1: inte UTF-8. Spara filen i den kodningen."),
        (None, ": filen finns inte. SAMBAND_CONFIG anger den; rätta variabeln eller ta bort den."),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_swedish(file: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        file.write_bytes(content)
    assert SettingsError(*faults()).said(Language.SV) == f"{file}{told}"


def test_a_folder_in_its_place_and_a_disk_that_fails_are_told_in_swedish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMBAND_CONFIG")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samband.toml").mkdir()
    assert "det är ingen fil. Flytta undan den" in SettingsError(*faults()).said(Language.SV)
    (tmp_path / "samband.toml").rmdir()
    (tmp_path / "samband.toml").write_text("")

    def failing(*_: object, **__: object) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_text", failing)
    assert "går inte att läsa: disken är trasig" in SettingsError(*faults()).said(Language.SV)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("SAMBAND_API__PORT", "abc", "variabeln SAMBAND_API__PORT: [api] port: här ska stå ett heltal, utan"),
        ("SAMBAND_TRUNK", "main", "variabeln SAMBAND_TRUNK går inte att läsa: en lista eller tabell i en variabel"),
        ("SAMBAND_APY__PORT", "1", "variabeln SAMBAND_APY__PORT anger ingen inställning. Rätta stavningen"),
    ],
)
def test_a_wrong_variable_is_told_in_swedish(
    file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    file.write_text("")
    monkeypatch.setenv(variable, value)
    assert SettingsError(*faults()).said(Language.SV).startswith(told)


# --- the language that is itself at fault ---


@pytest.mark.parametrize(
    ("text", "shell", "language"),
    [
        ("language = 'de'\n", "", Language.SV),
        ("language = 'de'\n", "C.UTF-8", Language.SV),
        ("language = 'de'\n", "en_GB.UTF-8", Language.EN),
        ("language = 'de'\n", "sv_SE.UTF-8", Language.SV),
        ("language = 'sv'\n[api\n", "en_GB.UTF-8", Language.SV),
        ("language = 'en'\n[api\n", "sv_SE.UTF-8", Language.EN),
        ("[api]\nlanguage = 'en'\n[api]\n", "sv_SE.UTF-8", Language.SV),
    ],
)
def test_where_the_language_cannot_be_used_the_system_s_is_spoken_and_then_swedish(
    text: str, shell: str, language: Language, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(text)
    monkeypatch.setenv("LC_ALL", shell)
    for other in ("LC_MESSAGES", "LANG", "SAMBAND_LANGUAGE"):
        monkeypatch.delenv(other, raising=False)
    assert spoken() is language
    assert WrittenReason.IN_FILE in {fault.code for fault in faults()}
