"""The reference is made from the code, and the check says when it no longer tells the truth."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bridge.domain.phrases import catalogue
from bridge.domain.radio.records import PatchState
from bridge.settings import reference
from docs import generate
from docs.machines import Edge, patch_edges, target_edges


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    assert generate.main([], folder) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reference of one's own to spoil. What the code makes is made once: that it stays so is for another test."""
    ready: dict[str, Callable[[], str]] = {}
    for name in generate.DOCUMENTS:
        text = (made / f"{name}.md").read_text()
        (tmp_path / f"{name}.md").write_text(text)
        ready[name] = partial(text.removeprefix, generate.HEAD)
    monkeypatch.setattr(generate, "DOCUMENTS", ready)
    return tmp_path


def test_what_was_just_made_is_not_stale(made: Path) -> None:
    assert generate.main(["--check"], made) == 0


def test_the_same_code_makes_the_same_words(made: Path) -> None:
    assert generate.stale(made) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text(path.read_text() + "by hand\n"),
        lambda path: path.write_text(path.read_text().replace("|", "", 1)),
        lambda path: path.unlink(),
    ],
    ids=["added to", "changed", "missing"],
)
@pytest.mark.parametrize("name", sorted(generate.DOCUMENTS))
def test_a_stale_document_fails_the_check_and_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, spoil: Callable[[Path], object]
) -> None:
    spoil(folder / f"{name}.md")
    assert generate.main(["--check"], folder) == 1
    said = capsys.readouterr().err
    assert f"{name}.md" in said
    assert "make docs" in said


def test_a_document_that_nothing_makes_fails_the_check_and_goes_when_made_anew(folder: Path) -> None:
    (folder / "old.md").write_text("# Old\n")
    assert generate.main(["--check"], folder) == 1
    assert generate.main([], folder) == 0
    assert not (folder / "old.md").exists()


def test_the_check_writes_nothing(folder: Path) -> None:
    (folder / "keys.md").write_text("stale\n")
    generate.main(["--check"], folder)
    assert (folder / "keys.md").read_text() == "stale\n"


def test_every_setting_and_every_spoken_prompt_is_in_it(made: Path) -> None:
    settings = (made / "settings.md").read_text()
    assert all(f"`{row.name}`" in settings for row in reference())
    prompts = (made / "prompts.md").read_text()
    assert all(f"`{name}`" in prompts for name in catalogue() if not name.startswith("number/"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("api", "`/api/v1/conferences/{conference}/participants/{participant}/mute`"),
        ("api", "| `talker` |"),
        ("keys", "| `*6` | mute on and off | everybody but listener |"),
        ("pei", "`AT+CTXD=<instance>,<priority>`"),
        ("prompts", "| `mute/muted` | Mikrofonen är avstängd. |"),
        ("cli", "## `samband activations start LIST_ID`"),
    ],
)
def test_a_reader_finds(made: Path, name: str, words: str) -> None:
    assert words in (made / f"{name}.md").read_text()


def _ways(edges: list[Edge]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(edge.start, edge.end): edge.causes for edge in edges}


def test_every_state_of_a_patch_is_reached() -> None:
    edges = patch_edges()
    assert {edge.start for edge in edges} | {edge.end for edge in edges} == {state.value for state in PatchState}


def test_the_only_way_to_the_air_is_our_own_grant() -> None:
    ways = {way: causes for way, causes in _ways(patch_edges()).items() if way[1] == "transmitting"}
    assert {start for start, _ in ways} == {"demanding", "queued", "receiving"}
    assert set(ways.values()) == {("our own grant",)}


def test_the_only_way_into_the_meeting_is_a_key() -> None:
    targets, attempts = target_edges()
    assert {way: causes for way, causes in _ways(targets).items() if way[1] == "joined"} == {
        ("calling", "joined"): ("key 1",),  # the news of the answer was lost
        ("asked", "joined"): ("key 1",),
    }
    assert {edge.end for edge in attempts} == {"ringing", "answered", "ended"}
