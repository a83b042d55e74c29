"""Where packages are handed over: a folder that another system takes them from, or a WebDAV server.

A package is at its place as a whole or not at all, and none there is ever replaced.
"""

import base64
import http.client
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import structlog

from bridge import files
from bridge.domain.kernel.reasons import Reason
from bridge.ports import Parcel, PortError
from bridge.recording.reasons import PlaceReason
from bridge.recording.settings import Place

log = structlog.get_logger(__name__)
TRIES: Final = 3
_PAUSE_S: Final = 2.0
"""Before the second try; twice as long before the third."""
_WITHIN_S: Final = 60.0
"""The server has so long for each answer, and for each block."""
_TAKEN: Final = frozenset({200, 201, 204})
_THERE: Final = 412
_BUSY: Final = frozenset({408, 423, 425, 429, 500, 502, 503, 504, 507})


@dataclass(frozen=True)
class Places:
    """All that are set up. Implements `bridge.ports.Places`."""

    places: Sequence[Place]
    pause_s: float = _PAUSE_S

    @property
    def names(self) -> Sequence[str]:
        """In the order of the settings."""
        return [one.name for one in self.places]

    def put(self, name: str, made: Callable[[], Parcel]) -> str:
        """Hand a package over, and try again where that can help. Gives its name there. Blocking: call it in a thread.

        Args:
            name: Of the place.
            made: Makes the package, for each try anew.

        Raises:
            KeyError: There is no such place.
            PortError: Device `place`: it was not taken.
        """
        place = {one.name: one for one in self.places}[name]
        for tries in range(1, TRIES + 1):
            try:
                return _into_folder(place.folder, made()) if place.folder is not None else _to_server(place, made())
            except PortError as error:
                log.warning("package_not_taken", place=name, tries=tries, reason=error.message, evidence=error.evidence)
                if not error.retry or tries == TRIES:
                    raise
            time.sleep(self.pause_s * tries)
        raise AssertionError("the last try returns or raises")


def _into_folder(folder: Path, parcel: Parcel) -> str:
    whole = folder / parcel.name
    part = folder / f".{parcel.name}.partial"
    try:
        with part.open("wb") as out:
            for block in parcel.blocks:
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        os.link(part, whole)  # unlike a rename, it replaces nothing
        files.sync_folder(folder)
    except FileExistsError:
        raise _refused(PlaceReason.THERE(file=parcel.name)) from None
    except OSError as error:
        raise _refused(PlaceReason.NO_ANSWER(), error.strerror or str(error), retry=True) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return parcel.name


def _to_server(place: Place, parcel: Parcel) -> str:
    """PUT of RFC 4918, 9.7. `If-None-Match: *` has it refused where a file of that name is (RFC 9110, 13.1.2)."""
    parts = urlsplit(place.url)
    headers = {"Content-Type": "application/zip", "Content-Length": str(parcel.length), "If-None-Match": "*"}
    headers |= _credentials(place)
    line = _connection(place)
    try:
        path = f"{parts.path.rstrip('/')}/{quote(parcel.name)}"
        line.request("PUT", path, body=_sent(parcel.blocks), headers=headers, encode_chunked=False)
        answer = line.getresponse()
        answer.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        raise _refused(PlaceReason.NO_ANSWER(), str(error), retry=True) from error
    finally:
        line.close()
    if answer.status == _THERE:
        raise _refused(PlaceReason.THERE(file=parcel.name))
    if answer.status not in _TAKEN:
        evidence = f"{answer.status} {answer.reason}"
        raise _refused(PlaceReason.REFUSED(status=answer.status), evidence, retry=answer.status in _BUSY)
    return parcel.name


def _connection(place: Place) -> http.client.HTTPConnection:
    parts = urlsplit(place.url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=_WITHIN_S)
    try:
        trusted = ssl.create_default_context(cafile=place.certificates)
    except (OSError, ssl.SSLError) as error:
        raise _refused(PlaceReason.CERTIFICATES_UNREADABLE(), str(error)) from error
    return http.client.HTTPSConnection(host, parts.port, timeout=_WITHIN_S, context=trusted)


def _credentials(place: Place) -> Mapping[str, str]:
    if place.password_file is None:
        return {}
    try:
        if place.password_file.stat().st_mode & 0o077:
            raise _refused(PlaceReason.PASSWORD_OPEN(file=str(place.password_file)))
        password = place.password_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise _refused(PlaceReason.PASSWORD_UNREADABLE(file=str(place.password_file))) from error
    secret = base64.b64encode(f"{place.user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {secret}"}


def _sent(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """An empty block would end nothing, and is left out."""
    return (one for one in blocks if one)


def _refused(reason: Reason, evidence: str = "", *, retry: bool = False) -> PortError:
    return PortError("place", reason, retry=retry, evidence=evidence)
