"""One ordered inbox, one writer: commit what changed, publish the view, hand the effects to the devices' lanes."""

from bridge.engine.engine import Devices, Engine

__all__ = ["Devices", "Engine"]
