"""The trunks, tried out by a call to oneself."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import Principal
from bridge.ports import Finding, SelfCall, TrunkTests
from bridge.service.reasons import TrunkReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case


class Trunks(UseCases):
    @use_case(Act.TRUNK_TEST)
    async def names(self, principal: Principal) -> Sequence[TrunkName]:
        """The preferred one first."""
        tests = self._ports.trunk_tests
        return tests.names() if tests is not None else ()

    @use_case(Act.TRUNK_TEST)
    async def plan(self, principal: Principal, trunk: TrunkName) -> SelfCall:
        """The call that a test would place; nothing is dialled."""
        return self._tests(trunk).call(trunk)

    @use_case(Act.TRUNK_TEST)
    async def test(self, principal: Principal, trunk: TrunkName) -> Sequence[Finding]:
        """Place a call to oneself, which comes into no meeting, and say what works."""
        tests = self._tests(trunk)
        call, now_s = tests.call(trunk), self._ports.clock.now_s()
        await self._ports.audit.append(Audit(now_s, principal.name, "trunk.tested", trunk, (("number", call.number),)))
        if tests.runs:
            raise Refusal("conflict", TrunkReason.TEST_RUNS(), retry=True)
        return await tests.test(trunk)

    def _tests(self, trunk: TrunkName) -> TrunkTests:
        tests = self._ports.trunk_tests
        if tests is None or trunk not in tests.names():
            raise Refusal.not_found(UnknownReason.TRUNK, trunk)
        return tests
