"""A mutant put into a program that is loaded already: the changed functions get their new code, in place."""

import gc
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

from tests.mutate.mutants import mutated

Key = tuple[str, int]
"""A function's qualified name and first line."""


def put_in(file: Path, number: int) -> int:
    """Gives how many functions were changed. Only what is in the bodies of functions can be put in so."""
    codes = {_key(code): code for code in _codes(compile(mutated(file.read_text(), number), str(file), "exec"))}
    changed = 0
    for function in functions_of(file):
        code = codes.get(_key(function.__code__))
        if code is not None and code != function.__code__:
            function.__code__ = code
            changed += 1
    return changed


def functions_of(file: Path) -> list[FunctionType]:
    """All that are alive."""
    found = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
    return [one for one in found if one.__code__.co_filename == str(file)]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _key(code: CodeType) -> Key:
    return code.co_qualname, code.co_firstlineno
