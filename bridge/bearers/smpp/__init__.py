"""SMS over an operator's line by SMPP 3.4."""

from bridge.bearers.smpp.bearer import Smpp

__all__ = ["Smpp"]
