"""Getting Asterisk: found at once when it is there, and every lack named with its remedy when it is not."""

import fcntl
import json
import os
import platform
import threading
from pathlib import Path

import pytest

from bridge.ari import install
from bridge.ari.install import (
    FALLBACK_MIRROR,
    PACKAGES,
    InstallError,
    Progress,
    Step,
    debian_mirror,
    ensure_tree,
    find_tree,
    parse_version,
    use_installed,
)


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def complete_tree(cache: Path, at: str, **changes: object) -> Path:
    """A tree as it lies in the cache after an installation."""
    root = cache / f"asterisk-{at}"
    stamp = {"version": f"1:{at}+dfsg-1", "packages": PACKAGES, "machine": platform.machine()} | changes
    root.mkdir(parents=True)
    (root / "samband-tree.json").write_text(json.dumps(stamp))
    return root


def fake_debian(folder: Path, monkeypatch: pytest.MonkeyPatch, **behaviour: str) -> None:
    """apt and dpkg in front of the real ones: `offers` is the version, `fails` the program that fails."""
    version = behaviour.get("offers", "22.10.1")
    triplet = f"{platform.machine()}-linux-gnu"
    archives = 'for a in "$@"; do case "$a" in Dir::Cache=*) cache="${a#Dir::Cache=}";; esac; done'
    scripts = {
        "apt-config": "echo 'Acquire::http::Proxy \"http://proxy.example.net:3128\";'",
        "apt-cache": f"echo '  Candidate: {behaviour.get('candidate', f'1:{version}+dfsg-1')}'",
        "apt-get": f"{archives}; echo dlstatus:1:50.0:x; "
        'case "$*" in *--download-only*) touch "$cache/archives/asterisk.deb";; esac',
        "dpkg": f'root="$3"; mkdir -p "$root/usr/lib/{triplet}" "$root/usr/sbin"\n'
        f"printf '#!/bin/sh\\necho Asterisk {version}\\n' > \"$root/usr/lib/{triplet}/ld-linux-x.so.1\"\n"
        f'chmod 755 "$root/usr/lib/{triplet}/ld-linux-x.so.1"; touch "$root/usr/sbin/asterisk"',
    }
    for name, script in scripts.items():
        failing = "echo E: broken >&2; exit 100"
        program(folder / name, failing if behaviour.get("fails") == name else script)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    keyring = folder / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(install, "KEYRING", keyring)
    monkeypatch.setattr(install, "NEEDED_BYTES", int(behaviour.get("needs", "1")))


def test_a_complete_tree_is_taken_without_any_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = complete_tree(tmp_path, "22.10.1")
    monkeypatch.setenv("PATH", "/nowhere")
    assert ensure_tree(tmp_path).root == root


def test_the_newest_tree_is_taken(tmp_path: Path) -> None:
    for version in ("22.10.1", "22.11.0", "22.9.0"):
        complete_tree(tmp_path, version)
    found = find_tree(tmp_path)
    assert found is not None
    assert found.root == tmp_path / "asterisk-22.11.0"


@pytest.mark.parametrize(
    "changes", [{"version": "22.10.0"}, {"packages": ["asterisk"]}, {"machine": "riscv64"}, {"version": "x"}]
)
def test_a_tree_that_is_too_old_incomplete_or_foreign_is_not_taken(tmp_path: Path, changes: dict[str, object]) -> None:
    complete_tree(tmp_path, "22.10.1", **changes)
    assert find_tree(tmp_path) is None


def test_a_damaged_stamp_is_not_taken(tmp_path: Path) -> None:
    (complete_tree(tmp_path, "22.10.1") / "samband-tree.json").write_text("{")
    assert find_tree(tmp_path) is None


def test_an_installation_leaves_one_tree_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_debian(tmp_path / "bin", monkeypatch)
    cache = tmp_path / "cache"
    (cache / ".making-killed").mkdir(parents=True)
    told: list[Progress] = []
    tree = ensure_tree(cache, told.append)
    assert tree.root == cache / "asterisk-22.10.1"
    assert tree.version() == (22, 10, 1)
    assert sorted(path.name for path in cache.iterdir()) == ["asterisk-22.10.1", "asterisk.lock"]
    assert {step.step for step in told} >= {"downloading", "unpacking", "ready"}
    assert find_tree(cache) == tree


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ({"fails": "apt-get"}, "packages cannot be fetched"),
        ({"fails": "apt-cache"}, "apt-cache does not answer"),
        ({"fails": "dpkg"}, "does not unpack"),
        ({"candidate": "(none)"}, "no Asterisk that is new enough"),
        ({"candidate": "1:20.6.0-1"}, "no Asterisk that is new enough"),
        ({"offers": "22.10.0", "candidate": "1:22.10.1-1"}, "no Asterisk that is new enough"),
        ({"needs": str(10**18)}, "make room"),
    ],
)
def test_a_failure_says_what_is_wrong_and_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: dict[str, str], message: str
) -> None:
    fake_debian(tmp_path / "bin", monkeypatch, **behaviour)
    cache = tmp_path / "cache"
    with pytest.raises(InstallError, match=message):
        ensure_tree(cache)
    assert {path.name for path in cache.iterdir()} <= {"asterisk.lock"}


