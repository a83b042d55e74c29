"""Faults that come to a terminal from outside: coverage, power, the people beside it."""

from bridge.domain.kernel.reasons import Unusable
from hardware.simulator.calls import GRANTED, OTHER_GRANTED, OUT_OF_SERVICE_CAUSE, VOICE
from hardware.simulator.reasons import RadioReason
from hardware.simulator.talkgroup import EMERGENCY
from hardware.simulator.terminal import REGISTERED, SEARCHING, Terminal


class TerminalFaults:
    """The things that can be done to one terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def set_registration(self, state: int) -> None:
        """0 searching, 1 home, 2 no network, 3 rejected, 4 unknown, 5 visited. Without service the call is lost."""
        terminal = self._terminal
        was_in_service = terminal.in_service
        terminal.registration = state
        if was_in_service and not terminal.in_service:
            self._drop_out("registration_lost")
            terminal.leave_call(OUT_OF_SERVICE_CAUSE)
        terminal.network.events.add("registration", issi=terminal.issi, state=state)
        if terminal.registration_reports:
            terminal.pei.say(terminal.writer.registration(state))
        if terminal.in_service and not was_in_service:
            terminal.enter_late()

    def change_cell(self) -> None:
        """The call waits while the terminal moves to another cell, then goes on."""
        terminal = self._terminal
        if terminal.current is None:
            return
        terminal.frozen = True
        terminal.indicate(VOICE, terminal.writer.wait(terminal.current.instance))
        terminal.network.later(terminal.settings.cell_change_ms / 1000, self._cell_changed)

    def _cell_changed(self) -> None:
        terminal = self._terminal
        terminal.frozen = False
        ongoing = terminal.current
        if ongoing is None:
            return
        if terminal.settings.cell_change_says == "ctxn":
            terminal.indicate(VOICE, terminal.writer.goes_on(ongoing.instance))
        elif ongoing.transmitting:
            terminal.indicate(VOICE, terminal.writer.grant(ongoing.instance, GRANTED))
        elif ongoing.talker is not None:
            terminal.indicate(VOICE, terminal.writer.grant(ongoing.instance, OTHER_GRANTED, talker=ongoing.talker))

    def press_locally(self, *, emergency: bool = False) -> None:
        """Somebody presses the fist microphone, or the emergency key, at the terminal itself."""
        terminal = self._terminal
        talkgroup = terminal.talkgroup()
        priority = EMERGENCY if emergency else 0
        ongoing = terminal.current
        if ongoing is None or not ongoing.connected:
            terminal.dial_group(talkgroup, priority)
            return
        terminal.indicate(VOICE, f"+CTXD: {ongoing.instance},{priority}")
        terminal.demand(ongoing.instance, priority)

    def release_locally(self) -> None:
        terminal = self._terminal
        if terminal.current is not None:
            terminal.indicate(VOICE, f"+CUTXC: {terminal.current.instance}")
            terminal.cease(terminal.current.instance)

    def assign_group(self, gssi: int) -> None:
        """The network gives the terminal another talkgroup (DGNA), and it stands on it at once."""
        terminal = self._terminal
        if gssi not in terminal.network.talkgroups:
            raise Unusable(RadioReason.NO_TALKGROUP(gssi=gssi))
        terminal.attach(gssi)

    def switch_mode(self, mode: int) -> None:
        """Somebody turns the terminal to direct mode (1) or back (0)."""
        terminal = self._terminal
        if mode != 0:
            self._drop_out("registration_lost")
            terminal.leave_call(OUT_OF_SERVICE_CAUSE)
        terminal.mode = mode
        terminal.pei.say(f"+CTOM: {mode}")

    def power_cycle(self) -> None:
        """Off and on: everything volatile is gone, the selected talkgroup stays."""
        terminal = self._terminal
        boot_s = terminal.settings.boot_ms / 1000
        terminal.pei.dead = True
        self._drop_out("power")
        terminal.leave_call(OUT_OF_SERVICE_CAUSE)
        terminal.registration, terminal.registration_reports, terminal.frozen = SEARCHING, False, False
        terminal.routing.rows.clear()
        terminal.pei.echo = True
        terminal.pei.forget_commands()
        terminal.network.later(boot_s, self._booted)
        terminal.network.later(2 * boot_s, self.set_registration, REGISTERED)

    def _booted(self) -> None:
        self._terminal.pei.dead = False
        self._terminal.pei.fall_asleep()
        self._terminal.network.events.add("booted", issi=self._terminal.issi)

    def _drop_out(self, reason: str) -> None:
        """Gone from the air without a word to anybody."""
        terminal = self._terminal
        ongoing = terminal.current
        terminal.stop_transmitting()
        if ongoing is not None:
            talkgroup = terminal.network.talkgroups[ongoing.gssi]
            talkgroup.lose(terminal, reason)
