"""The board in a browser and over HTTP."""

from monitor.readouts.web.app import create_app

__all__ = ["create_app"]
