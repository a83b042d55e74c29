"""The end of a demand or a transmission, until it is sure. No IO: answers and time in, the next phase and wishes out.

A terminal answers `AT+CUTXC` with OK and may transmit on all the same. So the terminal's report ends a transmission
(`+CDTXC`, `+CTCR`, or that another has the channel). Until then it is ended again::

    AT+CUTXC ──1 s──▶ AT+CUTXC ──1 s──▶ ATH ──5 s──▶ AT+CUTXC ──5 s──▶ ATH …

From the hang-up on the terminal counts as stuck (`Releasing.unconfirmed`) and must not be used. A terminal that after a
hang-up reports no such call, or no network, transmits in none. After `stuck_longest_s` its own time-out has ended the
transmission, whatever it reports. A demand that was never granted needs no such proof: a grant that crosses it is ended
anew.
"""

from dataclasses import replace

from bridge.rakel.call_values import STUCK_AFTER_TRIES, CallTimes, HangUp, Noted, Output, Release, Releasing

Next = tuple[Releasing | None, list[Output]]
"""The next phase; nothing: it is over."""


def answered(phase: Releasing, at_s: float, times: CallTimes, *, done: bool, gone: bool) -> Next:
    """The command that ends it has been answered. `gone`: the terminal says that there is no such call."""
    if not phase.keyed:
        return None, []
    if gone and phase.hung_up:
        return None, []
    if not done and not phase.hung_up:
        hung_up = replace(phase, due_s=at_s + times.release_s, hung_up=True)
        return hung_up, [Noted("release_refused"), HangUp()]
    wait_s = times.confirm_s if phase.tries < STUCK_AFTER_TRIES else times.end_again_s
    return replace(phase, due_s=at_s + wait_s), []


def overdue(phase: Releasing, at_s: float, times: CallTimes) -> Next:
    """Nothing confirmed it in time."""
    if not phase.keyed:
        if phase.instance is None and not phase.hung_up:
            return replace(phase, due_s=at_s + times.release_s, hung_up=True), [HangUp()]
        return None, [Noted("release_unanswered")]
    if at_s - phase.since_s >= times.stuck_longest_s:
        return None, [Noted("release_given_up")]
    tries = phase.tries + 1
    hang_up = tries % STUCK_AFTER_TRIES == 0 or phase.instance is None
    again = replace(phase, due_s=at_s + times.release_s, tries=tries, hung_up=phase.hung_up or hang_up)
    noted = [
        Noted(what) for at, what in ((1, "release_unconfirmed"), (STUCK_AFTER_TRIES, "release_stuck")) if at == tries
    ]
    end = HangUp() if hang_up or phase.instance is None else Release(phase.instance)
    return again, [*noted, end]


def granted(phase: Releasing, at_s: float, times: CallTimes) -> Next:
    """A grant for what is given up: the terminal is on the air, and is let go of anew."""
    keyed = replace(phase, due_s=at_s + times.release_s, keyed=True, since_s=phase.since_s or at_s)
    return keyed, [Noted("late_grant"), Release(phase.instance or 0)]
