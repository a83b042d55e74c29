"""A ZIP whose length is known before its first byte. Its files are as they are, with their sizes in front of them.

Explorer, Archive Utility, `bsdtar` and `jar` read such a file from a pipe too. They cannot do so with a stored file
whose size comes after it (APPNOTE 4.4.4, bit 3). Large files have the ZIP64 fields of APPNOTE 4.5.3.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END_64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR: Final = struct.Struct("<4sIQI")
_MOST: Final = 0xFFFFFFFF
_MOST_FILES: Final = 0xFFFF
_UTF8: Final = 0x800
_UNIX: Final = 3 << 8
_MODE: Final = 0o100644 << 16
_PLAIN, _ZIP64 = 20, 45


class ChangedError(OSError):
    """A file is no longer as long as it was, or reads otherwise the second time."""


@dataclass(frozen=True)
class Entry:
    """One file of the ZIP.

    Attributes:
        name: Its path in it, with `/`.
        size: Bytes.
        blocks: Its content, in blocks; it is read twice.
    """

    name: str
    size: int
    blocks: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, name: str, content: bytes) -> "Entry":
        return cls(name, len(content), lambda: iter((content,)))


def length(entries: Sequence[Entry]) -> int:
    """Bytes of the whole ZIP."""
    at = 0
    central = 0
    for one in entries:
        name, is_large, is_far = len(one.name.encode()), one.size >= _MOST, at >= _MOST
        central += _CENTRAL.size + name + _extra_size(16 * is_large + 8 * is_far)
        at += _LOCAL.size + name + _extra_size(16 * is_large) + one.size
    is_big = at + central >= _MOST or at >= _MOST or len(entries) >= _MOST_FILES
    return at + central + _END.size + (_END_64.size + _LOCATOR.size) * is_big


def blocks(entries: Sequence[Entry], made_at: datetime, digests: dict[str, str] | None = None) -> Iterator[bytes]:
    """The ZIP in blocks, with flat memory. Blocking: iterate it in a thread.

    Args:
        entries: In their order. An entry may be made of the digests of those before it.
        made_at: The time that its files have.
        digests: Gets the SHA-256 of each file, by name, before the file is given.

    Raises:
        ChangedError: A file changed meanwhile; what was given is no whole ZIP.
        OSError: A file cannot be read.
    """
    at, central = 0, []
    date, time = _dos(made_at)
    for one in entries:
        crc, sha256 = _summed(one)
        if digests is not None:
            digests[one.name] = sha256
        name, is_large = one.name.encode(), one.size >= _MOST
        extra = _extra(one.size, one.size) if is_large else b""
        size, needs = (_MOST if is_large else one.size), (_ZIP64 if is_large else _PLAIN)
        head = _LOCAL.pack(b"PK\3\4", needs, _UTF8, 0, time, date, crc, size, size, len(name), len(extra))
        yield head + name + extra
        again = 0
        for block in one.blocks():
            again = zlib.crc32(block, again)
            yield block
        if again != crc:
            raise ChangedError(f"{one.name} changed while it was packed")
        is_far = at >= _MOST
        more = _extra(*([one.size, one.size] if is_large else []), *([at] if is_far else []))
        needs = _ZIP64 if is_large or is_far else _PLAIN
        sizes = (crc, size, size, len(name), len(more), 0, 0, 0, _MODE, _MOST if is_far else at)
        central.append(_CENTRAL.pack(b"PK\1\2", _UNIX | needs, needs, _UTF8, 0, time, date, *sizes) + name + more)
        at += len(head) + len(name) + len(extra) + one.size
    directory = b"".join(central)
    yield directory + _end(len(entries), len(directory), at)


def _end(count: int, size: int, at: int) -> bytes:
    is_big = at + size >= _MOST or at >= _MOST or count >= _MOST_FILES
    plain = _END.pack(
        b"PK\5\6", 0, 0, min(count, _MOST_FILES), min(count, _MOST_FILES), min(size, _MOST), min(at, _MOST), 0
    )
    if not is_big:
        return plain
    made = _UNIX | _ZIP64
    big = _END_64.pack(b"PK\6\6", _END_64.size - 12, made, _ZIP64, 0, 0, count, count, size, at)
    return big + _LOCATOR.pack(b"PK\6\7", 0, at + size, 1) + plain


def _extra(*values: int) -> bytes:
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""


def _extra_size(content: int) -> int:
    return 4 + content if content else 0


def _summed(one: Entry) -> tuple[int, str]:
    crc, size, digest = 0, 0, hashlib.sha256()
    for block in one.blocks():
        crc, size = zlib.crc32(block, crc), size + len(block)
        digest.update(block)
    if size != one.size:
        raise ChangedError(f"{one.name} has {size} bytes, and had {one.size}")
    return crc, digest.hexdigest()


def _dos(at: datetime) -> tuple[int, int]:
    """MS-DOS date and time, in the zone of the instant."""
    year = min(max(at.year, 1980), 2107) - 1980
    return year << 9 | at.month << 5 | at.day, at.hour << 11 | at.minute << 5 | at.second // 2