@pytest.mark.parametrize("missing", ["apt-get", "dpkg"])
def test_a_system_without_debians_tools_is_told_of_the_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    fake_debian(tmp_path / "bin", monkeypatch)
    (tmp_path / "bin" / missing).unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(InstallError, match=rf"{missing}.*asterisk\.binary"):
        ensure_tree(tmp_path / "cache")


def test_without_debians_keys_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_debian(tmp_path / "bin", monkeypatch)
    (tmp_path / "bin/keyring.gpg").unlink()
    with pytest.raises(InstallError, match="install debian-archive-keyring"):
        ensure_tree(tmp_path / "cache")


def test_two_clones_install_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_debian(tmp_path / "bin", monkeypatch)
    cache = tmp_path / "cache"
    cache.mkdir()
    told: list[str] = []
    waiting = threading.Event()

    def report(step: Progress) -> None:
        told.append(step.step)
        waiting.set()

    with (cache / "asterisk.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        second = threading.Thread(target=ensure_tree, args=(cache, report))
        second.start()
        assert waiting.wait(10)
        root = complete_tree(cache, "22.10.1")
    second.join(10)
    assert told == [Step.WAITING]
    found = find_tree(cache)
    assert found is not None
    assert found.root == root


def test_the_systems_way_to_its_mirror_is_used_and_none_of_its_hooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_debian(tmp_path / "bin", monkeypatch)
    program(
        tmp_path / "bin/apt-config",
        "cat <<'END'\n"
        'APT::Update::Post-Invoke:: "rm -rf /";\n'
        'Acquire::http::Proxy "http://proxy.example.net:3128";\n'
        'DPkg::Post-Invoke:: "true";\n'
        "END",
    )
    assert install._network_settings() == 'Acquire::http::Proxy "http://proxy.example.net:3128";\n'


@pytest.mark.parametrize(
    ("file", "content", "mirror"),
    [
        ("sources.list", "deb http://ftp.example.net/debian/ bookworm main\n", "http://ftp.example.net/debian"),
        (
            "sources.list",
            "# deb http://old.example.net/debian bookworm main\n"
            "deb [signed-by=/k.gpg arch=amd64] https://ftp.example.net/pub/debian trixie main\n",
            "https://ftp.example.net/pub/debian",
        ),
        (
            "sources.list.d/debian.sources",
            "Types: deb\nURIs: http://ftp.example.net/debian\nSuites: trixie\nComponents: main\n",
            "http://ftp.example.net/debian",
        ),
        ("sources.list.d/ubuntu.sources", "URIs: http://archive.example.net/ubuntu/\n", FALLBACK_MIRROR),
        ("sources.list", "deb http://security.example.net/debian-security bookworm main\n", FALLBACK_MIRROR),
        ("sources.list", "", FALLBACK_MIRROR),
    ],
)
def test_the_mirror_is_the_systems_own(tmp_path: Path, file: str, content: str, mirror: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content)
    assert debian_mirror(tmp_path) == mirror


@pytest.mark.parametrize(
    ("text", "version"),
    [("Asterisk 22.10.1+dfsg+~cs6.17-1", (22, 10, 1)), ("1:23.5.0~rc1", (23, 5, 0)), ("Asterisk 22.10.1", (22, 10, 1))],
)
def test_versions_are_read_as_debian_and_asterisk_write_them(text: str, version: tuple[int, int, int]) -> None:
    assert parse_version(text) == version


def test_a_program_that_gives_no_version_is_refused() -> None:
    with pytest.raises(InstallError, match="which version"):
        parse_version("Segmentation fault")


def test_an_installed_asterisk_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"asterisk\.binary names .*nothing"):
        use_installed(tmp_path / "nothing")


def test_a_speech_engine_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    system = install.AsteriskTree(tmp_path, tmp_path, tmp_path, None)
    with pytest.raises(InstallError, match="apt-get install espeak-ng"):
        system.program("espeak-ng")
    with pytest.raises(InstallError, match="no espeak-ng"):
        install.AsteriskTree(tmp_path, tmp_path, tmp_path, tmp_path).program("espeak-ng")
