"""The directory as a file: CSV and vCard, read and written. Pure: bytes and the directory as it is, in; a plan, out.

`read` makes rows of a file, `plan` sets them against the directory, `csv_of` and `vcards_of` write it. Nothing here
changes anything: `bridge.service.exchange` carries a plan out that somebody has accepted.
"""

from bridge.exchange.members import Member
from bridge.exchange.plan import Change, Outcome, Plan, PlannedRow, digest_of, plan
from bridge.exchange.reading import read
from bridge.exchange.rows import Column, FileForm, Reading, Row, Told
from bridge.exchange.writing import csv_of, vcards_of

__all__ = [
    "Change",
    "Column",
    "FileForm",
    "Member",
    "Outcome",
    "Plan",
    "PlannedRow",
    "Reading",
    "Row",
    "Told",
    "csv_of",
    "digest_of",
    "plan",
    "read",
    "vcards_of",
]
