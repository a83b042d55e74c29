"""A file as it comes: which form it has, and its rows."""

from bridge.exchange.cards import is_cards, read_cards
from bridge.exchange.rows import Reading
from bridge.exchange.tables import read_table
from bridge.exchange.texts import decoded


def read(content: bytes) -> Reading:
    """The rows of a CSV or vCard file; its form is seen in it, whatever its name.

    Raises:
        Unusable: The file as a whole cannot be read; the reason names the line where there is one.
    """
    if is_cards(content):
        return read_cards(content)
    return read_table(*decoded(content))
