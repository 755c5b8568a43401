from monitor.feeds.foreign_text import shown


def test_it_is_one_printable_line_of_bounded_length() -> None:
    """Line ends, control characters and colours become blanks, and what is too long ends in an ellipsis."""
    assert shown("over\r\n the \x1b[31mlimit\x07") == "over the [31mlimit"
    assert shown("x" * 300, longest=10) == "xxxxxxxxx…"


def test_secrets_are_blanked_out_wherever_they_stand() -> None:
    """Also across the place where a long text is cut, the longer one first where one holds the other, and none so
    short that it would blank out words."""
    padding = " " * 76
    assert shown(f"{padding}s3cretkey", ["s3cretkey"], 10) == "***"
    assert shown("s3cret s3cretkey", ["s3cret", "s3cretkey"]) == "*** ***"
    assert shown("no key", ["no", ""]) == "no key"
