"""Two talkgroups that the network itself has linked: who talks in one is told and heard in both."""

from tests.harness.radio import SimulatedRadio
from tests.unit.simulator.te import PeiLine


async def test_a_talker_in_the_linked_talkgroup_is_told_with_his_own_identity(
    radio: SimulatedRadio, line: PeiLine
) -> None:
    await radio.client.link(2001, 2002)
    await radio.user("Ledning").presses_ptt(seconds=0.2, gssi=2002)
    said = await line.until("+CDTXC: 1,0")
    assert said[0].startswith("+CTICN: 1,0,0,5,02400000101002001")
    assert "+CTXG: 1,3,0,0,3,02400000101002001" in said
    assert len(await radio.on_air(2002)) == 1
    assert await radio.on_air(2001) == [], "sent in one, carried into the other"


async def test_the_floor_is_one(radio: SimulatedRadio) -> None:
    await radio.client.link(2001, 2002)
    assert await radio.user("Ledning").presses_ptt(gssi=2001)
    assert not await radio.user("Insats").presses_ptt(seconds=1, gssi=2002)
    await radio.user("Ledning").releases_ptt()
    assert await radio.user("Insats").presses_ptt(seconds=0.1, gssi=2002)


async def test_what_is_not_linked_any_more_is_its_own_again(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.client.link(2001, 2002)
    await radio.client.unlink(2001)
    await radio.user("Ledning").presses_ptt(seconds=0.1, gssi=2002)
    await radio.user("Ledning").stops_talking()
    assert await line.does("AT") == ["OK"]
