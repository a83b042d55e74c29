"""A new version looks at the node that it is to take over, while the old one is at work.

It is a process of its own, forked from the new code. A failure of it is told, and nothing else comes of that.
"""

import asyncio
import sys
from typing import Any

from bridge.ari.config import asterisk_dirs, config_changes, templates_dir
from bridge.ari.prompts import render
from bridge.ari.secrets import load_or_make_secrets
from bridge.domain.kernel.language import Language
from bridge.main.failures import explained, in_language
from bridge.main.prepare import installed_asterisk, own_prompts
from bridge.main.release import release
from bridge.main.state_paths import StatePaths
from bridge.main.verdict import WHAT, printed_verdict
from bridge.settings import Settings
from bridge.storage import prepare_schema


def tried(settings: Settings, language: Language) -> None:
    """Print the verdict as one line of JSON."""
    try:
        found = _look(settings)
    except Exception as error:  # noqa: BLE001  each is a reason not to take over
        found = {"refused": in_language(explained(WHAT, error), language)}
    sys.stdout.write(f"{printed_verdict(found)}\n")
    sys.stdout.flush()


def _look(settings: Settings) -> dict[str, Any]:
    """Prompts that are new are spoken. The schema is brought up where the old version can live with it.

    Raises:
        PortError: The new version could not go on with something here.
    """
    places = StatePaths.of(settings)
    tree = installed_asterisk(settings)
    dirs = asterisk_dirs(places.state, tree)
    changed = config_changes(settings.asterisk, settings.trunk, load_or_make_secrets(places.keys), tree, places.state)
    render(tree, templates_dir() / "prompts", dirs.sounds, own_prompts(places))
    asyncio.run(prepare_schema(places.database_url(settings), settings.storage))
    ours = release()
    return {"version": ours.version, "commit": ours.commit, "asterisk": list(changed)}
