"""One board with its configuration: what every command starts from."""

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from monitor.core.definition import BoardDefinition
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from monitor.history.calendars import VENUES, load_calendars
from monitor.history.reference import load_reference
from monitor.history.session_cache import SessionCache
from monitor.runtime.health import default_instance
from monitor.runtime.paths import redis_socket
from monitor.settings import MonitorSettings, config_folder, load
from monitor.settings.board_file import load_board
from monitor.settings.feed_file import FeedFile
from monitor.settings.feed_folder import load_feed_files
from monitor.settings.instrument_file import load_instruments
from monitor.wire.keys import Keys

FIRST_DATE = date(2020, 1, 1)
"""Sessions are known from here on: older than every anchor and every recording that the monitor is meant for."""

SIM, REPLAY = "sim", "replay"


class Site:
    """Settings, board definition, calendars and reference data, each read when first asked for.

    config_dir, board: override what the environment and the settings say; None: they decide.
    Raises ConfigError or DataError, on construction for the settings, on first use for the rest.
    """

    def __init__(self, config_dir: Path | None = None, board: str | None = None) -> None:
        self.folder = config_folder(config_dir)
        settings = load(self.folder)
        self.settings: MonitorSettings = settings.model_copy(update={"board": board}) if board else settings
        self.feeds = tuple(name.strip() for name in self.settings.feed.split(","))
        self.instance = self.settings.instance or default_instance()

    @property
    def simulated(self) -> bool:
        """The only feed is the simulator: log time is simulated time, and no real close is loaded."""
        return SIM in self.feeds

    @cached_property
    def definition(self) -> BoardDefinition:
        return load_board(self.folder, self.settings.board)

    @cached_property
    def feed_files(self) -> dict[str, FeedFile]:
        """Every feed file of the configuration by its name."""
        return load_feed_files(self.folder)

    @cached_property
    def keys(self) -> Keys:
        """Names of the board's keys. Only a board that exists has some: a mistyped one is no empty one."""
        return Keys(self.settings.redis.prefix, self.definition.id)

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """Every calendar that an instrument, or an alert rule, may name."""
        overrides = self.folder / "calendars" / "overrides.toml"
        return load_calendars(
            VENUES,
            overrides if overrides.is_file() else None,
            start=FIRST_DATE,
            # A whole year at a time: the question, and so the kept answer, stays the same until New Year.
            end=date((datetime.now(UTC) + timedelta(days=400)).year, 12, 31),
            tables=SessionCache(self.settings.data_dir / "cache"),
        )

    @property
    def alert_file(self) -> Path:
        """The board's rules and channels: `alerts/<board>.toml`; the file of all boards, `alerts.toml`, where it has
        none of its own."""
        own = self.folder / "alerts" / f"{self.settings.board}.toml"
        return own if own.is_file() else self.folder / "alerts.toml"

    @property
    def exchanges(self) -> list[Calendar]:
        """Calendars on which the board's own instruments trade: a bare date ends with their last close, not with that
        of a futures exchange whose lines are only looked at for fair values."""
        names = dict.fromkeys(line.calendar for line in self.definition.instruments if line.calendar)
        return [self.calendars[name] for name in names]

    @cached_property
    def recorded_reference(self) -> Reference:
        """Closes, corporate actions, fixings and share counts of `reference/`, and over them what a refresh stored."""
        folder = self.folder / "reference"
        if not folder.is_dir():
            return Reference()
        return load_reference(folder, load_instruments(self.folder).values(), self.calendars, self.reference_store)

    @property
    def reference_store(self) -> Path:
        """Folder of what `monitor reference refresh` brought. It need not be there."""
        return self.settings.data_dir / "reference"

    def reference_for(self, *, simulated: bool) -> Reference:
        """What a board starts from. For simulated prices, whose closes and fixings come with them, no more than the
        share counts: a real close beside an invented price would look like a return."""
        recorded = self.recorded_reference
        return Reference(shares=recorded.shares) if simulated else recorded

    @property
    def reference(self) -> Reference:
        """What the calculator starts from."""
        return self.reference_for(simulated=self.simulated)

    @property
    def interval_ns(self) -> int:
        """Distance of snapshots in log time. The simulator's clock runs faster than people's: so does the interval,
        and a board still moves four times a (real) second."""
        return self.interval_of(simulated=self.simulated)

    def interval_of(self, *, simulated: bool) -> int:
        """`interval_ns` for prices that are simulated, or are not, whatever the feed is."""
        milliseconds = self.settings.calculator.interval_ms
        speed = self.settings.feeds.sim.speed if simulated else 1.0
        return round(milliseconds * speed) * 1_000_000

    @property
    def fastest(self) -> float:
        """Seconds of log time that may pass in one of people's: 1, the simulator's pace over closed markets, or what a
        replay without waiting may reach."""
        if REPLAY in self.feeds:
            return 1e6
        sim = self.settings.feeds.sim
        return max(sim.speed, sim.idle_speed) if self.simulated else 1.0

    @property
    def redis_url(self) -> str:
        """Address of Redis: the configured one, else the embedded server of the data folder."""
        return self.settings.redis.url.get_secret_value() or f"unix://{redis_socket(self.settings.data_dir)}"
