"""The quick cards fit on a page each, and every key, command and word that they name is there."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.cli import app
from bridge.domain.conference.records import Role
from bridge.domain.step import KEYS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs/quick-cards"
CARDS = sorted(FOLDER.glob("*.md"))
KEY = re.compile(r"`([*#][0-9*#])`")
LINES_OF_A_PAGE = 58
COLUMNS = 96
"""What a page of A4 holds in print at eleven points."""


def keys(role: Role) -> set[str]:
    return {key.sequence for key in KEYS if role in key.roles}


def named(card: str) -> set[str]:
    return set(KEY.findall((FOLDER / f"{card}.md").read_text()))


def test_the_hosts_card_names_every_key_of_a_host_and_no_other() -> None:
    assert named("host") == keys(Role.HOST)


def test_the_participants_card_names_every_key_of_all_and_none_of_the_hosts() -> None:
    assert named("participant") == keys(Role.PARTICIPANT)


def test_the_answers_to_a_call_out_are_those_of_the_spoken_question() -> None:
    spoken = tomllib.loads((ROOT / "asterisk-config/prompts/sv.toml").read_text())
    asked = re.findall(r"Tryck (\d)", " ".join(spoken["callout"].values()))
    card = (FOLDER / "participant.md").read_text()
    assert re.findall(r"^\| `(\d)` \|", card, re.MULTILINE) == sorted(set(asked))


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_a_card_is_one_printed_page(card: Path) -> None:
    printed = sum(1 + max(0, len(line) - 1) // COLUMNS for line in card.read_text().splitlines())
    assert printed <= LINES_OF_A_PAGE


def commands(words: str, command: Any) -> Iterator[str]:
    inside = getattr(command, "commands", {})
    for name, inner in inside.items():
        yield from commands(f"{words} {name}", inner)
    if not inside:
        yield words


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_every_command_on_a_card_is_one(card: Path) -> None:
    known = set(commands("samband", typer.main.get_command(app)))
    for written in re.findall(r"`(samband [a-z -]+)", card.read_text()):
        words = written.split(" --")[0].strip()
        assert words in known, f"{card.name}: {written}"


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_every_word_that_a_card_quotes_is_shown_or_said(card: Path) -> None:
    """In *italics*: a button or a state of the console, or the beginning of a spoken prompt."""
    shown = set(words(ROOT / "bridge/words/sv.toml"))
    said = list(words(ROOT / "asterisk-config/prompts/sv.toml"))
    for quoted in re.findall(r"(?<!\*)\*([^*`\n]+)\*(?!\*)", card.read_text()):
        assert quoted in shown or any(text.startswith(quoted) for text in said), f"{card.name}: {quoted}"


def words(file: Path) -> Iterator[str]:
    for section in tomllib.loads(file.read_text()).values():
        yield from (text for text in section.values() if isinstance(text, str))


def test_the_cards_are_those_of_host_participant_and_keeper() -> None:
    assert [card.stem for card in CARDS] == ["host", "keeper", "participant"]
