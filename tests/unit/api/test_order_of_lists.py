"""Those of one instant stand in the same order in every list: no page skips or repeats any of them."""

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import bridge
from bridge.domain.conference.records import Conference, ConferenceState
from bridge.domain.kernel.ids import ConferenceId, RecordingId
from bridge.domain.recording.records import ArchiveState, Recording
from tests.unit.api.region import NOW_S, NUMBER, Region

BRIDGE = Path(bridge.__file__).parent
HELPERS = frozenset({"newest_first", "oldest_first"})
MANY = 7


async def of_one_instant(region: Region) -> None:
    """Meetings with a recording each, kept in an order that tells nothing."""
    at_random = random.Random(1).sample(range(MANY), MANY)
    meetings = [
        Conference(ConferenceId(f"cnf-{one}"), f"Möte {one}", NUMBER, NOW_S - 10, ConferenceState.ENDED)
        for one in at_random
    ]
    recordings = [
        Recording(RecordingId(f"rec-{one.id}"), one.id, NOW_S - 10, ArchiveState.ARCHIVED, NOW_S, 10.0)
        for one in meetings
    ]
    for meeting, recording in zip(meetings, recordings, strict=True):
        await region.store.commit([meeting, recording])


@pytest.mark.parametrize("path", ["/conferences?ended=true", "/recordings"])
async def test_a_list_has_those_of_one_instant_by_their_ids(host: httpx.AsyncClient, region: Region, path: str) -> None:
    await of_one_instant(region)
    shown = [str(one["id"]) for one in (await host.get(path)).json()]
    assert len(shown) == MANY
    assert shown == sorted(shown, reverse=True)


async def test_packages_of_one_instant_are_listed_by_their_ids(host: httpx.AsyncClient, region: Region) -> None:
    await of_one_instant(region)
    for _ in range(MANY):
        answer = await host.post("/archive/packages", json={"conference_id": "cnf-0"})
        assert answer.status_code == 202
    shown = [str(one["id"]) for one in (await host.get("/archive/packages")).json()]
    assert shown == sorted(shown, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_over_one_instant_neither_skip_nor_repeat(
    host: httpx.AsyncClient, region: Region, limit: int
) -> None:
    await of_one_instant(region)
    seen: list[str] = []
    after: str | None = None
    for _ in range(MANY + 1):
        asked = {"limit": str(limit)} | ({"after": after} if after is not None else {})
        page = (await host.get("/archive/meetings", params=asked)).json()
        seen += [one["id"] for one in page["meetings"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [f"cnf-{one}" for one in reversed(range(MANY))]


# --- every list there is ---


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """File, call and the name of what is called."""
    for part in ("api", "service", "storage"):
        for path in sorted((BRIDGE / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                    yield f"{path.relative_to(BRIDGE)}:{node.lineno}", node, name


def is_instant(node: ast.expr) -> bool:
    """Such as `rows.c.started_at_s.desc()` or `-one.waits_since_s`."""
    while isinstance(node, ast.Call | ast.UnaryOp | ast.BoolOp):
        if isinstance(node, ast.BoolOp):
            node = node.values[0]
        elif isinstance(node, ast.UnaryOp):
            node = node.operand
        elif isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return False
    return isinstance(node, ast.Attribute) and node.attr.endswith("_s")


def test_no_list_is_ordered_by_an_instant_alone() -> None:
    """`order_by` gets its instants by the two helpers, which ask for a key; `sorted` has them too."""
    found = []
    helped = 0
    for where, call, name in calls():
        if name == "order_by" and any(map(is_instant, call.args)):
            found.append(f"{where}: order_by an instant without `bridge.storage.order`")
        if name in HELPERS and where.startswith("storage"):
            helped += 1
            if len(call.args) < 2:
                found.append(f"{where}: {name} without a key")
        keys = [one.value for one in call.keywords if one.arg == "key" and isinstance(one.value, ast.Lambda)]
        if name == "sorted" and any(is_instant(one.body) for one in keys):
            found.append(f"{where}: sorted by an instant without `bridge.domain.kernel.order`")
    assert found == []
    assert helped > 20, "this test sees them"
