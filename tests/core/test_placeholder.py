import pytest

from monitor.core.placeholder import is_placeholder

HOOK = "https://hooks.slack.com/services"


@pytest.mark.parametrize(
    "text",
    [
        "changeme",
        "CHANGE-ME",
        " CHANGE_ME ",
        "<token>",
        "xxxx",
        "your-webhook",
        "smtp.example.org",
        "SMTP.EXAMPLE.COM",
        "desk@example.net",
        "smtp.firm.invalid",
        f"{HOOK}/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        f"{HOOK}/T00000000/B00000000/whatever",
        f"{HOOK}/T0/B0/XXXXXXXX",
        f"{HOOK}/T0/B0/XXX",
        f"{HOOK}/T0/B0/xxxxxxxx",
        f"{HOOK}/CHANGE_ME",
        f"{HOOK}/your-webhook-here",
        f"{HOOK}/<your hook>",
        "https://a.example.com/x",
        "https://EXAMPLE.org",
        "redis://:changeme@10.0.0.5:6379",
        "redis://user:s3cr3t@redis.example.com:6379/0",
        "wss://feed.firm.test/?token=placeholder",
        "http://[<host>]:80",
    ],
)
def test_template_values_are_placeholders(text: str) -> None:
    """What templates and documentation leave to be filled in is recognised."""
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3cr3t",
        "xxl",
        "smtp.firm.test",
        "notexample.org",
        "desk@firm.test",
        "redis://10.0.0.5:6379",
        "http://127.0.0.1:9/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "http://127.0.0.2:9/T00000000/x",
        "http://[::1]:9/T00000000/x",
        "unix:///srv/placeholder/redis.sock",
        "unix:///srv/xxxxxxxx/changeme",
        "unix:///tmp/test_a_placeholder_is_refused0/redis.sock",
        "https://desk.test/placeholder/hook/B0abc",
        "https://desk.test/remove-placeholders",
        f"{HOOK}/T0AXXXB/B0/aXXXXb",
        "http://[::1/x",
    ],
)
def test_real_values_are_no_placeholders(text: str) -> None:
    """Local servers, ordinary secrets, and paths with a telling word in them pass; nothing at all is not for here."""
    assert not is_placeholder(text)
