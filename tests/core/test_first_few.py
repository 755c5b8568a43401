from monitor.core.first_few import first_few


def test_the_first_are_named_and_the_others_counted() -> None:
    """All names where there are few, else the first of them and how many are left; nothing of nothing."""
    assert first_few([]) == ""
    assert first_few(list("abcde")) == "a, b, c, d, e"
    assert first_few(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert first_few(["2025-01-02", "2025-01-03", "2025-01-06"], 2) == "2025-01-02, 2025-01-03 and 1 more"
