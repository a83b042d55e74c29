"""All settings: what can be set, reading it, and the reference of it.

- `model`: the tables, as values.
- `loading`: the file and the variables, read.
- `language`: the command line's language.
- `faults`: what is wrong with them, as reasons (`reasons`).
- `shown`: the settings in force, without secrets.
- `reference`: every setting with type, default and meaning.
"""

from bridge.settings.language import speak, spoken
from bridge.settings.loading import SettingsError, load
from bridge.settings.model import (
    CalloutSettings,
    ConferenceSettings,
    LogSettings,
    RadioSettings,
    Settings,
    ShortDataSettings,
    SimulatorSettings,
    config_file,
)
from bridge.settings.reference import SettingRow, reference, reference_markdown
from bridge.settings.shown import shown, shown_settings

__all__ = [
    "CalloutSettings",
    "ConferenceSettings",
    "LogSettings",
    "RadioSettings",
    "SettingRow",
    "Settings",
    "SettingsError",
    "ShortDataSettings",
    "SimulatorSettings",
    "config_file",
    "load",
    "reference",
    "reference_markdown",
    "shown",
    "shown_settings",
    "speak",
    "spoken",
]
