#!/usr/bin/env python3
"""Verify a documentation package of Samband without Samband. Needs Python 3.8 or later, and nothing else.

    python3 verify.py                 the package that is unpacked where this file lies, or around its folder
    python3 verify.py PATH            a package: its folder, or its zip
    python3 verify.py PATH --key ID   only this signing key is trusted (as published by the keeper of the archive)

It checks the hash of every file (SHA256SUMS). Each sound and manifest has to have the hash that the archive's own audit
row tells. That row's hash has to fit, and the Ed25519 signature over it (RFC 8032).

Exit status: 0 proved, 1 not proved, 2 cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

SUMS = "SHA256SUMS"
VERIFIERS = ("verify.py", "verify.sh")
LARGEST_TEXT = 64 << 20
BLOCK = 1 << 20

# --- Ed25519 (RFC 8032, section 5.1.7); slow, small, and of one use: a signature that anybody may see ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _x_of(y: int, sign: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def _point(data: bytes) -> tuple[int, int, int, int] | None:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def _add(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    total: tuple[int, int, int, int] = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _x_of(_BASE_Y, 0) or 0
BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether this Ed25519 key (32 bytes) signed the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(s, BASE), _add(r, _times(h, key))
    same_x = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- the package ---


class Folder:
    def __init__(self, path: str) -> None:
        self.path = path

    def names(self) -> list[str]:
        root = Path(self.path)
        return sorted(one.relative_to(root).as_posix() for one in root.rglob("*") if one.is_file())

    def open(self, name: str) -> IO[bytes]:
        return (Path(self.path) / name).open("rb")


class Zip:
    """Its files may lie in one folder, which is left out of their names."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        inside = sorted({one.rpartition("/")[0] for one in self.zip.namelist()} | {""}, key=len)
        bases = [f"{one}/" if one else "" for one in inside]
        self.base = next((one for one in bases if f"{one}{SUMS}" in self.zip.namelist()), "")

    def names(self) -> list[str]:
        return sorted(one[len(self.base) :] if one.startswith(self.base) else f"/{one}" for one in self.zip.namelist())

    def open(self, name: str) -> IO[bytes]:
        return self.zip.open(self.base + name)


def sha256_of(package: Folder | Zip, name: str) -> str:
    digest = hashlib.sha256()
    with package.open(name) as source:
        while True:
            block = source.read(BLOCK)
            if not block:
                return digest.hexdigest()
            digest.update(block)


def text_of(package: Folder | Zip, name: str) -> str:
    with package.open(name) as source:
        return source.read(LARGEST_TEXT).decode("utf-8")


def base_of(name: str) -> str:
    return name.rpartition("/")[2]


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def verify(package: Folder | Zip, trusted: str | None = None) -> Iterator[tuple[bool, str]]:
    """Yields (is well, words)."""
    names = package.names()
    if SUMS not in names:
        yield False, f"{SUMS} is missing"
        return
    sums = {}
    for line in text_of(package, SUMS).splitlines():
        told, _, name = line.partition("  ")
        sums[name] = told
    actual = {}
    for name, told in sums.items():
        if name not in names:
            yield False, f"{name} is missing"
            continue
        actual[name] = sha256_of(package, name)
        if actual[name] != told:
            yield False, f"{name} was changed"
    for name in names:
        if name and name not in sums and name not in (SUMS, *VERIFIERS) and not name.endswith((".pyc", "/")):
            yield False, f"{name} is not of the package"
    proofs = [name for name in actual if base_of(name).startswith("proof_") and name.endswith(".json")]
    if not proofs:
        yield False, "there is no proof in the package"
    sounds = {digest: name for name, digest in actual.items() if name.endswith(".flac")}
    for name in proofs:
        yield from verify_proof(json.loads(text_of(package, name)), actual, sounds, trusted)


def verify_proof(
    proof: Any, actual: dict[str, str], sounds: dict[str, str], trusted: str | None
) -> Iterator[tuple[bool, str]]:
    recording = str(proof["recording"])
    row, head = proof.get("row"), proof.get("head")
    if not row or not head:
        yield False, f"{recording}: no signed head is over it; ask for a new package"
        return
    content = {key: row[key] for key in ("number", "at_s", "actor", "action", "object", "detail")}
    digest = hashlib.sha256(row["previous_hash"].encode("ascii") + canonical(content)).hexdigest()
    if digest != row["hash"]:
        yield False, f"{recording}: the audit row was changed"
        return
    if row["action"] != "recording.archived" or row["object"] != recording:
        yield False, f"{recording}: the audit row is about something else"
        return
    if head["number"] != row["number"] or head["hash"] != row["hash"]:
        yield False, f"{recording}: the signed head is not over the audit row"
        return
    keys = {one["id"]: bytes.fromhex(one["public"]) for one in proof["keys"]}
    key = keys.get(head["key"])
    if key is None or hashlib.sha256(key).hexdigest()[:16] != head["key"]:
        yield False, "{}: the signing key {} is missing".format(recording, head["key"])
        return
    if trusted is not None and head["key"] != trusted:
        yield False, "{}: it is signed by the key {}, not by {}".format(recording, head["key"], trusted)
        return
    fields = ("sequence", "number", "hash", "at_s", "recording", "key")
    statement = canonical(dict({name: head[name] for name in fields}, kind="samband.head"))
    if not is_signed(key, bytes.fromhex(head["signature"]), statement):
        yield False, f"{recording}: the signature is wrong"
        return
    told = row["detail"]
    sound = sounds.get(told.get("sha256"))
    if sound is None:
        yield False, f"{recording}: its sound is not in the package, or was changed"
        return
    expected = told.get("manifest_sha256")
    manifests = {digest for name, digest in actual.items() if base_of(name) == f"manifest_{recording}.json"}
    if expected is not None and expected not in manifests:
        yield False, f"{recording}: the manifest is missing, or was changed"
        return
    yield (
        True,
        "{}: {} is the sound that was archived (audit row {}, key {})".format(
            recording,
            sound,
            row["number"],
            head["key"],
        ),
    )


def main(arguments: list[str]) -> int:
    trusted = None
    if "--key" in arguments:
        at = arguments.index("--key")
        if at + 1 >= len(arguments):
            sys.stderr.write(__doc__)
            return 2
        trusted = arguments[at + 1]
        del arguments[at : at + 2]
    if len(arguments) > 1:
        sys.stderr.write(__doc__)
        return 2
    here = Path(__file__).resolve().parent
    path = arguments[0] if arguments else str(here if (here / SUMS).exists() else here.parent)
    try:
        package = Folder(path) if Path(path).is_dir() else Zip(path)
        found = list(verify(package, trusted))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"{path} cannot be read: {type(error).__name__}: {error}\n")
        return 2
    for is_well, words in found:
        safe = "".join(one if one.isprintable() else "?" for one in words)
        sys.stdout.write("{}  {}\n".format("ok   " if is_well else "WRONG", safe.encode("ascii", "replace").decode()))
    return 0 if found and all(is_well for is_well, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
