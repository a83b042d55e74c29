"""Another node keeps our signed heads: a log that is rewritten at home, keys and all, is named by it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bridge.domain.proof.heads import SignedHead
from bridge.domain.proof.witness import Given, fault_among
from bridge.proof import package
from bridge.proof.anchors import AnchorError, NodeAnchor
from bridge.proof.verification import Verification
from bridge.proof.watch import HeadWatch
from tests.harness.ports import free_port
from tests.harness.principals import somebody
from tests.unit.api.region import Region, a_region
from tests.unit.api.serving import served


@pytest.fixture
async def other() -> AsyncIterator[Region]:
    """The other node."""
    async with a_region() as made:
        yield made


@pytest.fixture
async def anchor(region: Region, other: Region, tmp_path: Path) -> AsyncIterator[NodeAnchor]:
    token = tmp_path / "node.token"
    token.write_text(await other.tokens.issue("grannen") + "\n")
    async with served(other) as port:
        yield NodeAnchor(f"http://127.0.0.1:{port}", token, lambda: region.proof.key.public, 10.0)


def watching(region: Region, anchor: NodeAnchor) -> HeadWatch:
    return HeadWatch(region.proof.store, region.proof.key, region.clock, 3600.0, [anchor])


def verifying(region: Region, anchor: NodeAnchor) -> Verification:
    proof = region.proof
    return Verification(proof.store, region.audit, region.archive_folder, proof.key, region.clock, far=anchor.lines)


async def test_each_head_is_kept_by_the_other_node_and_compared_when_verified(
    region: Region, other: Region, anchor: NodeAnchor
) -> None:
    for name in ("a.flac", "b.flac"):
        await region.recorded(name)
        await watching(region, anchor).look()
    kept = await other.proof.store.foreign()
    heads = await region.proof.store.heads()
    assert [(one.giver, one.line) for one in kept] == [("grannen", package.line_of(one)) for one in heads]
    assert len(await other.audited("archive.foreign_head_kept")) == len(heads) >= 2
    assert (await verifying(region, anchor).verify()).findings == ()
    assert (await other.proof.verification.verify()).findings == ()


async def test_a_log_that_was_rewritten_and_signed_anew_is_named(
    region: Region, other: Region, anchor: NodeAnchor
) -> None:
    await region.recorded("a.flac")
    await watching(region, anchor).look()
    [head] = await region.proof.store.heads()
    rewritten = region.proof.key.signed(replace(head, hash="0" * 64))
    told = other.database.dialect  # the witness holds what the home has lost
    assert told == "sqlite"
    with pytest.raises(AnchorError, match="foreign_head_differs"):
        await anchor.put(rewritten)
    async with region.database.transaction() as connection:
        await connection.exec_driver_sql("DELETE FROM signed_heads")
    codes = [one.code for one in (await verifying(region, anchor).verify()).findings]
    assert "proof_head_missing" in codes


async def test_a_node_that_is_away_waits_for_its_heads_and_proves_nothing_against_the_archive(
    region: Region, tmp_path: Path
) -> None:
    token = tmp_path / "node.token"
    token.write_text("samband_x")
    away = NodeAnchor(f"http://127.0.0.1:{free_port()}", token, lambda: region.proof.key.public, 2.0)
    await region.recorded("a.flac")
    watch = watching(region, away)
    await watch.look()
    assert watch.health()["archive anchor node"].code == "anchor_waits"
    report = await verifying(region, away).verify()
    assert [one.code for one in report.findings] == ["proof_anchor_away"]
    assert (report.first, report.state) == (None, "done")


async def test_no_stranger_puts_a_head_there(region: Region, host: httpx.AsyncClient) -> None:
    await region.recorded("a.flac")
    await region.proof.heads.look()
    [head] = await region.proof.store.heads()
    public = region.proof.key.public
    assert public is not None
    line = package.line_of(head)
    forged = json.dumps({**json.loads(line), "number": head.number + 1})
    for sent, key in ((forged, public.hex()), ("{}", public.hex()), (line, "00" * 32)):
        answer = await host.post("/archive/foreign-heads", json={"line": sent, "public": key})
        assert (answer.status_code, answer.json()["reason"]) == (422, "foreign_head_unreadable")
    assert (await host.post("/archive/foreign-heads", json={"line": line, "public": public.hex()})).status_code == 201
    assert (await host.post("/archive/foreign-heads", json={"line": line, "public": public.hex()})).status_code == 201
    assert [one["line"] for one in (await host.get("/archive/foreign-heads/mine")).json()] == [line]
    assert len((await host.get("/archive/foreign-heads")).json()) == 1


def head(sequence: int, number: int, *, key: str = "k", at_s: float = 0.0) -> Given:
    return Given(sequence, SignedHead(sequence, number, "0" * 64, at_s or float(sequence), None, key), signed=True)


def test_heads_that_follow_each_other_agree_whichever_is_the_first_that_is_kept() -> None:
    assert fault_among([]) is None
    assert fault_among([head(7, 10), head(8, 10), head(9, 42)]) is None


@pytest.mark.parametrize(
    ("second", "code", "sequence"),
    [
        (Given(2, None, signed=False), "witnessed_head_broken", 2),
        (replace(head(2, 20), signed=False), "witnessed_head_broken", 2),
        (replace(head(3, 20), sequence=2), "witnessed_head_broken", 2),
        (head(3, 20), "witnessed_head_missed", 2),
        (head(2, 9), "witnessed_head_back", 2),
        (head(2, 20, at_s=0.5), "witnessed_head_back", 2),
        (head(2, 20, key="other"), "witnessed_other_key", 2),
    ],
)
def test_the_first_head_that_does_not_agree_is_named(second: Given, code: str, sequence: int) -> None:
    fault = fault_among([head(1, 10), second, head(9, 1)])
    assert fault is not None
    assert (fault.code, dict(fault.data)) == (code, {"sequence": sequence})


async def test_the_witness_tells_when_each_node_was_last_heard_and_whether_its_heads_agree(
    region: Region, other: Region, anchor: NodeAnchor
) -> None:
    service = other.parts().service
    assert await service.archive.witnessed(somebody()) == []
    for name in ("a.flac", "b.flac"):
        await region.recorded(name)
        await watching(region, anchor).look()
    heads = await region.proof.store.heads()
    (node,) = await service.archive.witnessed(somebody())
    assert (node.giver, node.heads, node.sequence, node.fault) == ("grannen", len(heads), len(heads), None)
    assert (node.signed_at_s, node.heard_at_s) == (heads[-1].at_s, other.clock.now_s())
    with pytest.raises(AnchorError, match="foreign_head_differs"):
        await anchor.put(region.proof.key.signed(replace(heads[0], hash="0" * 64)))
    (node,) = await service.archive.witnessed(somebody())
    assert node.fault is not None
    assert node.fault.code == "foreign_head_differs"


async def test_a_head_that_was_altered_at_the_witness_is_named(
    region: Region, other: Region, anchor: NodeAnchor
) -> None:
    await region.recorded("a.flac")
    await watching(region, anchor).look()
    async with other.database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE foreign_heads SET line = replace(line, '0', '1')")
    (node,) = await other.parts().service.archive.witnessed(somebody())
    assert node.fault is not None
    assert node.fault.code == "witnessed_head_broken"
