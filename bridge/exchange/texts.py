"""Bytes into text, and the texts of one cell.

A file tells no encoding. A byte order mark decides; else UTF-8 where every byte fits; else CP1252, which Excel writes
in Sweden. Mac Roman is taken where its Swedish letters stand between letters, and none of CP1252's do.
"""

import re
import unicodedata
from typing import Final

from bridge.domain.kernel.reasons import Unusable
from bridge.exchange.members import SEVERAL, Member
from bridge.exchange.reasons import FileReason, RowReason
from bridge.exchange.rows import Told

MOST_BYTES: Final = 10_000_000
MOST_ROWS: Final = 20_000
MOST_CELL_CHARACTERS: Final = 2_000
MOST_NAME_CHARACTERS: Final = 100

UTF_8: Final = "utf-8"
UTF_8_MARKED: Final = "utf-8 with mark"
UTF_16: Final = "utf-16"
CP1252: Final = "cp1252"
MAC_ROMAN: Final = "mac-roman"

_MARK: Final = b"\xef\xbb\xbf"
_MARKS_16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_MAC_LETTER: Final = re.compile(rb"(?:(?<=[A-Za-z])[\x80\x81\x85\x8a\x8c\x9a]|[\x80\x81\x85](?=[a-z]))")
"""Å Ä Ö å ä ö of Mac Roman beside a letter. In CP1252 they are signs that no Swedish word holds."""
_WINDOWS_LETTER: Final = re.compile(rb"[\xc4\xc5\xd6\xe4\xe5\xf6\xe9]")
_SEEN_BYTES: Final = 400
_UTF_16_SHARE: Final = 0.3
"""So many of the first bytes are NUL in UTF-16 without a mark: half of them, for Latin letters."""

# Excel and LibreOffice take a cell that begins so for a formula, wherever they see a cell begin.
_FORMULA: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20\t\r"
_BEGINS: Final = r"(?:\A|(?<=[,;\t\r\n]))"
_GUARD_PUT: Final = re.compile(rf"{_BEGINS}(?=[\s\"]{{0,20}}[{_FORMULA}'])")
_GUARD_TAKEN: Final = re.compile(rf"{_BEGINS}'(?=[\s\"]{{0,20}}[{_FORMULA}'])")
_NUMBER_LIKE: Final = re.compile(
    r"[0-9][0-9\s.,:/%eE+\-]*|true|false|sant|falskt"
    r"|(?:[0-9]{1,4}[\s./-]*)?(?:jan|feb|mar|apr|maj|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*[\s./-]*[0-9]{0,4}",
    re.IGNORECASE,
)
"""A spreadsheet makes a number, a date or a truth value of it, and writes another text back."""


def decoded(content: bytes) -> tuple[str, str]:
    """The text, and its encoding.

    Raises:
        Unusable: It is empty, longer than `MOST_BYTES`, or of no encoding that is known; the line is named.
    """
    if len(content) > MOST_BYTES:
        raise Unusable(FileReason.TOO_LARGE(most_mb=MOST_BYTES // 1_000_000))
    text, encoding = _decoded(content)
    if not text.strip():
        raise Unusable(FileReason.EMPTY())
    if (at := text.find("\0")) >= 0:
        raise Unusable(FileReason.NUL(line=_line_of(text[:at])))
    return text, encoding


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith(_MARK):
        return _strictly(content[len(_MARK) :], "utf-8"), UTF_8_MARKED
    if (codec := _MARKS_16.get(content[:2])) is not None:
        return _strictly(content[2:], codec), UTF_16
    if (unmarked := _utf_16_without_mark(content[:_SEEN_BYTES])) is not None:
        return _strictly(content, unmarked), UTF_16
    try:
        return content.decode("utf-8"), UTF_8
    except UnicodeDecodeError:
        pass
    if _MAC_LETTER.search(content) and not _WINDOWS_LETTER.search(content):
        return content.decode("mac_roman"), MAC_ROMAN
    return _strictly(content, "cp1252"), CP1252


def _strictly(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = _line_of(content[: error.start].decode(codec, "replace"))
        raise Unusable(FileReason.UNKNOWN_ENCODING(line=line)) from None


def _utf_16_without_mark(beginning: bytes) -> str | None:
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if max(even, odd) < _UTF_16_SHARE * len(beginning) or min(even, odd) > 0:
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _line_of(before: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", before)) + 1


# --- cells ---


def guarded(text: str, *, keeps_numbers: bool = False) -> str:
    """The text as a cell that no spreadsheet executes, nor takes for a number or a date; `unguarded` undoes it.

    An apostrophe is put before what begins like a formula. That may be at its start, or after a sign that ends a cell
    for some spreadsheet.

    Args:
        text: Any text.
        keeps_numbers: A number may be taken for one: its digits come back the same.
    """
    put = _GUARD_PUT.sub("'", text)
    return f"'{text}" if put == text and not keeps_numbers and _is_number_like(text) else put


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` wrote. Any other cell is left as it is."""
    if "'" not in cell:
        return cell
    if cell.startswith("'") and _is_number_like(cell[1:]):
        return cell[1:]
    return _GUARD_TAKEN.sub("", cell)


def _is_number_like(text: str) -> bool:
    return _NUMBER_LIKE.fullmatch(text.strip()) is not None


def folded(name: str) -> str:
    """A name for comparison: without case, outer and repeated spaces, and the way its letters are put together."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def fault_in(member: Member, text: str) -> Told | None:
    """Why a text can stand in no member: it is too long, or holds a character that nobody can see."""
    most = MOST_CELL_CHARACTERS if member not in _NAMES else MOST_NAME_CHARACTERS
    if len(text) > most:
        return Told(member, RowReason.TOO_LONG(most=most))
    if text.isascii() and text.isprintable():
        return None
    lenient = member in SEVERAL  # a number that is copied brings marks of direction along; its reader drops them
    for place, character in enumerate(text, 1):
        category = unicodedata.category(character)
        if (category[0] == "C" and not (lenient and (category == "Cf" or character in "\t\r\n"))) or (
            character in "\u2028\u2029"
        ):
            return Told(member, RowReason.CONTROL_CHARACTER(character=f"U+{ord(character):04X}", place=place))
    return None


_NAMES: Final = frozenset({Member.ORGANISATION, Member.FUNCTION})
