"""All tests against one mutant, in a process of its own. It is for a change to code that runs at the import.

    python -m tests.mutate.child [FILE NUMBER]

The module is changed as it is imported; the file is not touched. Ends with the tests' own status. Without a mutant it
shows that the tests hold in such a process too.
"""

import ast
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

import pytest

from tests.mutate.mutants import mutated
from tests.mutate.settings import OPTIONS, ROOT, TESTS


class _Mutating(SourceFileLoader):
    """Compiles the changed tree; no byte code of it is kept."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._tree, self.get_filename(fullname), "exec", dont_inherit=True)
        return code


class _Finder(MetaPathFinder):
    def __init__(self, file: str, number: int) -> None:
        self._module = file.removesuffix(".py").replace("/", ".")
        self._path = ROOT / file
        self._tree = mutated(self._path.read_text(), number)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _Mutating(fullname, str(self._path), self._tree)
        return spec


def main() -> int:
    if len(sys.argv) == 3:
        sys.meta_path.insert(0, _Finder(sys.argv[1], int(sys.argv[2])))
    with tempfile.TemporaryDirectory(prefix="samband-mutate-") as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        return int(pytest.main([*OPTIONS, "-x", f"--basetemp={folder}/pytest", *TESTS]))


if __name__ == "__main__":
    sys.exit(main())
