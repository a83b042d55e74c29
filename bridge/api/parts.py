"""What the API is built from: the ports it talks to, and the few values it shows."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request

from bridge.api.problems import Problem
from bridge.domain.commands import Command, Done, Refused
from bridge.domain.ids import Gssi, PatchId, TerminalName
from bridge.domain.model import Note
from bridge.ports import Archive, ArchivedRecording, AuditLog, Clock, Codes, Control, Directory, Health, Ids, Tokens

ANSWER_S: Final = 20.0
"""A command that is not committed within this is answered as unavailable."""

Figures = Mapping[str, float]
"""Name → value; levels are dBFS, times as the name's ending says, counts since the path was made."""


class Package(Protocol):
    """The documentation package (zip) of a recording, in pieces; blocking (`bridge.recording.package`)."""

    def __call__(
        self,
        found: ArchivedRecording,
        notes: Sequence[Note],
        *,
        tracks: Sequence[ArchivedRecording] = (),
        issi_names: Mapping[int, str] | None = None,
    ) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Parts:
    """Everything a request may need. Made once by `bridge.main`, kept in `app.state.parts`."""

    control: Control
    directory: Directory
    codes: Codes
    archive: Archive
    audit: AuditLog
    tokens: Tokens
    ids: Ids
    clock: Clock
    number: str
    """Our own telephone number, E.164 with plus."""
    health: Sequence[Health] = ()
    package: Package | None = None
    may_use: Callable[[TerminalName, Gssi], bool] = lambda _terminal, _gssi: True
    """Whether a terminal's own settings let it use a talkgroup."""
    levels: Callable[[PatchId], Figures | None] = lambda _patch: None
    """How a patch's audio path does (`bridge.media.protocol.PathStats` by name); none where there is no path."""
    orders: Callable[[], Mapping[str, int]] = dict
    """How many orders came by radio, by what became of them."""


class Undecided(Problem):
    """Whether the command is carried out is not known: nothing may be taken back."""


async def ask(parts: Parts, actor: str, command: Command) -> str:
    """Put a command to the engine and wait for its commit.

    Returns:
        The id that the answer is about.

    Raises:
        Problem: The command was refused, and nothing has changed.
        Undecided: It was not committed in time, and may still be.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            reply = await parts.control.ask(actor, command)
    except TimeoutError:
        detail = f"no answer within {ANSWER_S:.0f} s: the database may be stuck; it may still be carried out"
        raise Undecided(503, "unavailable", detail, remedy="see /readyz, then read the state again") from None
    match reply:
        case Done(subject):
            return subject
        case Refused() as refused:
            raise Problem.of_refusal(refused)


def get_parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(get_parts)]
