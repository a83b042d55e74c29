"""The use cases: everything that people can ask for, whichever way they come in.

The API's routes, orders by radio and the program's own acts call the same methods. Each takes the `Principal` who asks,
and is carried out only where `bridge.domain.access` permits it. Where it is not carried out, it raises `Refusal` in the
domain's words. Nothing here knows of HTTP, of a screen or of how the parts are wired.
"""

from bridge.service.refusal import Refusal, Undecided
from bridge.service.service import Service
from bridge.service.use_case import Ports

__all__ = ["Ports", "Refusal", "Service", "Undecided"]
