"""`python -m hardware.simulator.hand`: play a radio user of the running simulator by hand.

python -m hardware.simulator.hand press 1401001 --seconds 3
python -m hardware.simulator.hand text 1401001 1400001 "Framme"
python -m hardware.simulator.hand air
"""

import argparse
import asyncio
import os
import sys
import time
import tomllib
from pathlib import Path
from typing import Final

from bridge.words import of_environment, say, with_evidence
from hardware.simulator.client import SimulatorClient, SimulatorError
from hardware.simulator.reasons import PlayReason

GROUP: Final = 2401
AGAIN_S: Final = 0.5
_PORT: Final = 18200
_PLACE: Final = 5
"""Where its port lies in the block of `ports_from`, as in Samband's settings."""


def control_of(file: Path) -> str:
    """Where the simulator of these settings is steered, as host:port. Without settings: by default."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}
    first, simulator = told.get("ports_from"), told.get("simulator", {})
    counted = first + _PLACE if isinstance(first, int) and first else _PORT
    port = simulator.get("control_port", counted) if isinstance(simulator, dict) else counted
    return f"127.0.0.1:{port}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hardware.simulator.hand", description=(__doc__ or "").split("\n")[0]
    )
    control = control_of(Path(os.environ.get("SAMBAND_CONFIG", "samband.toml")))
    parser.add_argument("--control", default=control, help=f"host:port of the simulator ({control})")
    acts = parser.add_subparsers(dest="act", required=True)
    press = acts.add_parser("press", help="press the key, talk, and let go")
    press.add_argument("issi", type=int)
    press.add_argument("--gssi", type=int, default=GROUP)
    press.add_argument("--seconds", type=float, default=3.0)
    press.add_argument("--emergency", action="store_true")
    press.add_argument("--patience", type=float, default=60.0, help="seconds to press again while somebody else talks")
    text = acts.add_parser("text", help="send a text (SDS)")
    text.add_argument("issi", type=int)
    text.add_argument("receiver", type=int)
    text.add_argument("words")
    air = acts.add_parser("air", help="all that was on the air, in order")
    air.add_argument("--gssi", type=int, default=GROUP)
    return parser


async def _act(options: argparse.Namespace) -> None:
    host, _, port = options.control.rpartition(":")
    async with SimulatorClient(host, int(port)) as radio:
        match options.act:
            case "press":
                talks = await _pressed(radio, options)
                print(f"{options.issi} {'talks' if talks else 'is refused: somebody else talks'}")
            case "text":
                await radio.send_sds(options.issi, options.receiver, options.words)
                print(f"{options.issi} has sent it")
            case _:
                for sent in await radio.air(options.gssi):
                    print(f"{sent.issi}  {sent.spoken_s:.1f} s  {sent.reason or 'goes on'}")


async def _pressed(radio: SimulatorClient, options: argparse.Namespace) -> bool:
    """As people do: while somebody else talks, press again."""
    deadline_s = time.monotonic() + options.patience
    while True:
        free = await radio.press(options.issi, options.gssi, seconds=options.seconds, emergency=options.emergency)
        if free or time.monotonic() >= deadline_s:
            return free
        await asyncio.sleep(AGAIN_S)


def main() -> int:
    options = _parser().parse_args()
    try:
        asyncio.run(_act(options))
    except SimulatorError as error:
        print(with_evidence(error.reason, of_environment(os.environ)), file=sys.stderr)
        return 1
    except (OSError, ValueError):
        print(say(PlayReason.NO_RADIO(address=options.control), of_environment(os.environ)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
