"""The secrets of links: from a key in a file, and kept nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.bearers import LinkSecrets, link_secrets
from bridge.domain.kernel.ids import LinkId, OutboxId
from bridge.domain.outbox import marks
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer

LINK, OTHER = LinkId("abcdefgh23"), LinkId("abcdefgh24")
KEPT = LinkSecrets(b"k" * 32)
MESSAGE = SendMessage(
    OutboxId("out-1"),
    Bearer.SMS,
    "+46701740605",
    "",
    f"https://x.example/l/{marks.token_mark(LINK)} kod {marks.code_mark(LINK)}",
    0.0,
    links=True,
)


def test_the_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = link_secrets(tmp_path)
    assert first.token(LINK) == link_secrets(tmp_path).token(LINK)
    assert (tmp_path / "links.key").stat().st_mode & 0o777 == 0o600


def test_a_file_that_holds_no_key_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "links.key").write_text("inget")
    assert link_secrets(tmp_path).opened(link_secrets(tmp_path).token(LINK)) == LINK


def test_the_marks_of_our_own_text_become_the_secrets_of_their_links() -> None:
    assert KEPT.filled(MESSAGE).text == f"https://x.example/l/{KEPT.token(LINK)} kod {KEPT.code(LINK)}"
    assert KEPT.filled(replace(MESSAGE, links=False)).text == MESSAGE.text, "the text of a person is as it is"


def test_an_address_opens_its_own_link_alone() -> None:
    token = KEPT.token(LINK)
    assert KEPT.opened(token) == LINK
    wrong = [token[:-1], token + "A", OTHER + token[10:], token[:-1] + "é", "", "a" * 32, token[:-1] + "\n"]
    assert [KEPT.opened(one) for one in wrong] == [None] * len(wrong)


@pytest.mark.parametrize("typed", ["", "12345", "abcd", "٣٣٣٣", "0" * 5000])
def test_a_code_is_four_digits_and_its_own_links(typed: str) -> None:
    code = KEPT.code(LINK)
    assert KEPT.is_code(LINK, f" {code[:2]} {code[2:]} ")
    assert len(code) == 4
    assert not KEPT.is_code(LINK, typed)
