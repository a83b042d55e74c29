"""A controller that has come into control answers its first request without building anything."""

import subprocess
import sys

BUILT = """
import bridge.main.loaded
from fastapi import routing
built = []
made = routing._IncludedRouter._build_effective_context
routing._IncludedRouter._build_effective_context = lambda self, route: built.append(route) or made(self, route)
from bridge.api.app import _resources
for route in _resources().routes:
    route.matches({"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []})
print(len(built))
"""


def test_the_routes_are_built_while_the_controller_loads() -> None:
    told = subprocess.run([sys.executable, "-c", BUILT], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "0"
