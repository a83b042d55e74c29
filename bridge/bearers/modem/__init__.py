"""SMS by a modem on this machine, which needs no internet."""

from bridge.bearers.modem.bearer import Modem

__all__ = ["Modem"]
