"""Plays a scenario: one step after the other, telling each, and noting what became of what was expected."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, assert_never

import msgspec

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, Unusable
from bridge.words import with_evidence
from hardware.simulator.exercise import scenario as s
from hardware.simulator.exercise.api import ApiError
from hardware.simulator.exercise.results import Result, Results
from hardware.simulator.exercise.stage import LOOK_S, CannotPlay, Stage
from hardware.simulator.exercise.texts import teller
from hardware.simulator.json_lines import SimulatorError
from hardware.simulator.reasons import ControlReason, PlayReason
from hardware.simulator.telephones.manners import Manner, e164

FAULTS: Final = (ApiError, CannotPlay, SimulatorError, Unusable, TimeoutError, OSError)
"""The faults that can end a step when the system does not do as it should."""
_COUNTED_TARGETS: Final = ("joined", "answered", "settled", "target")


class Player:
    """Plays one scenario on a stage.

    Args:
        stage: Where it is played.
        speed: How much faster than the clock the pauses go by.
        language: That of the lines of progress, and of the results.
        say: Takes each line of progress.
        opened: Takes the id of the conference, once it is open.
    """

    def __init__(
        self,
        stage: Stage,
        speed: float,
        language: Language,
        say: Callable[[str], None],
        opened: Callable[[str], None] = lambda _conference: None,
    ) -> None:
        self.results = Results()
        self._stage = stage
        self._speed = speed
        self._language = language
        self._tell = teller(language)
        self._say = say
        self._opened = opened
        self._began_s = time.monotonic()
        self._board = ""

    async def play(self, scenario: s.Scenario) -> Results:
        """The whole of it. A step that fails is a result, and the play goes on; without a conference it ends."""
        stage = self._stage
        try:
            await stage.telephones.speed(self._speed)
            for telephone in scenario.telephone:
                await stage.telephones.set(_table(telephone))
            for number, step in enumerate(scenario.step, 1):
                if not await self._plays(scenario, number, step):
                    break
        finally:
            await self._puts_away()
        return self.results

    async def _plays(self, scenario: s.Scenario, number: int, step: s.Step) -> bool:
        """Whether the play can go on."""
        await asyncio.sleep(step.after_s / self._speed)
        if not isinstance(step, s.Expect):
            self._tells(told(step, self._tell))
        try:
            await self._does(scenario, step)
        except FAULTS as error:
            reason = with_evidence(reason_of(error), self._language)
            self._tells(self._tell("fails", reason=reason))
            what = self._tell("step_of", number=number, do=step.__struct_config__.tag)
            self.results.found.append(Result(what, reason, met=False))
            return not isinstance(step, s.Open)
        return True

    async def _puts_away(self) -> None:
        try:
            await self._stage.put_away()
        except FAULTS as error:
            self._tells(self._tell("fails", reason=with_evidence(reason_of(error), self._language)))

    async def _does(self, scenario: s.Scenario, step: s.Step) -> None:
        match step:
            case s.Open():
                await self._opens(scenario, step)
            case s.Patch():
                await self._patches(step)
            case s.CallIn():
                await self._calls_in(step)
            case s.Radio():
                await self._stage.speaks(step.issi, step.gssi, step.says, emergency=step.emergency)
            case s.RadioText():
                await self._stage.radio.send_sds(step.issi, step.to, step.text)
            case s.DialIn() | s.Keys() | s.Say() | s.HangUp():
                await self._telephone(step)
            case s.Floor():
                await self._stage.api.put(self._path("/floor"), {"mode": step.mode})
            case s.Round():
                await self._round(step)
            case s.Expect():
                await self._expects(step)
            case s.Pause():
                pass
            case s.End():
                await self._ends(step)
            case _:
                assert_never(step)

    # steps

    async def _opens(self, scenario: s.Scenario, step: s.Open) -> None:
        body = {"name": scenario.name, "exercise": True, "recorded": step.recorded, "forum": scenario.forum}
        body = {name: value for name, value in body.items() if value is not None}
        made = await self._stage.api.post("/conferences", body)
        self._stage.conference, self._stage.number = made["id"], made["number"]
        self._stage.codes = made["code"], made["host_code"]
        self._opened(made["id"])
        if self._stage.hand_to:
            await self._stage.api.post(self._path("/pass-on"), {"to": self._stage.hand_to})
        self._tells(self._tell("opened", number=made["number_spoken"], code=made["code"]))

    async def _patches(self, step: s.Patch) -> None:
        stage = self._stage
        made = await stage.api.post(self._path("/patches"), {"gssi": step.gssi})
        stage.groups.add(step.gssi)
        stage.began_at_s[step.gssi] = time.monotonic()

        async def ready() -> bool:
            patches = (await stage.view())["patches"]
            return any(one["id"] == made["id"] and one["state"] not in _NOT_CONNECTED for one in patches)

        if not await _until(ready, step.within_s):
            raise CannotPlay(PlayReason.TALKGROUP_NOT_CONNECTED(gssi=step.gssi, within_s=step.within_s))

    async def _calls_in(self, step: s.CallIn) -> None:
        body: dict[str, Any] = {"list_id": step.list, "conference_id": self._stage.conference}
        more = {"ring_s": step.ring_s, "rounds": step.rounds}
        body |= {name: value for name, value in more.items() if value is not None}
        made = await self._stage.api.post("/activations", {**body, "exercise": True})
        self._stage.activations.append(made["id"])

    async def _telephone(self, step: s.DialIn | s.Keys | s.Say | s.HangUp) -> None:
        telephones = self._stage.telephones
        match step:
            case s.DialIn():
                await self._dials_in(step)
            case s.Keys():
                await asyncio.sleep(await telephones.keys(step.number, step.keys))
            case s.Say():
                await telephones.say(step.number, step.text)
            case s.HangUp():
                await telephones.hang_up(step.number)

    async def _dials_in(self, step: s.DialIn) -> None:
        stage = self._stage
        mark = await stage.telephones.mark()
        await stage.telephones.call(step.number, stage.number)
        await stage.telephones.wait_for(
            "call", since=mark, telephone=e164(step.number), state="up", timeout_s=step.within_s
        )
        code = stage.codes[1] if step.host else stage.codes[0]
        await asyncio.sleep(await stage.telephones.keys(step.number, f"{code}#"))
        await stage.is_in(step.number, step.within_s)

    async def _round(self, step: s.Round) -> None:
        if step.among == "queue":
            await self._through_the_queue(step)
            return
        for one in (await self._stage.present())[: step.most]:
            await self._stage.api.post(self._path("/floor/give"), {"participant": one["id"]})
            await self._has_word(one["id"], step.longest_s)

    async def _through_the_queue(self, step: s.Round) -> None:
        """The holder first; the people who wait get the floor when it is released, or here."""
        for _ in range(step.most):
            floor = (await self._stage.view())["floor"]
            if floor["holder"] is None and floor["queue"]:
                floor = await self._stage.api.post(self._path("/floor/give"))
            if floor["holder"] is None:
                return
            await self._has_word(floor["holder"], step.longest_s)

    async def _has_word(self, participant: str, longest_s: float) -> None:
        """Wait until it is given back; take it from somebody who keeps it."""
        name = await self._name_of(participant)
        self._tells(self._tell("has_word", name=name))
        began_s = time.monotonic()

        async def given_back() -> bool:
            return bool((await self._stage.view())["floor"]["holder"] != participant)

        if await _until(given_back, longest_s):
            self._stage.spoke.append(name)
            self._tells(self._tell("spoke", name=name, seconds=round(time.monotonic() - began_s)))
        else:
            self._tells(self._tell("kept_word", name=name, seconds=round(longest_s)))
            await self._stage.api.post(self._path("/floor/take"))

    async def _name_of(self, participant: str) -> str:
        people = (await self._stage.view())["participants"]
        return next((str(one["name"]) for one in people if one["id"] == participant), participant)

    async def _ends(self, step: s.End) -> None:
        await self._stage.api.post(self._path("/end"))

        async def ended() -> bool:
            return bool((await self._stage.view())["state"] == "ended")

        if not await _until(ended, step.within_s):
            raise CannotPlay(PlayReason.NOT_ENDED(within_s=step.within_s))

    # expectations

    async def _expects(self, step: s.Expect) -> None:
        seen, met = "", False

        async def looks() -> bool:
            nonlocal seen, met
            seen, met = await self._sees(step)
            if step.what in _COUNTED_TARGETS:
                await self._tells_board()
            return met

        await _until(looks, step.within_s)
        expected = expectation(step, self._tell)
        self._tells(f"{self._tell('met') if met else self._tell('missed').upper()}: {expected} ({seen})")
        self.results.found.append(Result(expected, seen, met))

    async def _sees(self, step: s.Expect) -> tuple[str, bool]:
        """The present state in words, and whether it is as expected."""
        if step.what == "ready":
            parts = await self._stage.api.parts()
            wrong = [self._tell("part", part=part, wrong=wrong) for part, wrong in parts.items() if wrong != "ok"]
            return "; ".join(wrong) or "ok", not wrong
        if step.what == "target":
            states = [one["state"] for one in await self._stage.board() if one["organisation"] == step.organisation]
            seen = ", ".join(self._tell("state", state=state) for state in states)
            return seen or "–", step.state in states
        count = await self._stage.count(step.what)
        enough = step.at_least is None or count >= step.at_least
        few = step.at_most is None or count <= step.at_most
        return str(count), enough and few

    async def _tells_board(self) -> None:
        """Once for each change."""
        counted: dict[str, int] = {}
        for target in await self._stage.board():
            counted[target["state"]] = counted.get(target["state"], 0) + 1
        board = ", ".join(f"{count} {self._tell('state', state=state)}" for state, count in sorted(counted.items()))
        if board and board != self._board:
            self._board = board
            self._tells(self._tell("board", board=board))

    def _path(self, rest: str) -> str:
        return f"/conferences/{self._stage.conference}{rest}"

    def _tells(self, text: str) -> None:
        passed_s = int(time.monotonic() - self._began_s)
        self._say(f"{passed_s // 60:02d}:{passed_s % 60:02d}  {text}")


_NOT_CONNECTED: Final = ("asked", "offline", "closing")


async def _until(so: Callable[[], Any], within_s: float) -> bool:
    """Whether it came to be so in that time; looked at once at least."""
    deadline_s = time.monotonic() + within_s
    while not await so():
        if time.monotonic() > deadline_s:
            return False
        await asyncio.sleep(LOOK_S)
    return True


def _table(telephone: Manner) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(telephone)
    return {name: value for name, value in found.items() if value is not None}


def reason_of(error: BaseException) -> Reason:
    """Why a step could not be done, for people."""
    if isinstance(error, ApiError | CannotPlay | SimulatorError | Unusable):
        return error.reason
    if isinstance(error, TimeoutError):
        return ControlReason.SLOW()
    return PlayReason.SYSTEM().proved(str(error) or type(error).__name__)


def told(step: s.Step, tell: Callable[..., str]) -> str:
    """A step in words."""
    if isinstance(step, s.Expect):
        return tell("expect", expected=expectation(step, tell))
    name = "emergency" if isinstance(step, s.Radio) and step.emergency else str(step.__struct_config__.tag)
    values: Mapping[str, Any] = msgspec.to_builtins(step)
    return tell(name, **values)


def expectation(step: s.Expect, tell: Callable[..., str]) -> str:
    """The expectation in words."""
    bounds = [
        *([tell("at_least", count=step.at_least)] if step.at_least is not None else []),
        *([tell("at_most", count=step.at_most)] if step.at_most is not None else []),
    ]
    what = tell(f"what_{step.what}", organisation=step.organisation, state=step.state)
    return " ".join([*bounds, what, tell("within", seconds=step.within_s)])
