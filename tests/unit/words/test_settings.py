"""Every setting has its meaning in both languages."""

import re

from bridge.domain.kernel.language import Language
from bridge.settings.reference import reference
from bridge.words.settings import TOP, meaning, swedish

_CODE = re.compile(r"`[^`]*`")


def settings() -> dict[tuple[str, str], str]:
    """Table and name → the English words."""
    return {(one.table.strip("[]") or TOP, one.name): one.description for one in reference()}


def test_every_setting_has_its_words_in_both_languages_and_no_words_are_of_none() -> None:
    words = {(table, name) for table, names in swedish().items() for name in names}
    assert sorted(set(settings()) - words) == [], "write its meaning in bridge/words/settings_sv.toml"
    assert sorted(words - set(settings())) == [], "there is no such setting"
    assert [key for key, english in settings().items() if not english] == []


def test_what_is_written_in_the_file_stands_alike_in_both_languages() -> None:
    """Placeholders in angle brackets and addresses are words too."""
    for (table, name), english in settings().items():
        text = meaning(Language.SV, table, name, english)
        plain = {one for one in _CODE.findall(english) if re.fullmatch(r"`[\w.#*/\[\]-]+`", one)}
        assert plain <= set(_CODE.findall(text)), (table, name)
        assert text[-1] in ".", (table, name)
        assert text != english, (table, name)


def test_a_setting_without_words_has_the_english_ones() -> None:
    assert meaning(Language.SV, "api", "no_such", "English.") == "English."
    assert meaning(Language.EN, "api", "port", "English.") == "English."
    assert meaning(Language.SV, "", "state", "").startswith("Tillståndskatalogen")
