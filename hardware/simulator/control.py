"""Control of the simulated radio network (`json_lines`).

The port gives power over the simulated network only; it listens where its setting says, on loopback by default.
"""

import asyncio
import base64
import inspect
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.domain.kernel.reasons import Unusable
from hardware.simulator import sds, settings, signals
from hardware.simulator.json_lines import LineServer, Request, actions_of
from hardware.simulator.listener import Address
from hardware.simulator.reasons import RadioReason
from hardware.simulator.signals import Samples
from hardware.simulator.simulator import Rig, Simulator
from hardware.simulator.talkgroup import EMERGENCY, Talkgroup
from hardware.simulator.users import User

MAX_WAIT_S: Final = 120.0


class ControlServer:
    """Everything that can be asked of a simulated radio network."""

    def __init__(self, simulator: Simulator, address: Address) -> None:
        self._simulator = simulator
        self.listener = LineServer(address, actions_of(self)).listener

    # Network

    def _talkgroup(self, request: Request) -> Talkgroup:
        gssi = int(request["gssi"])
        if gssi not in self._simulator.network.talkgroups:
            raise Unusable(RadioReason.NO_TALKGROUP(gssi=gssi))
        return self._simulator.network.talkgroups[gssi]

    def _user(self, request: Request) -> User:
        issi = int(request["issi"])
        if issi not in self._simulator.network.users:
            raise Unusable(RadioReason.NO_USER(issi=issi))
        return self._simulator.network.users[issi]

    async def do_add_user(self, request: Request) -> None:
        self._simulator.network.add_user(int(request["issi"]), str(request.get("name", "")))

    async def do_add_talkgroup(self, request: Request) -> None:
        self._simulator.network.add_talkgroup(int(request["gssi"]), str(request.get("name", "")))

    async def do_link(self, request: Request) -> None:
        """The network links `gssi` with `other`: who talks in one is heard in both."""
        self._talkgroup(request).link(self._simulator.network.talkgroups[int(request["other"])])

    async def do_unlink(self, request: Request) -> None:
        talkgroup = self._talkgroup(request)
        other, talkgroup.linked = talkgroup.linked, None
        if other is not None:
            other.linked = None

    async def do_press(self, request: Request) -> bool:
        network = self._simulator.network
        user = self._user(request)
        priority = EMERGENCY if request.get("emergency") else int(request.get("priority", 0))
        says = _sound(request, seed=user.issi)
        return user.press(self._talkgroup(request), says, priority, network.settings.user_tot_s)

    async def do_release(self, request: Request) -> None:
        self._user(request).release()

    async def do_lose(self, request: Request) -> None:
        """The user's radio loses coverage while talking."""
        self._user(request).lose_coverage()

    async def do_reachable(self, request: Request) -> None:
        self._user(request).reachable = bool(request["reachable"])

    async def do_end_call(self, request: Request) -> None:
        self._talkgroup(request).release(int(request.get("cause", 13)))

    async def do_send_sds(self, request: Request) -> int:
        """From a user to an ISSI or a GSSI: `text`, or `hex` with `service`. Gives the message reference."""
        network = self._simulator.network
        user = self._user(request)
        reference = network.next_reference()
        if "hex" in request:
            service = int(request.get("service", sds.SDS_TYPE_4))
            data = bytes.fromhex(request["hex"])
        else:
            service = sds.SDS_TYPE_4
            data = sds.text_pdu(
                str(request["text"]),
                reference,
                pid=int(request.get("pid", sds.TEXT)),
                wants_report=bool(request.get("report", False)),
            )
        network.carry(user, int(request["to"]), service, data, int(request.get("bits", len(data) * 8)))
        return reference

    async def do_send_status(self, request: Request) -> None:
        network = self._simulator.network
        user = self._user(request)
        network.carry(user, int(request["to"]), sds.STATUS, sds.status_pdu(int(request["status"])), 16)

    async def do_inbox(self, request: Request) -> list[dict[str, Any]]:
        wanted = request.get("issi")
        return [entry for entry in self._simulator.network.inbox if wanted in (None, entry["receiver"])]

    # The air

    async def do_air(self, request: Request) -> list[dict[str, Any]]:
        transmissions = self._simulator.network.air.transmissions(int(request["gssi"]))
        return [transmission.as_dict() for transmission in transmissions]

    async def do_air_audio(self, request: Request) -> dict[str, Any]:
        start_s, samples = self._simulator.network.air.render(int(request["gssi"]), request.get("since_s"))
        return {"start_s": start_s, "audio": _encoded(samples)}

    async def do_transmission_audio(self, request: Request) -> str:
        """`index` counts the transmissions of the talkgroup as `air` lists them."""
        transmissions = self._simulator.network.air.transmissions(int(request["gssi"]))
        return _encoded(transmissions[int(request["index"])].audio())

    async def do_save_wav(self, request: Request) -> float:
        """Write the talkgroup's track to `path`; gives the time of its first sample."""
        start_s, samples = self._simulator.network.air.render(int(request["gssi"]), request.get("since_s"))
        await asyncio.to_thread(signals.write_wav, Path(request["path"]), samples)
        return start_s

    async def do_wait_for(self, request: Request) -> dict[str, Any]:
        events = self._simulator.network.events
        timeout_s = min(float(request.get("for_s", 10.0)), MAX_WAIT_S)
        happening = await events.wait_for(
            request["kind"], request.get("match", {}), int(request.get("since", 0)), timeout_s
        )
        return happening.as_dict()

    async def do_mark(self, request: Request) -> int:
        return self._simulator.network.events.number

    async def do_clear(self, request: Request) -> int:
        """Forget recordings, counts, inboxes and transcripts; gives the number of the last event."""
        self._simulator.network.air.clear()
        self._simulator.network.inbox = []
        for rig in self._simulator.rigs.values():
            rig.audio.clear()
            rig.terminal.pei.transcript.clear()
        return self._simulator.network.events.number

    # Settings and terminals

    def _rigs(self, request: Request) -> list[Rig]:
        name = request.get("terminal")
        return list(self._simulator.rigs.values()) if name is None else [self._simulator.rigs[name]]

    def _rig(self, request: Request) -> Rig:
        return self._rigs(request)[0]

    async def do_set(self, request: Request) -> None:
        """Settings of the network, and of one terminal or all. All or nothing."""
        changes: dict[str, Any] = request["changes"]
        network, rigs = self._simulator.network, self._rigs(request)
        of_network = {name: changes[name] for name in changes.keys() & settings.names(settings.NetworkSettings)}
        of_terminal = {name: changes[name] for name in changes.keys() - of_network.keys()}
        settings.changed(network.settings, **of_network)
        for rig in rigs:
            settings.changed(rig.terminal.settings, **of_terminal)
        network.change(**of_network)
        for rig in rigs:
            rig.terminal.change(**of_terminal)

    async def do_terminal_state(self, request: Request) -> dict[str, Any]:
        return self._rig(request).terminal.state()

    async def do_wasted_audio(self, request: Request) -> str:
        return _encoded(self._rig(request).audio.wasted())

    async def do_transcript(self, request: Request) -> list[list[Any]]:
        return [[said.at_s, said.direction, said.text] for said in self._rig(request).terminal.pei.transcript]

    async def do_fault(self, request: Request) -> None:
        """`what` is the name of an action of `_Faults`; the rest of the request is its arguments."""
        faults = _Faults(self._rig(request))
        action = getattr(faults, str(request["what"]), None)
        if action is None or request["what"].startswith("_"):
            raise ValueError(f"no fault called {request['what']}")
        arguments = {name: value for name, value in request.items() if name not in ("what", "terminal")}
        done = action(**arguments)
        if inspect.isawaitable(done):
            await done


