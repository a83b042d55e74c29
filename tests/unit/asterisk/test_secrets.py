"""Asterisk's secrets are made once, kept to their owner, and never shown."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bridge.ari.secrets import SecretsWatch, load_or_make_secrets
from bridge.cli import app
from bridge.domain.kernel.reasons import WELL
from bridge.ports import PortError
from tests.harness.reasons import english


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    made = load_or_make_secrets(tmp_path / "state")
    assert load_or_make_secrets(tmp_path / "state") == made
    assert load_or_make_secrets(tmp_path / "other") != made


def test_secrets_are_long_and_the_emergency_code_can_be_keyed(tmp_path: Path) -> None:
    made = load_or_make_secrets(tmp_path)
    assert len(made.ari_password) >= 40
    assert len(made.ami_password) >= 40
    assert made.ari_password != made.ami_password
    assert len(made.emergency_code) == 8
    assert made.emergency_code.isdecimal()


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    load_or_make_secrets(tmp_path)
    path = tmp_path / "asterisk-secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    load_or_make_secrets(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_they_are_not_shown_by_accident(tmp_path: Path) -> None:
    made = load_or_make_secrets(tmp_path)
    assert made.ari_password not in repr(made)
    assert made.emergency_code not in repr(made)


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"ari_user": "x"}'])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, damage: str) -> None:
    (tmp_path / "asterisk-secrets.json").write_text(damage)
    with pytest.raises(PortError, match="remove it"):
        load_or_make_secrets(tmp_path)


def test_a_secret_that_would_break_a_configuration_file_is_refused(tmp_path: Path) -> None:
    load_or_make_secrets(tmp_path)
    path = tmp_path / "asterisk-secrets.json"
    kept = json.loads(path.read_text())
    kept["ari_password"] = "x\n[admin]\ntype=user"
    path.write_text(json.dumps(kept))
    with pytest.raises(PortError, match="damaged"):
        load_or_make_secrets(tmp_path)


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PortError, match="cannot keep secrets"):
        load_or_make_secrets(tmp_path / "file/below")


def test_secrets_that_were_lost_are_made_anew_and_it_is_told(tmp_path: Path) -> None:
    load_or_make_secrets(tmp_path)
    (tmp_path / "codes.key").write_bytes(b"made after them")
    (tmp_path / "asterisk-secrets.json").unlink()
    with capture_logs() as logs:
        load_or_make_secrets(tmp_path)
        load_or_make_secrets(tmp_path)
    assert [line["event"] for line in logs] == ["asterisk_secrets_were_lost"]
    assert "emergency code" in logs[0]["remedy"]


def test_the_loss_is_an_alarm_on_the_board_until_the_new_code_is_handed_out(tmp_path: Path) -> None:
    watch = SecretsWatch(tmp_path)
    load_or_make_secrets(tmp_path)
    assert watch.health() == {"emergency code": WELL}
    (tmp_path / "codes.key").write_bytes(b"made after them")
    (tmp_path / "asterisk-secrets.json").unlink()
    new = load_or_make_secrets(tmp_path)
    told = english(SecretsWatch(tmp_path).health()["emergency code"])
    assert "hand out the new one" in told
    assert new.emergency_code not in told
    watch.handed_out()
    assert SecretsWatch(tmp_path).health() == {"emergency code": WELL}


def test_the_keeper_reads_the_emergency_code_and_says_that_it_is_handed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path))
    shell = CliRunner()
    assert shell.invoke(app, ["asterisk", "emergency-code"]).exit_code == 1, "nothing is made by asking"
    assert not (tmp_path / "keys").exists()
    made = load_or_make_secrets(tmp_path / "keys")
    assert shell.invoke(app, ["asterisk", "emergency-code"]).output == f"{made.emergency_code}\n"
    (tmp_path / "keys/codes.key").write_bytes(b"made after them")
    (tmp_path / "keys/asterisk-secrets.json").unlink()
    new = load_or_make_secrets(tmp_path / "keys")
    assert SecretsWatch(tmp_path / "keys").health()["emergency code"] != WELL
    assert shell.invoke(app, ["asterisk", "emergency-code", "--handed-out"]).output == f"{new.emergency_code}\n"
    assert SecretsWatch(tmp_path / "keys").health()["emergency code"] == WELL
