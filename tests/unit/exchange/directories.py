"""Directories as the API lets people make them, hostile names among them."""

import unicodedata

from hypothesis import strategies as st

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.week import Weekday
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse, uses_of

KEYS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,15}\Z")
HOSTILE = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+46 natt",
    "-2+3",
    "@SUM(A1)",
    "'=1",
    "''",
    "'",
    "Alfa; =1+1",
    "Alfa,=1+1",
    'Alfa";"=1',
    "Alfa|-1",
    "1-2",
    "007",
    "1E5",
    "12 maj",
    "SANT",
    "3,5",
    "Å\u0308ngström",
    "Ku\u0308nzli",
    "＝1",
    '"',
    'TiB "natt"',
    "a\\b\\n;c,d",
    "Räddningstjänsten Östra",
)


def _is_taken_by_the_api(text: str) -> bool:
    return 0 < len(text) <= 100 and not any(
        unicodedata.category(one)[0] == "C" or one in "\u2028\u2029" for one in text
    )


NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=100)).map(str.strip).filter(_is_taken_by_the_api)
NUMBERS = st.one_of(
    st.integers(1_000_000, 999_999_999).map(lambda digits: f"+46{digits}"),
    st.sampled_from(("+4684650400", "+46701740605", "+4722123456", "+358401234567", "+46200123456", "+4610123456")),
)
ADDRESSES = st.sampled_from((None, "tib@example.org", "=x@example.org", "-x@example.org", "'@example.org"))
LANGUAGES = st.sampled_from(tuple(Language))


KINDS = st.sampled_from(tuple(NumberKind))
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
HOURS = st.lists(
    st.builds(
        Hours,
        st.lists(st.sampled_from(tuple(Weekday)), max_size=7, unique=True).map(tuple),
        TIMES,
        st.one_of(TIMES, st.just("24:00")),
    ).filter(lambda one: one.begins != one.ends),
    max_size=3,
).map(tuple)


COMPOSED = NAMES.map(lambda name: unicodedata.normalize("NFC", name)).filter(_is_taken_by_the_api)
"""As an import keeps them."""


@st.composite
def directories(draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES) -> tuple[list[Organisation], list[Function]]:
    """Up to three organisations with up to four functions in all, and their deputies."""
    keys = draw(st.lists(KEYS, min_size=1, max_size=3, unique=True))
    organisations = [Organisation(key, draw(names)) for key in keys]
    ids = draw(st.lists(KEYS, max_size=4, unique=True))
    functions = [
        Function(
            key,
            draw(st.sampled_from(keys)),
            draw(names),
            numbers := tuple(draw(st.lists(NUMBERS, max_size=4, unique=True))),
            tuple(Issi(one) for one in draw(st.lists(st.integers(1, 16_777_215), max_size=3))),
            draw(LANGUAGES),
            draw(ADDRESSES),
            draw(st.booleans()),
            tuple(draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))),
            uses_of(numbers, [NumberUse(one, draw(KINDS), draw(HOURS)) for one in numbers]),
        )
        for key in ids
    ]
    return organisations, functions
