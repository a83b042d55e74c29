"""What is said to be without IO is without IO."""

import ast
from pathlib import Path

import pytest

import bridge.rakel

PACKAGE = Path(bridge.rakel.__file__).parent
OTHERS = ("group_calls", "transmission", "health", "profiles", "probe_report", "probe_file")
PURE = [
    path
    for path in [*sorted((PACKAGE / "pei").glob("*.py")), *sorted(PACKAGE.glob("call*.py"))]
    if path.stem != "call_control"
] + [PACKAGE / f"{name}.py" for name in OTHERS]
IO = {"asyncio", "time", "datetime", "socket", "serial", "serial_asyncio_fast", "structlog", "logging", "os", "random"}


@pytest.mark.parametrize("module", PURE, ids=[path.stem for path in PURE])
def test_the_language_and_the_calls_open_nothing_and_read_no_clock(module: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert not imported & IO
