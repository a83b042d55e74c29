"""Which version is at work is told by the installation itself, whatever tool made it."""

import sys
from pathlib import Path

import pytest

from bridge.main import release as product
from bridge.main.release import Code, Release, release
from bridge.main.verdict import printed_verdict, verdict_of

COMMIT = "1f3c9a7e5b210c8d4e6f7a8b9c0d1e2f3a4b5c6d"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an installation, made by git."""
    (tmp_path / "bridge").mkdir()
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    monkeypatch.setattr(product, "_root", lambda: tmp_path)
    return tmp_path


def commit() -> str:
    return release.__wrapped__().commit


def test_a_clone_tells_the_commit_of_its_branch(clone: Path) -> None:
    (clone / ".git/refs/heads/main").write_text(f"{COMMIT}\n")
    assert commit() == COMMIT[:12]


def test_a_clone_that_has_been_packed_does_too(clone: Path) -> None:
    (clone / ".git/packed-refs").write_text(
        f"# pack-refs with: peeled\n{'0' * 40} refs/tags/x\n{COMMIT} refs/heads/main\n"
    )
    assert commit() == COMMIT[:12]


def test_so_does_one_at_no_branch(clone: Path) -> None:
    (clone / ".git/HEAD").write_text(f"{COMMIT}\n")
    assert commit() == COMMIT[:12]


def test_and_a_worktree(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / ".git/refs/heads/next").write_text(f"{COMMIT}\n")
    own = clone / ".git/worktrees/next"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/next\n")
    (own / "commondir").write_text("../..\n")
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / ".git").write_text(f"gitdir: {own}\n")
    monkeypatch.setattr(product, "_root", lambda: beside)
    assert commit() == COMMIT[:12]


def test_a_package_has_it_in_a_file(clone: Path) -> None:
    (clone / "bridge/_data").mkdir()
    (clone / "bridge/_data/commit").write_text("abc\n")
    assert commit() == "abc"


def test_where_nothing_tells_it_the_version_stands_alone(clone: Path) -> None:
    assert str(Release("0.2.0", commit())) == "0.2.0"
    assert str(Release("0.2.0", "abc")) == "0.2.0 (abc)"


def test_a_program_that_is_started_loads_the_code_of_its_own_version(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that it is started in may hold another version, and the link to it may be turned."""
    monkeypatch.setenv("PYTHONPATH", f"{clone}:/elsewhere:")
    code = Code.here()
    assert code.environment() == {"PYTHONPATH": f"{clone}:/elsewhere", "PYTHONSAFEPATH": "1"}
    assert Path(code.python).name == Path(sys.executable).name
    assert Path(code.python).parent == Path(sys.executable).parent.resolve()


@pytest.mark.parametrize("noise", ["", "a line\n", '{"event": "x"}\n', "{broken\n", "[1]\n"])
def test_a_verdict_is_found_among_the_lines_of_a_log(noise: str) -> None:
    assert verdict_of(f"{noise}{printed_verdict({'version': '1'})}\n{noise}") == {"version": "1"}
    assert verdict_of(noise) == {}
