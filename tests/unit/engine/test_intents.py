"""No call is placed whose intent is not on disk: not by a wish, which is refused, and not by a fact either."""

from pathlib import Path

from bridge.domain import commands as c
from bridge.domain import events as e
from bridge.domain.ids import ActivationId, TargetId
from tests.unit.engine.test_engine import CONFERENCE, running

FIRST, SECOND = "+46846500401", "+46846500402"


async def test_the_next_number_is_called_when_its_intent_can_be_kept_and_not_before(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        target = c.NewTarget(TargetId("tgt-1"), "TiB", "Kommun", (FIRST, SECOND))
        await world.engine.ask("test", c.StartActivation(ActivationId("act-1"), "key", CONFERENCE, "L", (target,)))

        def dialled() -> list[object]:
            return [args[2] for name, args in world.devices.asked if name == "dial"]

        await world.until(lambda: dialled() == [FIRST])
        [call] = [args[0] for name, args in world.devices.asked if name == "dial"]
        world.store.is_full = True
        world.happens(e.LegEnded(world.clock.now_s(), call, 17))
        await world.until(lambda: world.engine.health()["database"] != "ok")
        await world.until(lambda: call not in world.engine.node().attempts)
        assert dialled() == [FIRST]
        world.store.is_full = False
        await world.until(lambda: dialled() == [FIRST, SECOND])
        attempts = (await world.store.load()).attempts
        assert [one.number for one in attempts] == [SECOND]
