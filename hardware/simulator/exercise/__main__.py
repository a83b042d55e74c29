"""`python -m hardware.simulator.exercise FILE`: play a scenario against the Samband that runs here.

Status 0: everything was as expected. 1: something was not. 2: the scenario has a fault, or it cannot be played.

With `--json` each line of standard output is an object, for the program that started it. Its `kind` is `line`,
`conference`, `step`, `fault`, `result` or `scenario`.
"""

import argparse
import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, ReasonCode, Unusable
from bridge.words import with_evidence
from hardware.simulator.client import SimulatorClient
from hardware.simulator.exercise.api import Api
from hardware.simulator.exercise.player import FAULTS, Player, reason_of, told
from hardware.simulator.exercise.results import Results
from hardware.simulator.exercise.scenario import SHIPPED, Scenario, faults_of, find_scenario, read_scenario
from hardware.simulator.exercise.stage import CannotPlay, Stage
from hardware.simulator.exercise.texts import teller
from hardware.simulator.json_lines import LineClient
from hardware.simulator.listener import Address
from hardware.simulator.reasons import PlayReason
from hardware.simulator.telephones.client import TelephonesClient

MISSED = 1
FAULT = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="samband exercise play", description=__doc__.splitlines()[0])
    parser.add_argument("scenario", nargs="?", default="", help="a TOML file, or the name of a shipped scenario")
    parser.add_argument("--speed", type=_speed, default=1.0, help="how much faster than the clock pauses go by")
    parser.add_argument("--dry-run", action="store_true", help="read the scenario and tell its steps; play nothing")
    parser.add_argument("--json", action="store_true", help="tell everything as JSON, a line each")
    parser.add_argument("--list", action="store_true", help="tell the shipped scenarios, as JSON, and nothing else")
    parser.add_argument("--hand-to", default="", help="the account whose the meeting is once it is open")
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    parser.add_argument("--language", type=Language, choices=list(Language), default=Language.SV)
    parser.add_argument("--api", default="http://127.0.0.1:8080", help="Samband's address")
    parser.add_argument("--token", type=Path, default=Path("var/operator.token"), help="file of the operator's token")
    parser.add_argument("--radio", type=Address.parse, default=Address("127.0.0.1", 18200), help="the radio's control")
    parser.add_argument(
        "--telephones", type=Address.parse, default=Address("127.0.0.1", 18202), help="the telephones' control"
    )
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if not 0.1 <= speed <= 100:
        raise argparse.ArgumentTypeError("a speed is 0.1 to 100")
    return speed


def _say(text: str) -> None:
    print(text, flush=True)


async def _play(options: argparse.Namespace, scenario: Scenario) -> Results:
    async with AsyncExitStack() as stack:
        radio = SimulatorClient(options.radio.host, options.radio.port)
        telephones = TelephonesClient(options.telephones.host, options.telephones.port)
        await _connects(stack, radio, options.radio, PlayReason.NO_RADIO)
        await _connects(stack, telephones, options.telephones, PlayReason.NO_TELEPHONES)
        stage = Stage(Api(options.api, options.token, options.language), radio, telephones)
        stage.hand_to = options.hand_to
        say = _told_line if options.json else _say
        player = Player(stage, options.speed, options.language, say, _told_conference if options.json else _nothing)
        playing = asyncio.current_task()
        if playing is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
            if options.supervised:
                asyncio.get_running_loop().add_reader(sys.stdin, playing.cancel)  # nobody writes there: it is the end
        try:
            return await player.play(scenario)
        finally:
            if options.supervised:
                asyncio.get_running_loop().remove_reader(sys.stdin)


async def _connects(stack: AsyncExitStack, client: LineClient, address: Address, missing: ReasonCode) -> None:
    try:
        await stack.enter_async_context(client)
    except OSError as error:
        raise CannotPlay(missing(address=f"{address.host}:{address.port}")) from error


def _lists() -> int:
    for path in sorted(SHIPPED.glob("*.toml")):
        one = read_scenario(path)
        _object("scenario", file=path.name, name=one.name, about=one.about)
    return 0


def _with_json(options: argparse.Namespace) -> int:
    """As without it: what a page needs to show the faults, the steps, the progress and the results."""
    language = options.language
    try:
        path = find_scenario(options.scenario)
    except Unusable as error:
        _object("fault", line=None, text=with_evidence(error.reason, language))
        return FAULT
    faults = faults_of(path)
    for fault in faults:
        data = dict(fault.data)
        line, cause = data.get("line"), data.get("cause")
        _object("fault", line=line, text=with_evidence(cause if isinstance(cause, Reason) else fault, language))
    if faults:
        return FAULT
    scenario, tell = read_scenario(path), teller(language)
    _object("scenario", file=path.name, name=scenario.name, about=scenario.about)
    for number, step in enumerate(scenario.step, 1):
        _object("step", number=number, after_s=step.after_s / options.speed, text=told(step, tell))
    if options.dry_run:
        return 0
    try:
        results = asyncio.run(_play(options, scenario))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except FAULTS as error:
        _object("fault", line=None, text=with_evidence(reason_of(error), language))
        return FAULT
    for one in results.found:
        _object("result", expected=one.expected, seen=one.seen, met=one.met)
    return MISSED if results.missed else 0


def _object(kind: str, **told: object) -> None:
    _say(json.dumps({"kind": kind, **told}, ensure_ascii=False))


def _told_line(text: str) -> None:
    _object("line", text=text)


def _told_conference(conference: str) -> None:
    _object("conference", id=conference)


def _nothing(_conference: str) -> None:
    pass


def main() -> int:
    options = _parser().parse_args()
    tell = teller(options.language)
    if options.list:
        return _lists()
    if options.json:
        return _with_json(options)
    try:
        scenario = read_scenario(find_scenario(options.scenario))
        if options.dry_run:
            _say(tell("would", name=scenario.name))
            for number, step in enumerate(scenario.step, 1):
                _say(f"{number:3d}. +{step.after_s / options.speed:5.1f} s  {told(step, tell)}")
            return 0
        _say(tell("plays", name=scenario.name, where=options.api))
        results = asyncio.run(_play(options, scenario))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print(tell("interrupted"), file=sys.stderr)
        return 130
    except FAULTS as error:
        print(f"{tell('exercise')}: {with_evidence(reason_of(error), options.language)}", file=sys.stderr)
        return FAULT
    _say(results.table(tell))
    return MISSED if results.missed else 0


if __name__ == "__main__":
    sys.exit(main())
