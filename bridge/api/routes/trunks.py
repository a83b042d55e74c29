"""The trunks, tried out by a call to oneself."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, words
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Output
from bridge.domain.kernel.ids import TrunkName

router = resource("/trunks", "trunks")
TrunkKey = Annotated[TrunkName, Path(max_length=100, description="Its name in the settings.")]


class TrunkOut(Output):
    """A trunk, and the call to oneself that would try it out."""

    name: str
    """Its name in the settings."""
    number: str
    """The number of ours that is dialled."""
    caller_id: str
    """The number that we show."""


class FindingOut(Output):
    """One thing that was tried."""

    what: str = Field(
        description="`trunk` (it can be reached), `call_out`, `call_in` (the call came back), `number` (ours is shown),"
        " `keys`, `sound_out`, `sound_in` or `encryption`."
    )
    well: bool
    """It works."""
    says: str | None
    """In words, with the remedy of a fault."""
    code: str
    """The same for programs."""


class TrunkTestOut(Output):
    """The result of a call to oneself."""

    well: bool
    """Everything that was tried works."""
    findings: list[FindingOut]
    """In the order they were tried. A call that fails early has fewer."""


@router.get("")
async def list_trunks(service: TheService, asker: Asker) -> list[TrunkOut]:
    """The trunks, the preferred one first, with the call that a test would place."""
    names = await service.trunks.names(asker)
    calls = [await service.trunks.plan(asker, name) for name in names]
    return [TrunkOut(name=one.trunk, number=one.number, caller_id=one.caller_id) for one in calls]


@router.post("/{name}/test")
async def test_trunk(name: TrunkKey, service: TheService, asker: Asker, language: TheLanguage) -> TrunkTestOut:
    """Place a call to oneself over the trunk and say what works. It comes into no meeting. Takes up to a minute."""
    found = await service.trunks.test(asker, name)
    return TrunkTestOut(
        well=all(one.is_well for one in found),
        findings=[
            FindingOut(what=one.what, well=one.is_well, says=words(one.says, language), code=str(one.says.code))
            for one in found
        ],
    )
