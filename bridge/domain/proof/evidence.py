"""One recording: whether the audit log, the database's row, the manifest and the file agree."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.domain.kernel.reasons import Reason
from bridge.domain.proof.reasons import Disagreement


@dataclass(frozen=True, slots=True)
class Told:
    """The hashes of a recording as one witness tells them; hexadecimal SHA-256."""

    sha256: str | None
    """Of the sound file."""
    manifest_sha256: str | None = None
    """Of the manifest file; `None`: archived before it was kept."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The files that lie in the archive under a recording's name."""

    file: str
    """Below the archive's root."""
    sha256: str | None = None
    """`None`: there is no sound file."""
    manifest_sha256: str | None = None
    """`None`: there is no manifest."""
    recording: str | None = None
    """The recording that the manifest is about; `None`: it cannot be read."""
    told_sha256: str | None = None
    """The hash of the sound that the manifest tells."""
    unreadable: bool = False
    """A disk refused to read one of them."""


def row_fault(recording: str, audit: Told | None, row: Told) -> Reason | None:
    """The row of a recording beside the line of the audit log, without any file."""
    if audit is None:
        return Disagreement.ROW_UNAUDITED(recording=recording)
    differs = audit.sha256 != row.sha256
    differs = differs or audit.manifest_sha256 not in (None, row.manifest_sha256)
    return Disagreement.ROW_CHANGED(recording=recording) if differs else None


def fault_of(
    recording: str, audit: Told | None, row: Told, disk: OnDisk, owners: Mapping[str, str] | None = None
) -> Reason | None:
    """The first thing about a recording that does not agree; `None`: all of it does.

    Args:
        recording: Its id.
        audit: As the audit log tells; `None`: it knows nothing of it.
        row: As the database tells.
        disk: The files that lie there.
        owners: SHA-256 of a sound → the recording that it belongs to by the audit log. Names an exchange.
    """
    truth = audit or row
    if disk.unreadable:
        return Disagreement.FILE_UNREADABLE(recording=recording, file=disk.file)
    if (other := _exchanged_with(recording, truth, disk, owners or {})) is not None:
        return Disagreement.EXCHANGED(recording=recording, other=other)
    if disk.sha256 is None:
        return Disagreement.FILE_REMOVED(recording=recording, file=disk.file)
    if disk.sha256 != truth.sha256:
        return Disagreement.FILE_CHANGED(recording=recording, file=disk.file)
    if disk.manifest_sha256 is None:
        return Disagreement.MANIFEST_REMOVED(recording=recording, file=disk.file)
    wrong = truth.manifest_sha256 not in (None, disk.manifest_sha256)
    if wrong or disk.recording != recording or disk.told_sha256 != truth.sha256:
        return Disagreement.MANIFEST_CHANGED(recording=recording, file=disk.file)
    return row_fault(recording, audit, row)


def _exchanged_with(recording: str, truth: Told, disk: OnDisk, owners: Mapping[str, str]) -> str | None:
    """The recording whose sound or manifest lies under this one's name."""
    if disk.sha256 is not None and disk.sha256 != truth.sha256:
        other = owners.get(disk.sha256)
        if other not in (None, recording):
            return other
    if disk.recording not in (None, recording) and disk.recording in owners.values():
        return disk.recording
    return None
