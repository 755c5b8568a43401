"""Placeholders keep the JSON type of what they stand for."""

import pytest

from monitor.feeds.ws_json.template import filled, filled_url, names_in


def test_a_text_that_is_one_placeholder_becomes_the_value() -> None:
    """A list stays a list, a whole number becomes one only when it is asked for, and text around makes it text."""
    template = {
        "list": "{items}",
        "number": "{seq:int}",
        "text": "{seq}",
        "inside": "n {seq}",
        "deep": [{"a": "{items}"}],
    }

    assert filled(template, {"items": ["A", "B"], "seq": "7"}) == {
        "list": ["A", "B"],
        "number": 7,
        "text": "7",
        "inside": "n 7",
        "deep": [{"a": ["A", "B"]}],
    }


def test_what_has_no_value_and_what_is_no_text_stays() -> None:
    template = {"a": "{other}", "b": "{other} {symbol}", "c": 1, "d": None, "e": True}

    assert filled(template, {"symbol": "X"}) == {"a": "{other}", "b": "{other} X", "c": 1, "d": None, "e": True}


def test_a_value_is_never_filled_in_a_second_time() -> None:
    """A token with braces in it must not pull another value into the message."""
    assert filled({"a": "{token}!", "b": "{token}"}, {"token": "{symbol}", "symbol": "X"}) == {
        "a": "{symbol}!",
        "b": "{symbol}",
    }


def test_a_token_cannot_change_an_address() -> None:
    """Signs that mean something in an address are quoted."""
    url = filled_url("wss://example.org/ws?token={token}&v=1", {"token": "a&b=c/#?"})

    assert url == "wss://example.org/ws?token=a%26b%3Dc%2F%23%3F&v=1"


def test_a_whole_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        filled("{seq:int}", {"seq": "x"})


def test_all_names_are_found() -> None:
    assert names_in({"a": ["{one}", {"b": "x{two:int}y{three}"}], "c": 3}) == {"one", "two", "three"}
