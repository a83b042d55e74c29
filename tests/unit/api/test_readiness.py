"""What a call-out would fail at now, and what was never proved."""

import httpx

from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.telephony.events import TelephonyDown
from tests.harness.reasons import because
from tests.unit.api.region import Region


async def test_functions_and_lists_that_would_fail_are_told_and_then_those_that_were_never_proved(
    host: httpx.AsyncClient, region: Region
) -> None:
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Function("bad", "lst", "Utan nummer"),
        Function("far", "lst", "Utomlands", numbers=("+4721555501",)),
        Function("tib", "lst", "TiB", numbers=("+46846500401",)),
        ActivationList("tom", "Tom", ()),
    )
    await host.post("/directory/functions/tib/confirm")
    found = [one for one in (await host.get("/readiness")).json() if one["kind"] != "part"]
    told = [(one["subject"], one["fails"], one["reason_code"]) for one in found]
    assert told[:3] == [
        ("bad", True, "lacks_number"),
        ("far", True, "lacks_trunk"),
        ("tom", True, "lacks_functions"),
    ]
    assert ("tib", False, "lacks_test_call") in told
    assert ("tib", False, "lacks_confirmation") not in told
    assert ("bad", False, "lacks_confirmation") in told
    assert all(one["reason"] for one in found)


async def test_a_part_that_is_not_well_is_told_with_its_reason(host: httpx.AsyncClient, region: Region) -> None:
    assert (await host.get("/readiness")).json() == []
    await region.happened(TelephonyDown(region.clock.now_s(), because("does not answer")))
    [lack] = (await host.get("/readiness")).json()
    assert (lack["kind"], lack["subject"], lack["fails"]) == ("part", "asterisk", True)
