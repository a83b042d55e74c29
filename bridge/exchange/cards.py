"""vCard 2.1, 3.0 and 4.0, as far as a duty function needs it: names, organisation, role, telephones, address.

A card of 2.1 names the character set of each value, or none. So values are bytes until their parameters are read.
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from quopri import decodestring
from typing import Final

from bridge.domain.kernel.reasons import Unusable
from bridge.domain.telephony.hours import NumberKind
from bridge.exchange.cells import short
from bridge.exchange.members import Member
from bridge.exchange.reasons import FileReason, GuessReason, RowReason
from bridge.exchange.rows import FileForm, Reading, Row, Told
from bridge.exchange.texts import MAC_ROMAN, MOST_ROWS, UTF_16, decoded, fault_in, folded

_BEGIN: Final = "BEGIN:VCARD"
_CHARSETS: Final = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252", "us-ascii"), "cp1252"),
    **dict.fromkeys(("iso-8859-15", "latin9"), "iso-8859-15"),
    **dict.fromkeys(("macintosh", "mac-roman"), "mac_roman"),
}
_NOT_ANSWERED: Final = frozenset({"FAX", "PAGER", "MODEM", "BBS", "TEXTPHONE", "TTY-TDD", "TLX", "ISDN"})
_HEAD: Final = re.compile(rb'((?:[^:"]++|"[^"]*+")*+):')
"""Up to the first colon outside quotation marks; in time that grows as the line does."""
_MOST_TELEPHONES: Final = 100
"""Far more than a function may have; a card with so many is refused."""
_FOLD: Final = (b" ", b"\t")

X_ID: Final = "X-SAMBAND-ID"
X_ORGANISATION_ID: Final = "X-SAMBAND-ORGANISATION-ID"
X_ISSI: Final = "X-SAMBAND-ISSI"
X_NUMBER_USE: Final = "X-SAMBAND-NUMBER-USE"
X_RADIO_ORDERS: Final = "X-SAMBAND-RADIO-ORDERS"
X_PHONE_ORDERS: Final = "X-SAMBAND-PHONE-ORDERS"
X_DEPUTY: Final = "X-SAMBAND-DEPUTY"
X_KIND: Final = "X-SAMBAND-KIND"
"""Members that vCard has no property for; other programs leave them alone."""
ORGANISATION_KIND: Final = "organisation"


@dataclass(slots=True)
class _Property:
    name: str
    parameters: dict[str, list[str]]
    value: bytes

    def has(self, parameter: str, value: str) -> bool:
        return value in (one.upper() for one in self.parameters.get(parameter, ()))

    @property
    def types(self) -> frozenset[str]:
        return frozenset(
            one.strip('"').upper() for values in self.parameters.get("TYPE", ()) for one in values.split(",")
        )

    def raw_text(self) -> str:
        """The text before its escapes are read."""
        encoding = self.parameters.get("ENCODING", [""])[-1].upper()
        value = self.value
        if encoding == "QUOTED-PRINTABLE":
            value = decodestring(value)
        elif encoding in ("B", "BASE64"):
            try:
                value = binascii.a2b_base64(value)
            except binascii.Error:
                value = b""
        return _text(value, self.parameters.get("CHARSET", [""])[-1])

    def text(self) -> str:
        return _unescaped(self.raw_text())

    def parts(self) -> list[str]:
        """The components of a structured value such as `N` and `ORG`."""
        return [_unescaped(one) for one in _split(self.raw_text(), ";")]

    def preference(self) -> int:
        """1 is preferred most."""
        named = self.parameters.get("PREF", [""])[-1]
        if named.isascii() and named.isdigit():
            return int(named[:3])
        return 1 if "PREF" in self.types else 101


@dataclass(slots=True)
class _Card:
    line: int
    properties: list[_Property] = field(default_factory=list)
    is_closed: bool = False

    def all_of(self, name: str) -> list[_Property]:
        return [one for one in self.properties if one.name == name]

    def first(self, name: str) -> str:
        return next((one.text().strip() for one in self.all_of(name) if one.value.strip()), "")


def is_cards(content: bytes) -> bool:
    """Whether it begins as vCards do, in whatever encoding."""
    beginning = content[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return beginning[: len(_BEGIN)].upper() == _BEGIN.encode()


def read_cards(content: bytes) -> Reading:
    """A row for each card.

    Raises:
        Unusable: It is too large, has a NUL, no card, or too many.
    """
    text, encoding = decoded(content)
    content = text.encode() if encoding in (UTF_16, MAC_ROMAN) else content
    rows: list[Row] = []
    for card in _cards(content.removeprefix(b"\xef\xbb\xbf")):
        if len(rows) == MOST_ROWS:
            raise Unusable(FileReason.TOO_MANY_ROWS(most=MOST_ROWS))
        rows.append(_row(card))
    if not rows:
        raise Unusable(FileReason.NO_CARDS())
    return Reading(FileForm.VCARD, encoding, None, tuple(rows))


# --- lines ---


def _cards(content: bytes) -> Iterator[_Card]:
    card: _Card | None = None
    inside = 0
    for line, found in _properties(content):
        is_of_a_card = found.value.strip().upper() == b"VCARD"
        if found.name == "BEGIN" and is_of_a_card:
            if card is None:
                card = _Card(line)
            else:
                inside += 1  # the agent of a card of 2.1
        elif card is None:
            continue
        elif found.name != "END" or not is_of_a_card:
            if not inside:
                card.properties.append(found)
        elif inside:
            inside -= 1
        else:
            card.is_closed = True
            yield card
            card = None
    if card is not None:
        yield card


def _properties(content: bytes) -> Iterator[tuple[int, _Property]]:
    """Each property with the line on which it begins. Lines that are none are left out, such as those of a picture."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    at = 0
    while at < len(lines):
        start, pieces = at, [lines[at]]
        at += 1
        if b"QUOTED-PRINTABLE" in pieces[0].partition(b":")[0].upper():
            while pieces[-1].endswith(b"=") and at < len(lines):
                pieces[-1] = pieces[-1][:-1]
                pieces.append(lines[at])
                at += 1
        else:
            while at < len(lines) and lines[at].startswith(_FOLD):
                pieces.append(lines[at][1:])
                at += 1
        found = _property(b"".join(pieces))
        if found is not None:
            yield start + 1, found


