"""The player's words while it plays: the section `exercise` of the program's own catalogue."""

from collections.abc import Callable

from bridge.domain.kernel.language import Language
from bridge.words import word


def teller(language: Language) -> Callable[..., str]:
    """A function from the name of a text and its values to words. A value that is `None` is as if it were not given."""

    def tell(name: str, /, **values: str | int | float | None) -> str:
        return word(language, "exercise", name, **{key: one for key, one in values.items() if one is not None})

    return tell
