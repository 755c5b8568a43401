"""The board for programs: JSON over HTTP under `/api`, streams of events, health and metrics."""

from monitor.readouts.web.api.routes import MetricsTexts, api

__all__ = ["MetricsTexts", "api"]
