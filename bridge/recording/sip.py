"""The documentation of a meeting as a package for a public archive: E-ARK SIP 2.1.0, which is FGS Paketstruktur 2.0.

One root METS describes one representation, with a SHA-256 for each file. The preservation metadata is PREMIS 3.0. Its
objects are the files, and its events the lines of the audit log about the meeting. Sources: earkcsip.dilcis.eu and
earksip.dilcis.eu (2.1.0), loc.gov/standards/mets (1.12.1) and loc.gov/standards/premis (3.0).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from bridge.domain.kernel.journal import Note
from bridge.ports import MeetingSheet, Packing, Parcel
from bridge.recording import zipped
from bridge.recording.documentation import NO_DIGEST, Piece, later, name_of, pieces_of
from bridge.reports import Report
from bridge.reports.cells import one_line

_DATA: Final = "representations/rep1/data"
_READ_FIRST: Final = {"LASMIG.txt", "rapport.pdf"}
"""They tell what the rest is, and lie in `documentation`."""
_SCHEMA: Final = "schemas/dc.xsd"
_XSD: Final = b"""<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="metadata">
    <xs:complexType>
      <xs:sequence>
        <xs:any namespace="http://purl.org/dc/elements/1.1/" processContents="lax" maxOccurs="unbounded"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""
