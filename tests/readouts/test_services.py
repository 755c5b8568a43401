from monitor.readouts.services import Services, ServiceView, sentence
from monitor.runtime.health import Health

NOW = 1_000_000.0


def health(service: str, idle_s: float | None, *, instance: str = "a", started: float = NOW - 600) -> Health:
    return Health(
        service=service, instance=instance, version="1", pid=1, started=started, written=NOW,
        last_progress=None if idle_s is None else NOW - idle_s,
    )  # fmt: skip


def test_working_hanging_and_missing_services() -> None:
    """A service works, hangs since its last progress, or was never there."""
    views = Services().views([health("spread", 3), health("ingest", 20)], NOW)

    assert sentence(views) == "ingest no progress 20 s · spread ok · alerting not running · dashboard not running"
    assert [view.good for view in views] == [False, True, False, False]


def test_a_service_that_was_there_is_gone() -> None:
    """Whose record has run out is gone, and comes back with its next one."""
    services = Services(["spread"])
    services.views([health("spread", 1), health("replay", 1)], NOW)

    assert sentence(services.views([], NOW)) == "spread gone · replay gone"
    assert sentence(services.views([health("spread", 1)], NOW)) == "spread ok · replay gone"


def test_one_working_process_is_enough() -> None:
    """A standby or a hanging twin does not make the service look broken; two that work are counted."""
    services = Services(["alerting"])
    hanging, first, second = (
        health("alerting", idle_s, instance=name) for idle_s, name in ((500, "x"), (1, "a"), (2, "b"))
    )

    assert services.views([hanging, first], NOW) == (ServiceView("alerting", "ok", good=True),)
    assert sentence(services.views([first, second], NOW)) == "alerting ok, 2 processes"


def test_a_service_without_progress_since_its_start() -> None:
    """It may take its time to begin, then it counts from its start."""
    services = Services(["spread"])

    assert sentence(services.views([health("spread", None, started=NOW - 2)], NOW)) == "spread ok"
    assert sentence(services.views([health("spread", None, started=NOW - 70)], NOW)) == "spread no progress 1 min"


def test_a_service_that_lives_and_cannot_work_is_down() -> None:
    """A publisher without its broker is not ok; beside one that has it, it does not matter."""
    away, there = (
        Health(
            service="publish", instance=name, version="1", pid=1, started=0, written=NOW, last_progress=NOW, state=state
        )
        for name, state in (("a", "down"), ("b", "up"))
    )

    assert Services(()).views([away], NOW) == (ServiceView("publish", "down", good=False),)
    assert Services(()).views([away, there], NOW)[0].good
