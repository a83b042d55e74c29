"""`python -m hardware.simulator`: a simulated radio terminal and the network behind it."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

import structlog

from hardware.simulator.control import ControlServer
from hardware.simulator.identity import SSI_MAX, HomeNetwork
from hardware.simulator.listener import Address
from hardware.simulator.settings import PROFILES, NetworkSettings, changed
from hardware.simulator.simulator import Simulator, TerminalPlan

DEFAULT_NAME = "rakel-1"


def _ssi(text: str) -> int:
    value = int(text)
    if not 1 <= value <= SSI_MAX:
        raise argparse.ArgumentTypeError(f"{text} is no subscriber identity (1 to {SSI_MAX})")
    return value


def _named_group(text: str) -> tuple[int, str]:
    """NAME=GSSI, or GSSI."""
    name, _, number = text.rpartition("=")
    return _ssi(number), name or number


def _named_user(text: str) -> tuple[int, str]:
    """ISSI=NAME, or ISSI."""
    number, _, name = text.partition("=")
    return _ssi(number), name or number


def _pei(text: str) -> Path | Address:
    """tcp:host:port, or the path of a link."""
    return Address.parse(text.removeprefix("tcp:")) if text.startswith("tcp:") else Path(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hardware.simulator", description=__doc__)
    parser.add_argument("--link", type=Path, help="path of the link to the terminal's pseudo-terminal")
    parser.add_argument("--listen-pei", type=Address.parse, help="host:port of the PEI instead of --link")
    parser.add_argument("--audio", type=Address.parse, default=Address("127.0.0.1", 0), help="host:port of the audio")
    parser.add_argument(
        "--control", type=Address.parse, default=Address("127.0.0.1", 0), help="host:port of the control"
    )
    parser.add_argument("--issi", type=_ssi, default=1_001_001, help="the terminal's own identity")
    parser.add_argument("--gssi", type=_named_group, action="append", default=[], metavar="NAME=GSSI")
    parser.add_argument("--user", type=_named_user, action="append", default=[], metavar="ISSI=NAME")
    parser.add_argument("--terminal", action="append", default=[], metavar="NAME,PEI,AUDIO,ISSI")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="mtm5400")
    parser.add_argument("--select", type=_ssi, help="the talkgroup selected at start")
    parser.add_argument("--mcc", type=int, default=240)
    parser.add_argument("--mnc", type=int, default=1)
    parser.add_argument("--grant-delay-ms", type=float)
    parser.add_argument("--hang-time-s", type=float)
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    return parser


def _plans(options: argparse.Namespace) -> list[TerminalPlan]:
    """Raises ValueError."""
    plans = []
    pei = options.listen_pei or options.link
    if pei is not None:
        plans.append(TerminalPlan(DEFAULT_NAME, options.issi, pei, options.audio, options.profile, options.select))
    for text in options.terminal:
        name, where, audio, issi = text.split(",")
        plans.append(TerminalPlan(name, _ssi(issi), _pei(where), Address.parse(audio), options.profile, options.select))
    if not plans:
        raise ValueError("give --link, --listen-pei or --terminal")
    if len({plan.name for plan in plans}) < len(plans):
        raise ValueError("two terminals have the same name")
    return plans


def _ready_line(simulator: Simulator, control: ControlServer) -> str:
    parts = [f"control={control.listener.host}:{control.listener.port}"]
    for name, rig in simulator.rigs.items():
        parts.append(
            f"{name}.pei={rig.port.url} {name}.audio=audiosocket://{rig.audio.listener.host}:{rig.audio.listener.port}"
        )
    return "simulator ready " + " ".join(parts)


async def _run(options: argparse.Namespace) -> None:
    changes = {"grant_delay_ms": options.grant_delay_ms, "hang_time_s": options.hang_time_s}
    settings = changed(NetworkSettings(), **{name: value for name, value in changes.items() if value is not None})
    home = HomeNetwork(options.mcc, options.mnc)
    simulator = Simulator(home, dict(options.gssi), dict(options.user), _plans(options), settings)
    control = ControlServer(simulator, options.control)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if options.supervised:
        asyncio.get_running_loop().add_reader(sys.stdin, stop.set)  # nobody writes there: it is the end
    try:
        await simulator.start()
        await control.listener.start()
        print(_ready_line(simulator, control), flush=True)
        await stop.wait()
    finally:
        await control.listener.stop()
        await simulator.stop()


def main() -> int:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    options = _parser().parse_args()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(options))
    except (OSError, ValueError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
