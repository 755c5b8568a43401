"""What every page is: something that draws itself from the newest state of the board and from its address."""

from abc import ABC, abstractmethod
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlencode

from monitor.readouts.live import Observation
from monitor.readouts.web.pages.picture import Picture

ANSWER_AGE_S = 0.9
"""What was asked of a port is good for so long, seconds: however many look at a page, it is asked about once a second.
"""


class Address(NamedTuple):
    """Where a viewer is. page: which kind of page, `pairs`. subject: of `/pairs/<subject>`, "" where a page has none.
    choices: the query, `{"span": "1M"}`: only the names that a screen knows, each once, whatever text."""

    page: str
    subject: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """What is chosen, the first of `allowed` where nothing or nonsense is."""
        found = dict(self.choices).get(name, "")
        return found if found in allowed else allowed[0]

    def href(self, **other: str) -> str:
        """The address with other choices; "" takes one out."""
        path = "/" + "/".join(quote(part, safe="") for part in (self.page, self.subject) if part)
        query = {name: text for name, text in ({**dict(self.choices), **other}).items() if text}
        return path + (f"?{urlencode(query)}" if query else "")


class Screen(Protocol):
    """One kind of page. path: of its route, `/pairs/{subject}`. choices: names in the query that it understands."""

    path: str
    choices: tuple[str, ...]

    async def draw(self, seen: Observation, address: Address) -> Picture:
        """The page for one observation. The same arguments give the same picture until something behind the ports
        changes; it may be shared between viewers.

        Raises UsageError for a subject that does not exist, and the Redis client's errors."""
        ...


class StandingScreen(ABC):
    """A page that shows more than the board: it is drawn anew every second also when no snapshot comes, and before the
    first one."""

    path: str
    choices: tuple[str, ...] = ()

    @abstractmethod
    async def draw(self, seen: Observation | None, address: Address) -> Picture:
        """As `Screen.draw`; seen: None before the first snapshot."""
