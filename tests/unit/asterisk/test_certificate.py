"""The certificate of SIP over TLS is tried before anything runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.ari.certificate import usable_certificate
from bridge.ari.settings import AsteriskSettings
from bridge.ports import PortError
from tests.harness.certificates import Certificate, make_certificate

NOW = datetime.now(UTC)


def settings_of(made: Certificate, **others: Any) -> AsteriskSettings:
    given = {"tls_certificate": made.file, "tls_key": made.key, "tls_ca": made.file}
    return AsteriskSettings(**{**given, **others})


def test_one_that_fits_its_key_has_a_last_day(tmp_path: Path) -> None:
    until = usable_certificate(settings_of(make_certificate(tmp_path, days=90)), NOW)
    assert until.date() == (NOW + timedelta(days=90)).date()


def test_one_that_has_expired_is_a_fault(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, days=3)
    with pytest.raises(PortError, match=r"expired on .* have it renewed"):
        usable_certificate(settings_of(made), NOW + timedelta(days=4))


def test_the_key_of_another_is_a_fault(tmp_path: Path) -> None:
    made, other = make_certificate(tmp_path / "a"), make_certificate(tmp_path / "b")
    with pytest.raises(PortError, match="cannot be used together"):
        usable_certificate(settings_of(made, tls_key=other.key), NOW)


@pytest.mark.parametrize("setting", ["tls_certificate", "tls_key", "tls_ca"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, setting: str) -> None:
    missing = tmp_path / "nowhere.pem"
    with pytest.raises(PortError, match=r"nowhere\.pem cannot be read.*No such file"):
        usable_certificate(settings_of(make_certificate(tmp_path), **{setting: missing}), NOW)


def test_issuers_that_are_none_are_a_fault(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    with pytest.raises(PortError, match="holds no certificates of issuers"):
        usable_certificate(settings_of(made, tls_ca=made.key), NOW)


def test_none_at_all_names_the_settings() -> None:
    with pytest.raises(PortError, match=r"set .asterisk. tls_certificate, tls_key"):
        usable_certificate(AsteriskSettings(), NOW)
