"""Orders by radio: the meaning of a coded text. Pure.

::

    INKALLA <list>      ACTIVATE <list>        call a list in; asks for a confirmation
    JA <code>           YES <code>             confirms it
    NEJ                 NO                     takes it back
    STATUS [meeting]    STATUS [meeting]       who is there, how the call-out goes
    SLUT [meeting]      END [meeting]          end the meeting; asks for a confirmation
    INSPELNING PÅ|AV    RECORDING ON|OFF       recording
    KVITTERA [number]   ACKNOWLEDGE [number]   acknowledge a decision for one's organisation
    RESERVERA [number]  RESERVE [number]       reserve oneself against it
    HJÄLP               HELP                   these words

Case does not matter, nor do the dots and rings of å, ä and ö. A radio's keypad has them far away.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.language import Language


class Verb(StrEnum):
    CALL_IN = "call_in"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    STATUS = "status"
    END = "end"
    RECORD = "record"
    ACKNOWLEDGE = "acknowledge"
    RESERVE = "reserve"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Order:
    """A text that begins with a word of order. `argument` is the rest of it, as written."""

    verb: Verb
    argument: str = ""
    language: Language | None = None
    """Of the word used; none where the word is the same in both."""


_WORDS: Final = {
    "inkalla": (Verb.CALL_IN, Language.SV),
    "activate": (Verb.CALL_IN, Language.EN),
    "ja": (Verb.CONFIRM, Language.SV),
    "yes": (Verb.CONFIRM, Language.EN),
    "nej": (Verb.CANCEL, Language.SV),
    "no": (Verb.CANCEL, Language.EN),
    "status": (Verb.STATUS, None),
    "slut": (Verb.END, Language.SV),
    "end": (Verb.END, Language.EN),
    "inspelning": (Verb.RECORD, Language.SV),
    "recording": (Verb.RECORD, Language.EN),
    "kvittera": (Verb.ACKNOWLEDGE, Language.SV),
    "acknowledge": (Verb.ACKNOWLEDGE, Language.EN),
    "reservera": (Verb.RESERVE, Language.SV),
    "reserve": (Verb.RESERVE, Language.EN),
    "hjalp": (Verb.HELP, Language.SV),
    "help": (Verb.HELP, Language.EN),
}
_ON: Final = frozenset({"pa", "on"})
_OFF: Final = frozenset({"av", "off"})


def plain(text: str) -> str:
    """For comparing: no case, no marks over letters, single spaces."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in bare if not unicodedata.combining(one)).split())


def read_order(text: str) -> Order | None:
    """The order, or `None` where the text is something else."""
    first, _, rest = text.strip().partition(" ")
    found = _WORDS.get(plain(first).rstrip(".!:,"))
    return Order(found[0], " ".join(rest.split()), found[1]) if found is not None else None


def on_or_off(argument: str) -> bool | None:
    """`PÅ` or `AV`; `None`: neither."""
    word = plain(argument).rstrip(".!")
    return True if word in _ON else False if word in _OFF else None
