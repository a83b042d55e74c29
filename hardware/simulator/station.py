"""The network's indications to a station: a terminal or a scripted user."""

from hardware.simulator.signals import Samples


class Station:
    """A subscriber of the network. The network calls these; a station that does not care does nothing.

    `issi` is its individual short subscriber identity.
    """

    def __init__(self, issi: int) -> None:
        self.issi = issi

    def listens_to(self, gssi: int) -> bool:
        """Whether it is registered, has selected the talkgroup and so takes part in its calls."""
        return False

    def setup_answered(self, gssi: int) -> None:
        """The group call it asked for is up; who may talk comes separately."""

    def setup_denied(self, gssi: int, cause: int) -> None:
        """The group call it asked for is not set up."""

    def granted(self, gssi: int) -> None:
        """It may talk, and is heard from now on."""

    def refused(self, gssi: int, *, may_ask_again: bool) -> None: ...

    def queued(self, gssi: int) -> None: ...

    def withdrawn(self, gssi: int, talker: int, *, emergency: bool) -> None:
        """It talked, and the floor is now another's."""

    def talker_started(self, gssi: int, talker: int, *, emergency: bool) -> None: ...

    def talker_ceased(self, gssi: int) -> None: ...

    def released(self, gssi: int, cause: int) -> None:
        """The group call is over. Disconnect cause by EN 300 392-2 14.8.18."""

    def heard(self, gssi: int, frame: Samples, *, clocked: bool) -> None:
        """20 ms of the talker. `clocked`: it came on the network's own 20 ms beat, without jitter."""

    def message(self, sender: int, called: int, service: int, data: bytes, bits: int) -> None:
        """An SDS: service 12 is SDS type 4, 13 a status."""
