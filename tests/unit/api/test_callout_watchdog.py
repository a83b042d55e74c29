"""The watchdog of call-outs beside the real engine, whose timers are lost."""

import httpx

from bridge.domain.callout.passing import PUMP
from bridge.domain.callout.policy import TrunkPolicy
from bridge.domain.callout.records import ATTEMPTS
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.kernel.timers import TimerKey
from bridge.main.callout_watch import IDLE_S, CalloutWatch
from tests.unit.api.region import TRUNK, Region


async def test_what_the_engine_has_lost_is_made_good_and_stands_in_the_audit_log(
    host: httpx.AsyncClient, region: Region
) -> None:
    region.trunk = TrunkPolicy(TRUNK, calls_per_s=0.01)
    await region.restart()
    region.clock.time_s += 100.0  # the trunk has rested since the new connection
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key, number in (("tib", "08-465 004 01"), ("rkk", "08-465 004 02")):
        body = {"id": key, "organisation_id": "lst", "name": key, "numbers": [number]}
        await host.post("/functions", json=body)
    await host.post("/activation-lists", json={"id": "all", "name": "Alla", "function_ids": ["tib", "rkk"]})
    made = (await host.post("/activations", json={"list_id": "all"})).json()
    assert [one["state"] for one in made["targets"]] == ["calling", "waiting"]
    region.engine._timers.stop(TimerKey(CalloutTimer.CALLOUT_PUMP, PUMP))
    region.engine._timers.stop(TimerKey(CalloutTimer.CALLOUT_RING, next(iter(region.node()[ATTEMPTS]))))
    watch = CalloutWatch(region, region.clock, region.happens)
    for passed_s in (200, IDLE_S):
        region.clock.time_s += passed_s
        watch.look()
    await region.happened()
    shown = (await host.get(f"/activations/{made['id']}")).json()
    assert [(one["function"], one["reason_code"], one["state"]) for one in shown["targets"]] == [
        ("tib", "lost_in_restart", "waiting"),
        ("rkk", None, "calling"),
    ]
    rows = await region.audited("activation.idle_target")
    assert {row.object for row in rows} == {one["id"] for one in shown["targets"]}
