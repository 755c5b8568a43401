"""The board for programs: JSON over HTTP under `/api`, streams of events, health and metrics."""

from monitor.readouts.web.api.broadcast import Broadcast
from monitor.readouts.web.api.routes import add_api
from monitor.readouts.web.api.source import Source

__all__ = ["Broadcast", "Source", "add_api"]