_DC: Final = "metadata/descriptive/dc.xml"
_PREMIS: Final = "metadata/preservation/premis.xml"
_METS: Final = "METS.xml"
_XML: Final = "text/xml"
_PROFILE: Final = "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"
_NAMES: Final = {
    "mets": "http://www.loc.gov/METS/",
    "csip": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
    "sip": "https://DILCIS.eu/XML/METS/SIPExtensionMETS",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "premis": "http://www.loc.gov/premis/v3",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_SCHEMAS: Final = "http://www.loc.gov/METS/ http://www.loc.gov/standards/mets/mets.xsd"
Digest = Callable[[str], str]
"""Name of a file in the package → its SHA-256."""


@dataclass(frozen=True)
class Giver:
    """The party that hands the material over.

    Attributes:
        name: The authority whose archive it is.
        code: By which it is known, such as its number of organisation.
        version: Of this program.
    """

    name: str = ""
    code: str = ""
    version: str = "0"


def sip(
    sheet: MeetingSheet,
    notes: Sequence[Note],
    asked: Packing,
    *,
    timezone: str = "Europe/Stockholm",
    issi_names: Mapping[int, str] | None = None,
    reports: Sequence[Report] = (),
    giver: Giver = Giver(),
) -> Parcel:
    """The package as a zip. Blocking, as its blocks are: call it and iterate it in a thread.

    Args:
        sheet: The meeting with its parts.
        notes: Its notes.
        asked: How the package is to be.
        timezone: Of its times, by its name in the IANA database.
        issi_names: Names of radio users, where known.
        reports: Of its call-outs.
        giver: The party that hands it over.

    Raises:
        OSError: A sound cannot be read.
    """
    root = f"{name_of(sheet, asked, timezone)}_sip"
    pieces = pieces_of(sheet, notes, asked, timezone=timezone, issi_names=issi_names, reports=reports)
    pieces = [_placed(one) for one in pieces]
    pieces.append(Piece(zipped.Entry.of(_SCHEMA, _XSD), "schema", "application/xml"))
    digests: dict[str, str] = {}
    made = _Package(sheet, asked, pieces, giver, root)

    def written(name: str, content: Callable[[Digest], bytes]) -> zipped.Entry:
        def of(known: Mapping[str, str]) -> bytes:
            return content(lambda one: known.get(f"{root}/{one}", NO_DIGEST))

        return later(f"{root}/{name}", of, digests)

    entries = [replace(one.entry, name=f"{root}/{one.entry.name}") for one in pieces]
    entries += [written(_DC, lambda _: made.dublin_core()), written(_PREMIS, made.premis), written(_METS, made.mets)]
    made_at = datetime.fromtimestamp(asked.made_at_s, ZoneInfo(timezone))
    return Parcel(f"{root}.zip", zipped.length(entries), zipped.blocks(entries, made_at, digests))


class _Package:
    """The metadata of one package."""

    def __init__(self, sheet: MeetingSheet, asked: Packing, pieces: Sequence[Piece], giver: Giver, root: str) -> None:
        self._sheet = sheet
        self._asked = asked
        self._pieces = pieces
        self._giver = replace(giver, name=giver.name or asked.made_by)
        self._root = root
        self._made = _instant(asked.made_at_s)

    def dublin_core(self) -> bytes:
        """Descriptive metadata: simple Dublin Core."""
        conference = self._sheet.conference
        root = ET.Element("metadata")
        for name, value in (
            ("title", conference.name),
            ("identifier", conference.id),
            ("date", _instant(conference.created_at_s)),
            ("creator", self._giver.name),
            ("type", "Event"),
            ("language", conference.language.value),
        ):
            _add(root, f"dc:{name}", text=value)
        return _bytes(root)

    def premis(self, digest: Digest) -> bytes:
        """Preservation metadata: the files, what was done with them, and by whom."""
        root = ET.Element(_name("premis:premis"), {"version": "3.0"})
        for one in self._pieces:
            self._object(root, one, digest)
        agents: dict[str, None] = {}
        for line in self._asked.history:
            agents.setdefault(line.actor)
            event = _add(root, "premis:event")
            self._identified(event, "eventIdentifier", f"audit-{line.number}")
            _add(event, "premis:eventType", text=line.action)
            _add(event, "premis:eventDateTime", text=_instant(line.at_s))
            detail = _add(event, "premis:eventDetailInformation")
            _add(detail, "premis:eventDetail", text=f"{line.object} {line.hash}")
            self._identified(event, "linkingAgentIdentifier", line.actor)
        agents.setdefault("Samband")
        for name in agents:
            agent = _add(root, "premis:agent")
            self._identified(agent, "agentIdentifier", name)
            _add(agent, "premis:agentName", text=name)
            _add(agent, "premis:agentType", text="software" if name.lower() == "samband" else "person")
        return _bytes(root)

    def _object(self, root: ET.Element, one: Piece, digest: Digest) -> None:
        made = _add(root, "premis:object", {_name("xsi:type"): "premis:file"})
        self._identified(made, "objectIdentifier", one.entry.name)
        about = _add(made, "premis:objectCharacteristics")
        fixity = _add(about, "premis:fixity")
        _add(fixity, "premis:messageDigestAlgorithm", text="SHA-256")
        _add(fixity, "premis:messageDigest", text=digest(one.entry.name))
        _add(about, "premis:size", text=str(one.entry.size))
        kind = _add(_add(about, "premis:format"), "premis:formatDesignation")
        _add(kind, "premis:formatName", text=one.media_type)

    def _identified(self, parent: ET.Element, name: str, value: str) -> None:
        made = _add(parent, f"premis:{name}")
        _add(made, f"premis:{name}Type", text="local")
        _add(made, f"premis:{name}Value", text=value)

    def mets(self, digest: Digest) -> bytes:
        """The root METS."""
        root = ET.Element(
            _name("mets:mets"),
            {
                "OBJID": self._root,
                "LABEL": _clean(self._sheet.conference.name),
                "TYPE": "Mixed",
                "PROFILE": _PROFILE,
                _name("csip:CONTENTINFORMATIONTYPE"): "MIXED",
                _name("xsi:schemaLocation"): _SCHEMAS,
            },
        )
        self._header(root)
        described = _add(root, "mets:dmdSec", {"ID": "dmd-1", "CREATED": self._made, "STATUS": "CURRENT"})
        self._reference(described, _DC, self.dublin_core(), "DC", digest)
        kept = _add(root, "mets:amdSec", {"ID": "amd-1"})
        proven = _add(kept, "mets:digiprovMD", {"ID": "premis-1", "CREATED": self._made, "STATUS": "CURRENT"})
        self._reference(proven, _PREMIS, self.premis(digest), "PREMIS", digest)
        files = _add(root, "mets:fileSec", {"ID": "files-1"})
        number = 0
        for folder, (group_id, use) in _GROUPS.items():
            group = _add(files, "mets:fileGrp", {"ID": group_id, "USE": use, **_own_type()})
            for one in self._pieces:
                if one.entry.name.startswith(folder):
                    number += 1
                    self._file(group, number, one, digest)
        self._structure(root)
        return _bytes(root)

    def _header(self, root: ET.Element) -> None:
        head = _add(
            root,
            "mets:metsHdr",
            {"CREATEDATE": self._made, "RECORDSTATUS": "NEW", _name("csip:OAISPACKAGETYPE"): "SIP"},
        )
        giver = self._giver
        code = giver.code or giver.name
        _agent(head, "CREATOR", "OTHER", "Samband", "SOFTWARE VERSION", giver.version, {"OTHERTYPE": "SOFTWARE"})
        _agent(head, "ARCHIVIST", "ORGANIZATION", giver.name, "IDENTIFICATIONCODE", code)
        _agent(head, "CREATOR", "ORGANIZATION", giver.name, "IDENTIFICATIONCODE", code)

    def _reference(self, parent: ET.Element, name: str, content: bytes, kind: str, digest: Digest) -> None:
        about = {"LOCTYPE": "URL", "MDTYPE": kind, "MIMETYPE": _XML, "SIZE": str(len(content)), "CREATED": self._made}
        summed = {"CHECKSUM": digest(name), "CHECKSUMTYPE": "SHA-256"}
        _add(parent, "mets:mdRef", {**about, **summed, **_linked(name)})

    def _file(self, group: ET.Element, number: int, one: Piece, digest: Digest) -> None:
        name = one.entry.name
        about = {"ID": f"file-{number}", "MIMETYPE": one.media_type, "SIZE": str(one.entry.size), "CREATED": self._made}
        file = _add(group, "mets:file", {**about, "CHECKSUM": digest(name), "CHECKSUMTYPE": "SHA-256"})
        _add(file, "mets:FLocat", {"LOCTYPE": "URL", **_linked(name)})

    def _structure(self, root: ET.Element) -> None:
        plan = _add(root, "mets:structMap", {"ID": "plan-1", "TYPE": "PHYSICAL", "LABEL": "CSIP"})
        package = _add(plan, "mets:div", {"ID": "div-1", "LABEL": self._root})
        about = {"ID": "div-2", "LABEL": "Metadata", "DMDID": "dmd-1", "ADMID": "premis-1"}
        _add(package, "mets:div", about)
        for number, (group_id, use) in enumerate(_GROUPS.values(), 3):
            held = _add(package, "mets:div", {"ID": f"div-{number}", "LABEL": use.partition("/")[0]})
            _add(held, "mets:fptr", {"FILEID": group_id})


# --- inside ---

_GROUPS: Final = {
    "documentation/": ("documentation-1", "Documentation"),
    "schemas/": ("schemas-1", "Schemas"),
    "representations/": ("rep-1", "Representations/rep1"),
}
"""Folder → id and use of its group of files."""


def _placed(one: Piece) -> Piece:
    folder = "documentation" if one.entry.name in _READ_FIRST else _DATA
    return replace(one, entry=replace(one.entry, name=f"{folder}/{one.entry.name}"))


def _own_type() -> dict[str, str]:
    """Of the content: it follows no specification of E-ARK's."""
    kind = {_name("csip:CONTENTINFORMATIONTYPE"): "OTHER"}
    return {**kind, _name("csip:OTHERCONTENTINFORMATIONTYPE"): "Samband"}


def _agent(
    head: ET.Element, role: str, kind: str, name: str, note_kind: str, note: str, more: Mapping[str, str] | None = None
) -> None:
    made = _add(head, "mets:agent", {"ROLE": role, "TYPE": kind, **(more or {})})
    _add(made, "mets:name", text=name)
    _add(made, "mets:note", {_name("csip:NOTETYPE"): note_kind}, note)


def _linked(name: str) -> dict[str, str]:
    return {_name("xlink:type"): "simple", _name("xlink:href"): name}


def _name(short: str) -> str:
    prefix, _, local = short.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"


def _add(
    parent: ET.Element, name: str, attributes: Mapping[str, str] | None = None, text: str | None = None
) -> ET.Element:
    made = ET.SubElement(parent, _name(name), {key: _clean(value) for key, value in (attributes or {}).items()})
    if text is not None:
        made.text = _clean(text)
    return made


def _clean(text: str) -> str:
    """Without the characters that no XML holds (XML 1.0, 2.2)."""
    return "".join(one for one in one_line(text) if one.isprintable() and not "\ufffe" <= one <= "\uffff")


def _bytes(root: ET.Element) -> bytes:
    for prefix, uri in _NAMES.items():
        ET.register_namespace(prefix, uri)
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