def _property(line: bytes) -> _Property | None:
    found = _HEAD.match(line)
    if found is None:
        return None
    value = line[found.end() :]
    pieces = _split(found[1].decode("latin-1"), ";", escapes=False)
    name = pieces[0].strip().rpartition(".")[2].upper()
    if not re.fullmatch(r"[A-Z0-9-]+", name):
        return None
    parameters: dict[str, list[str]] = {}
    for piece in pieces[1:]:
        key, equals, given = piece.partition("=")
        key, given = key.strip().upper(), given.strip().strip('"')
        if not equals:  # 2.1 writes the value alone
            key, given = _named_by(key), key
        parameters.setdefault(key, []).append(given)
    return _Property(name, parameters, value)


def _named_by(value: str) -> str:
    return "ENCODING" if value in ("QUOTED-PRINTABLE", "BASE64", "7BIT", "8BIT") else "TYPE"


def _split(text: str, sign: str, *, escapes: bool = True) -> list[str]:
    """At every sign that is not escaped, nor quoted where there are no escapes."""
    parts: list[str] = []
    start, place, quoted = 0, 0, False
    while place < len(text):
        character = text[place]
        if escapes and character == "\\":
            place += 1
        elif not escapes and character == '"':
            quoted = not quoted
        elif character == sign and not quoted:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    return [*parts, text[start:]]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL)


def _text(value: bytes, charset: str) -> str:
    if (named := _CHARSETS.get(charset.strip('"').lower())) is not None:
        try:
            return value.decode(named)
        except UnicodeDecodeError:
            pass
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


# --- cards as rows ---


