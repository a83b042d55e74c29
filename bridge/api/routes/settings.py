"""The settings of the running program, for reading alone. They are changed in the file, and read at the next start."""

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Output
from bridge.words.settings import meaning

router = resource("/settings", "settings")


class SettingOut(Output):
    """One setting."""

    table: str
    """The table of the file, such as `api`; empty: above all tables."""
    place: int
    """The number of the table, from 1, where several of its name can be written; else 0."""
    name: str
    """Its name there."""
    value: str | None
    """Its value in force; empty: none. Null: it is secret, and is never shown."""
    default: str
    """The product's own value; empty: none."""
    source: str
    """`default`, `file`, `environment` (a variable) or `derived` (from another setting, such as `ports_from`)."""
    type: str
    """Its type in words."""
    unit: str
    """Such as `seconds`; empty: it has none."""
    meaning: str
    """Its meaning, in the language that is asked for."""


@router.get("")
async def list_settings(service: TheService, asker: Asker, language: TheLanguage) -> list[SettingOut]:
    """Every setting in force, in the order of the file. Secrets are not shown."""
    return [
        SettingOut(
            table=one.table,
            place=one.entry,
            name=one.name,
            value=one.value,
            default=one.default,
            source=one.source,
            type=one.kind,
            unit=one.unit,
            meaning=meaning(language, one.table, one.name, one.meaning),
        )
        for one in await service.settings.find(asker)
    ]
