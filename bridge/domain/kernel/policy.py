"""The figures the rules go by. Each room declares its own; settings fill them; the defaults are the product's."""

from typing import Any, TypeVar, cast

P = TypeVar("P")


class Policy:
    """Every room's figures, found by the class that declares them: `policy[RadioPolicy].cut_s`."""

    def __init__(self, *parts: object) -> None:
        """`parts`: an instance for each room whose figures are not the defaults.

        Raises:
            ValueError: Two instances of one class.
        """
        self._parts: dict[type[Any], object] = {type(part): part for part in parts}
        if len(self._parts) < len(parts):
            raise ValueError(f"figures of one room are given twice: {[type(part).__name__ for part in parts]}")

    def __getitem__(self, kind: type[P]) -> P:
        """A room's figures; its defaults where none were given."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        return cast("P", self._parts[kind])
