"""The lacks at which a call-out would fail if it began now."""

from typing import Any

from bridge.api.dependencies import TheDependencies, TheService
from bridge.api.health_and_metrics import readiness
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Output

router = resource("/readiness", "readiness")


class LackOut(Output):
    """One thing that would fail, or that nobody knows to work."""

    kind: str
    """`part`, `function` or `activation_list`."""
    subject: str
    """The part's name, or the id in the directory."""
    name: str
    """As people know it."""
    fails: bool
    """It fails now. Else it was never proved."""
    reason: str | None
    """Why, in words."""
    reason_code: str | None
    """The same for programs: stable, snake_case."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


@router.get("")
async def find_lacks(parts: TheDependencies, service: TheService, asker: Asker, language: TheLanguage) -> list[LackOut]:
    """The parts that are not well, as in `/readyz`, and the functions and lists that cannot be called. Then those that
    were never confirmed or tried."""
    return [
        LackOut(
            kind=one.kind,
            subject=one.subject,
            name=one.name,
            fails=one.fails,
            reason=words(one.reason, language),
            reason_code=code(one.reason),
            reason_data=data(one.reason),
        )
        for one in await service.readiness.find(asker, readiness(parts))
    ]
