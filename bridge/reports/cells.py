"""Texts of strangers in a table that a spreadsheet opens."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV as Excel opens it by itself: UTF-8 with its mark, semicolons, and lines that end in CR LF."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def cell(value: str | None) -> str:
    """A name must not become a formula in the reader's spreadsheet."""
    text = one_line(value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
