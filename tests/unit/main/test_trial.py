"""A new version that could not go on with this node says why, in words, and touches nothing."""

from pathlib import Path

import pytest

from bridge.ari.reasons import InstallReason
from bridge.domain.kernel.language import Language
from bridge.main import trial as product
from bridge.main.trial import tried
from bridge.main.verdict import verdict_of
from bridge.ports import PortError
from bridge.settings import Settings
from bridge.storage.reasons import StorageReason


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (PortError("asterisk", InstallReason.NOT_INSTALLED(), retry=False), "asterisk"),
        (
            PortError("database", StorageReason.SCHEMA_NOT_BESIDE(schema="0046", found="0044"), retry=False),
            "dess schema 0044 måste bli 0046",
        ),
        (OSError(28, "No space left on device"), "disken är full"),
        (KeyError("of no use"), "of no use"),
    ],
)
def test_a_fault_is_a_verdict_in_the_language_of_the_one_who_asks(
    fault: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Settings) -> None:
        raise fault

    monkeypatch.setattr(product, "installed_asterisk", fails)
    tried(Settings(state=tmp_path), Language.SV)
    assert said in str(verdict_of(capsys.readouterr().out)["refused"]).lower()
