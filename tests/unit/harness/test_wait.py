"""Waiting ends with the value, or with words that help."""

import pytest

from tests.harness.wait import MACHINE, Waited, never, until


async def test_gives_the_first_true_value() -> None:
    values = iter([0, None, 7])
    assert await until(lambda: next(values), 1, every_s=0) == 7


async def test_a_failure_says_what_was_waited_for_and_what_was_seen_last() -> None:
    with pytest.raises(Waited, match=r"not within 0.05 s: three phones; last seen: 2"):
        await until(lambda: False, 0.05, what="three phones", seen=lambda: 2)


async def test_an_error_counts_as_not_yet_and_is_shown() -> None:
    tries: list[int] = []

    def looks() -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise LookupError("nobody there")
        return True

    assert await until(looks, 1, every_s=0)
    tries.clear()
    with pytest.raises(Waited, match="nobody there"):
        await until(looks, 0, every_s=0)


async def test_what_never_comes_passes_and_what_comes_fails() -> None:
    await never(lambda: False, 0.05)
    with pytest.raises(Waited, match="it came"):
        await never(lambda: True, 0.05)


async def test_a_deadline_does_not_count_what_the_machine_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def looks() -> bool:
        tries.append(1)
        return len(tries) > 3

    monkeypatch.setattr(MACHINE, "stood_still_s", lambda since_s, until_s: 60.0)
    assert await until(looks, 0, every_s=0.001)
    monkeypatch.setattr(MACHINE, "stood_still_s", lambda since_s, until_s: 0.0)
    tries.clear()
    with pytest.raises(Waited):
        await until(looks, 0, every_s=0.001)
