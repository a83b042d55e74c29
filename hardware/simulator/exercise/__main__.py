"""`python -m hardware.simulator.exercise FILE`: play a scenario against the Samband that runs here.

Status 0: everything was as expected. 1: something was not. 2: the scenario has a fault, or it cannot be played.
"""

import argparse
import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import ReasonCode
from bridge.words import with_evidence
from hardware.simulator.client import SimulatorClient
from hardware.simulator.exercise.api import Api
from hardware.simulator.exercise.player import FAULTS, Player, reason_of, told
from hardware.simulator.exercise.results import Results
from hardware.simulator.exercise.scenario import Scenario, find_scenario, read_scenario
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
    parser.add_argument("scenario", help="a TOML file, or the name of a shipped scenario")
    parser.add_argument("--speed", type=_speed, default=1.0, help="how much faster than the clock pauses go by")
    parser.add_argument("--dry-run", action="store_true", help="read the scenario and tell its steps; play nothing")
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
        player = Player(stage, options.speed, options.language, _say)
        playing = asyncio.current_task()
        if playing is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
        return await player.play(scenario)


async def _connects(stack: AsyncExitStack, client: LineClient, address: Address, missing: ReasonCode) -> None:
    try:
        await stack.enter_async_context(client)
    except OSError as error:
        raise CannotPlay(missing(address=f"{address.host}:{address.port}")) from error


def main() -> int:
    options = _parser().parse_args()
    tell = teller(options.language)
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
