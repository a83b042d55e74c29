"""The tests against one mutant, in this process: its module is changed as it is imported, the file is not touched."""

import ast
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from tests.mutate.mutants import mutated


class _Mutating(SourceFileLoader):
    """Compiles the changed tree; no byte code of it is kept."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._tree, self.get_filename(fullname), "exec", dont_inherit=True)
        return code


class _Finder(MetaPathFinder):
    def __init__(self, module: str, file: Path, number: int) -> None:
        self._module = module
        self._file = file
        self._tree = mutated(file.read_text(), number)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _Mutating(fullname, str(self._file), self._tree)
        return spec


def change(root: Path, file: str, number: int) -> None:
    """From now on `file` is imported with this mutant's change.

    Raises:
        RuntimeError: It is imported already.
    """
    module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    if module in sys.modules:
        raise RuntimeError(f"{module} is imported already: the change would be seen by nobody")
    sys.meta_path.insert(0, _Finder(module, root / file, number))
