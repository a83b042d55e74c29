"""The proof that goes with a package, and the lines that are put outside."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from bridge.domain.canonical import canonical_json
from bridge.domain.directory.records import AuditRow
from bridge.domain.proof.heads import SignedHead
from bridge.domain.recording.records import Recording
from bridge.ports import PublicKey

VERIFIER: Final = "verify.py"
SHELL_VERIFIER: Final = "verify.sh"
FORMAT: Final = 1
_LONGEST_LINE: Final = 4096


def sha256_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def verifier() -> bytes:
    """The verifier: one file that needs Python 3.8 or later and nothing else."""
    return Path(__file__).with_name("verifier.py").read_bytes()


def shell_verifier() -> bytes:
    """The same for a POSIX shell and OpenSSL 3."""
    return Path(__file__).with_name("verifier.sh").read_bytes()


def proof_of(
    recording: Recording, signed: tuple[AuditRow, SignedHead] | None, keys: Sequence[PublicKey]
) -> dict[str, Any]:
    """The proof of one recording: the audit log's row about it, the signed head over that row, and the key."""
    row, head = signed if signed is not None else (None, None)
    return {
        "format": FORMAT,
        "recording": recording.id,
        "sha256": recording.sha256,
        "manifest_sha256": recording.manifest_sha256,
        "row": None if row is None else asdict(row),
        "head": None if head is None else asdict(head),
        "keys": [{"id": one.id, "public": one.public} for one in keys],
        "openssl": None if row is None or head is None else _for_openssl(row, head, keys),
    }


def _for_openssl(row: AuditRow, head: SignedHead, keys: Sequence[PublicKey]) -> dict[str, str]:
    """The very bytes that are hashed and signed: a shell does not read JSON."""
    content = {name: getattr(row, name) for name in ("number", "at_s", "actor", "action", "object")}
    public = next((one.public for one in keys if one.id == head.key), "")
    return {
        "row_text": row.previous_hash + canonical_json({**content, "detail": dict(row.detail)}),
        "statement_text": head.statement().decode("ascii"),
        "public_base64": b64encode(bytes.fromhex(public)).decode("ascii"),
        "signature_base64": b64encode(bytes.fromhex(head.signature)).decode("ascii"),
    }


def files(
    recording: Recording,
    manifest: bytes | None,
    signed: tuple[AuditRow, SignedHead] | None,
    keys: Sequence[PublicKey],
) -> Mapping[str, bytes]:
    """File name → content, for one recording of a package."""
    proof = json.dumps(proof_of(recording, signed, keys), ensure_ascii=True, indent=1, sort_keys=True) + "\n"
    found = {f"proof_{recording.id}.json": proof.encode("ascii")}
    found |= {VERIFIER: verifier(), SHELL_VERIFIER: shell_verifier()}
    if manifest is not None:
        found[f"manifest_{recording.id}.json"] = manifest
    return found


def line_of(head: SignedHead) -> str:
    """A signed head as one line."""
    return canonical_json(asdict(head))


def head_of(line: str) -> SignedHead | None:
    """The signed head in a line; `None`: it holds none."""
    try:
        told = json.loads(line) if len(line) <= _LONGEST_LINE else None
        head = SignedHead(**told) if isinstance(told, dict) else None
    except (ValueError, TypeError, RecursionError):
        return None
    if head is None:
        return None
    numbers = all(type(one) is int for one in (head.sequence, head.number)) and isinstance(head.at_s, int | float)
    texts = all(isinstance(one, str) for one in (head.hash, head.key, head.signature, head.recording or ""))
    return head if numbers and texts else None
