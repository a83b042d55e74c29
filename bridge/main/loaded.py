"""All that a controller needs. To import it takes the time that would else be missing once it is in control."""

from bridge.api.app import warm
from bridge.main.controller import Ends, run_controller

__all__ = ["Ends", "run_controller"]

warm()
