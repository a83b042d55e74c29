"""No call is placed whose intent is not on disk. No wish places one (it is refused), and no fact does either."""

from pathlib import Path

from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.records import ATTEMPTS, Attempt
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.telephony.events import LegEnded
from tests.harness.principals import somebody
from tests.unit.engine.test_engine import CONFERENCE, running

FIRST, SECOND = "+46846500401", "+46846500402"


async def test_the_next_number_is_called_when_its_intent_can_be_kept_and_not_before(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        target = NewTarget(TargetId("tgt-1"), "TiB", "Kommun", (FIRST, SECOND))
        await world.engine.ask(somebody(), StartActivation(ActivationId("act-1"), "key", CONFERENCE, "L", (target,)))

        def dialled() -> list[object]:
            return [args[0].number for name, args in world.devices.asked if name == "dial"]

        await world.until(lambda: dialled() == [FIRST])
        [call] = [args[0].channel for name, args in world.devices.asked if name == "dial"]
        world.store.is_full = True
        world.happens(LegEnded(world.clock.now_s(), call, 17))
        await world.until(lambda: world.engine.health()["database"] != WELL)
        await world.until(lambda: call not in world.engine.node()[ATTEMPTS])
        assert dialled() == [FIRST]
        world.store.is_full = False
        await world.until(lambda: dialled() == [FIRST, SECOND])
        attempts = (await world.store.load())[Attempt]
        assert [one.number for one in attempts] == [SECOND]
