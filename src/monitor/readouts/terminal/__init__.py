"""The board and its views in a terminal: what `monitor watch` shows."""

from monitor.readouts.terminal.board import board_renderable
from monitor.readouts.terminal.line import board_line
from monitor.readouts.terminal.watch import Watch, show_once

__all__ = ["Watch", "board_line", "board_renderable", "show_once"]
