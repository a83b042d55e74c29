"""`python -m hardware.simulator.telephones`: the simulated telephones of a region, behind one SIP port."""

import argparse
import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import structlog

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable, as_json
from bridge.words import of_environment, with_evidence, word
from hardware.simulator.listener import Address
from hardware.simulator.reasons import PlayReason, TelephoneReason
from hardware.simulator.telephones.control import Control
from hardware.simulator.telephones.ear import Language as Understood
from hardware.simulator.telephones.exchange import Exchange
from hardware.simulator.telephones.manners import REGION, read_telephones
from hardware.simulator.telephones.voices import Voices

FAULT = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hardware.simulator.telephones", description=__doc__)
    parser.add_argument("--sip", type=Address.parse, default=Address("127.0.0.1", 0), help="host:port they are rung at")
    parser.add_argument("--sip-socket", type=int, help="an inherited UDP socket that they are rung at, instead")
    parser.add_argument("--system", type=Address.parse, default=Address("127.0.0.1", 5060), help="where they call to")
    parser.add_argument(
        "--control", type=Address.parse, default=Address("127.0.0.1", 0), help="host:port of the control"
    )
    parser.add_argument("--audio", type=_ports, default=(0, 0), metavar="FIRST-LAST", help="ports of the calls' audio")
    parser.add_argument("--own", type=Address.parse, help="host:port where a telephone of one's own goes before them")
    parser.add_argument("--telephones", type=Path, default=REGION, help="TOML file of their numbers and manners")
    parser.add_argument("--sounds", type=Path, help="folder of the prompts that they understand")
    parser.add_argument("--speak", type=_words, default=(), metavar="JSON", help="argument list that runs espeak-ng")
    parser.add_argument("--voices", type=Path, help="folder where what they have said is kept")
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    parser.add_argument("--check", action="store_true", help="read the TOML file, tell a fault as JSON, and end")
    parser.add_argument("--language", type=Language, choices=list(Language), default=of_environment(os.environ))
    return parser


def _ports(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last)


def _words(text: str) -> tuple[str, ...]:
    return tuple(str(word) for word in json.loads(text))


async def _run(options: argparse.Namespace) -> None:
    telephones = read_telephones(options.telephones)
    voices = Voices(options.speak, options.voices)
    language = await asyncio.to_thread(Understood.of_folder, options.sounds)
    own = None if options.own is None else (options.own.host, options.own.port)
    system = options.system.host, options.system.port
    bound = None if options.sip_socket is None else socket.socket(fileno=options.sip_socket)
    host = options.sip.host if bound is None else str(bound.getsockname()[0])
    exchange = Exchange(host, system, telephones, voices, language, own, options.audio)
    control = Control(exchange, options.control)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if options.supervised:
        asyncio.get_running_loop().add_reader(sys.stdin, stop.set)  # nobody writes there: it is the end
    with _named("UDP", options.sip, "telephones_port"):
        await exchange.start(options.sip.port, bound)
    try:
        with _named("TCP", options.control, "telephones_control_port"):
            await control.listener.start()
        listening = f"control={control.listener.host}:{control.listener.port}"
        print(f"telephones ready sip={exchange.host}:{exchange.port} {listening} count={len(telephones)}", flush=True)
        await stop.wait()
    finally:
        await control.listener.stop()
        await exchange.stop()


@contextlib.contextmanager
def _named(protocol: str, address: Address, setting: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        port, name = f"{address.host}:{address.port} ({protocol})", f"[simulator] {setting}"
        if error.errno == errno.EADDRINUSE:
            raise Unusable(TelephoneReason.PORT_IN_USE(port=port, setting=name)) from error
        raise Unusable(TelephoneReason.PORT_UNUSABLE(port=port, setting=name).proved(str(error.strerror))) from error


def _checked(telephones: Path) -> int:
    """A fault is told to the program that asks, as code and data."""
    try:
        read_telephones(telephones)
    except Unusable as error:
        print(json.dumps(as_json(error.reason)))
        return FAULT
    return 0


def main() -> int:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    options = _parser().parse_args()
    if options.check:
        return _checked(options.telephones)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(options))
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, Unusable) else PlayReason.SYSTEM().proved(str(error))
        name = word(options.language, "exercise", "telephones")
        print(f"{name}: {with_evidence(reason, options.language)}", file=sys.stderr)
        return FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