def _row(card: _Card) -> Row:
    cells: dict[Member, tuple[str, ...]] = {}
    kinds: tuple[NumberKind | None, ...] = ()
    guesses: list[Told] = []
    faults: list[Told] = [] if card.is_closed else [Told(None, RowReason.CARD_OPEN())]
    cells[Member.ORGANISATION], cells[Member.FUNCTION] = ((one,) for one in _names(card, guesses))
    if telephones := card.all_of("TEL"):
        found = list(_telephones(telephones, guesses))
        cells[Member.NUMBERS] = tuple(text for text, _ in found)
        kinds = tuple(kind for _, kind in found)
    addresses = sorted(card.all_of("EMAIL"), key=_Property.preference)
    if addresses:
        cells[Member.EMAIL] = (addresses[0].text().strip(),)
    if language := (card.first("LANG") or card.first("X-SAMBAND-LANGUAGE")):
        cells[Member.LANGUAGE] = (language,)
    for name, member in ((X_ID, Member.ID), (X_ORGANISATION_ID, Member.ORGANISATION_ID)):
        if card.all_of(name):
            cells[member] = (card.first(name),)
    for name, member in ((X_RADIO_ORDERS, Member.RADIO_ORDERS), (X_PHONE_ORDERS, Member.PHONE_ORDERS)):
        if card.all_of(name):
            cells[member] = (card.first(name),)
    several_of = ((X_ISSI, Member.ISSIS), (X_DEPUTY, Member.DEPUTIES), (X_NUMBER_USE, Member.NUMBER_USES))
    for name, member in several_of:
        if several := card.all_of(name):
            cells[member] = tuple(one.text().strip() for one in several)
    for member, texts in list(cells.items()):
        cells[member], told = _cleaned(member, texts)
        faults += told
    return Row(card.line, cells, tuple(guesses), tuple(faults), kinds)


def _cleaned(member: Member, texts: Sequence[str]) -> tuple[tuple[str, ...], list[Told]]:
    faults = [fault for text in texts if (fault := fault_in(member, text)) is not None]
    return (() if faults else tuple(texts)), faults


def _names(card: _Card, guesses: list[Told]) -> tuple[str, str]:
    """Organisation and function. Cards are of persons, and the directory holds functions: what stands for one is a
    guess."""
    organisation = _line(next((one.parts()[0] for one in card.all_of("ORG")), ""))
    shown = _line(card.first("FN"))
    if card.first(X_KIND) == ORGANISATION_KIND:
        return organisation or shown, ""
    person = _person(card)
    function = _line(card.first("ROLE") or card.first("TITLE"))
    if function:
        if shown and folded(shown) not in (folded(function), folded(organisation)):
            guesses.append(Told(Member.FUNCTION, GuessReason.PERSON_LEFT_OUT(name=short(shown))))
        return organisation, function
    if not organisation and shown and person and folded(person) != folded(shown):
        guess = GuessReason.CARD_WITHOUT_ORGANISATION(organisation=short(shown), function=short(person))
        guesses.append(Told(Member.ORGANISATION, guess))
        return shown, person
    name = next((one for one in (shown, person) if one and folded(one) != folded(organisation)), "")
    if name:
        guesses.append(Told(Member.FUNCTION, GuessReason.PERSON_AS_FUNCTION(name=short(name))))
    return organisation, name


def _person(card: _Card) -> str:
    """Given and family name of `N`."""
    parts = next((one.parts() for one in card.all_of("N")), [])
    return _line(" ".join(part for part in (*parts[1:2], *parts[:1]) if part.strip()))


def _line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\r" in text else text.strip()


def _telephones(telephones: Sequence[_Property], guesses: list[Told]) -> Iterator[tuple[str, NumberKind | None]]:
    """Those that people answer, the preferred first, each with the kind that its type tells."""
    for one in sorted(telephones[:_MOST_TELEPHONES], key=_Property.preference):
        text = one.text().strip()
        if one.types & _NOT_ANSWERED:
            guesses.append(Told(Member.NUMBERS, GuessReason.NUMBER_LEFT_OUT(text=short(text))))
        elif text:
            yield text, _kind(one.types)


def _kind(types: frozenset[str]) -> NumberKind | None:
    """`HOME` and `WORK` tell where somebody is, and not by what they are reached."""
    return NumberKind.MOBILE if "CELL" in types else None
