"""Whether a text is in the language it should be in: words that only the other language has.

The English that is looked for is all of the catalogue's own and the commonest words of the language. Words that both
languages write alike are listed. A name of a person, a place or a device is neither's, and is given by the test.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from bridge.domain.kernel.language import Language
from bridge.words import sections

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_HOLE: Final = re.compile(
    r"\{\w+(?::\w+)?\}|\{\w+\||`[^`]*`|\b[a-z]{3}-[0-9A-Z]{26}\b|\S*[/@]\S*|\b\w+_\w+\b|\+CME ERROR|\bAT\+\w+"
)
"""Data, identifiers, commands, addresses, and names in code: no words of a language."""
_COMMON: Final = """
a about above add after again against all also always an and any anybody are as asked at away back be because been
before behind below beside between both busy but by call called calls came can cannot check choose closed come comes
could did do does done down each either end ended ends error every everybody everything failed few first for from full
gave get give given goes gone good had has have he held her here him his how if in into is it its itself just kept know
known last later left less like line lost made make many may me might more most much must my name need never new next no
nobody none nor not nothing now of off often on once one only open or other others our out over own please put read
right said same say see seen send sent set she should since so some somebody something still stop stopped such take
taken than that the their them then there these they this those though through till time to too try two under until up
upon us use used very wait waits was way we well went were what when where which while who whom whose why will with
within without word words would wrong yes yet you your
"""
ALIKE: Final = """
adapter ag agenda api apt asterisk at baud c cache csv ctrl db dbfs dbm debian disk eemua error etsi excel fax flac
form format forum full fuser gateway gb gssi h id in installation ip ipv issi j json just kom l mail markdown mb min ms
normal nul operator order organisation p parameter pdf pei person pin port postgresql process program radio rakel
region rest ring rings roll s samband scenario schema sds sent signal sim sip sms sqlite status sudo systemd terminal
text till tls tmo token toml udp under usermod utc utf vcard version zip
"""
"""Written alike in both languages, or names of things: Rakel, SIM, PEI, the commands and files that are shown."""


@cache
def _english() -> frozenset[str]:
    own = {one for table in sections(Language.EN).values() for text in table.values() for one in words_of(text)}
    return frozenset((own | set(_COMMON.split())) - set(ALIKE.split()))


def words_of(text: str) -> list[str]:
    return [one.lower() for one in _WORD.findall(_HOLE.sub(" ", text))]


def english_in(text: str, names: Iterable[str] = ()) -> list[str]:
    """The words of a Swedish text that are English; `names` are nobody's language."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return [one for one in words_of(text) if one in _english()]