class _Faults:
    """Every fault that can be asked for, by name."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._pei = rig.terminal.pei
        self.power_cycle = rig.faults.power_cycle
        self.cell_change = rig.faults.change_cell
        self.registration = rig.faults.set_registration
        self.mode = rig.faults.switch_mode
        self.assign_group = rig.faults.assign_group
        self.press_locally = rig.faults.press_locally
        self.release_locally = rig.faults.release_locally
        self.replug = lambda: rig.port.plug(rig.terminal.pei)
        self.audio_cut = rig.audio.cut
        self.audio_unplug = rig.audio.stop
        self.audio_replug = rig.audio.start
        self.accept = rig.terminal.pei.reject.clear

    async def unplug(self) -> None:
        await self._rig.port.unplug()
        self._pei.disconnected()

    def garbage(self, bytes: int = 200, seed: int = 1) -> None:
        self._pei.raw(np.random.default_rng(seed).bytes(bytes))

    def long_line(self, bytes: int = 10_000) -> None:
        self._pei.raw(b"\r\n+CTXG: " + b"1," * (bytes // 2) + b"\r\n")

    def raw(self, text: str) -> None:
        self._pei.raw(text.encode("latin-1"))

    def reject(self, command: str, cme: int) -> None:
        self._pei.reject[command] = cme


def _encoded(samples: Samples) -> str:
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


def _sound(request: Request, seed: int) -> Samples | None:
    """The sound to say: `audio` (base64), `wav` (path), `tone_hz` with `seconds`, `seconds` of speech, or nothing."""
    if "audio" in request:
        return np.frombuffer(base64.b64decode(request["audio"]), dtype="<i2").astype(np.int16)
    if "wav" in request:
        return signals.read_wav(Path(request["wav"]))
    if "tone_hz" in request:
        return signals.tone(float(request["tone_hz"]), float(request.get("seconds", 1.0)))
    if "seconds" in request:
        return signals.speech_like(float(request["seconds"]), seed=seed)
    return None
