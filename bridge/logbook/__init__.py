"""The log, read for people: its lines, the times that people write, and the files as they grow.

- `times`: an instant as people write it.
- `lines`: one line read, chosen and shown.
- `files`: the lines of all files in the order of time, and those that are added.
"""

from bridge.logbook.files import Source, following, kept, of_stream
from bridge.logbook.lines import LEVELS, Line, Wish, as_json, shown
from bridge.logbook.times import instant

__all__ = ["LEVELS", "Line", "Source", "Wish", "as_json", "following", "instant", "kept", "of_stream", "shown"]
