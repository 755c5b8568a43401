from hypothesis import given
from hypothesis import strategies as st

from monitor.readouts.terminal.keys import KeyReader

SEQUENCES = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1bOC": "right", b"\x1b[D": "left", b"\x1b[5~": "page up",
    b"\x1b[6~": "page down", b"\x1b[H": "home", b"\x1b[1~": "home", b"\x1bOF": "end", b"\x1b[8~": "end",
    b"\x1b[Z": "back tab", b"\t": "tab", b"\r": "enter", b"\x0c": "redraw", b"q": "q", b" ": " ", b"?": "?",
}  # fmt: skip


def keys(*pieces: bytes) -> list[str]:
    """All keys of bytes that came in pieces, after which nothing came."""
    reader = KeyReader()
    return [*(key for piece in pieces for key in reader.feed(piece)), *reader.settle()]


@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from([*SEQUENCES, b"\x1b", b"\x1b[1;5A", b"\xe4\xb8\xad"])).map(b"".join),
    ),
    st.data(),
)
def test_pieces_make_no_difference(data: bytes, draw: st.DataObject) -> None:
    """However a slow line cuts the bytes, the keys are the same."""
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    pieces = [data[first:last] for first, last in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    assert keys(*pieces) == keys(data)


@given(st.lists(st.sampled_from(list(SEQUENCES))))
def test_known_keys_have_names(pressed: list[bytes]) -> None:
    """Arrows, pages and letters come out one by one in their order, however fast they are pressed."""
    assert keys(b"".join(pressed)) == [SEQUENCES[data] for data in pressed]


def test_escape_alone_is_a_key_when_nothing_follows() -> None:
    """Esc waits for the rest of a sequence, and is the key when none comes or another Esc does."""
    reader = KeyReader()

    assert reader.feed(b"\x1b") == []
    assert reader.pending
    assert reader.settle() == ["escape"]
    assert not reader.pending
    assert keys(b"\x1b\x1b[A") == ["escape", "up"]
    assert keys(b"\x1bq") == ["escape", "q"]


def test_what_nobody_needs_is_no_key() -> None:
    """Function keys, other letters, control characters, half and endless sequences press nothing and swallow no more
    than themselves."""
    assert keys(b"\x1b[15~\x1b[?1;2cq") == ["q"]
    assert keys("ä中\x00\x01".encode() + b"q") == ["q"]
    assert keys(b"\x1b[12") == []
    assert keys(b"\x1b[" + b"1" * 100 + b"q") == ["1"] * 67 + ["q"]


def test_modifiers_leave_the_key_what_it_is() -> None:
    """Shift and arrow, or Ctrl and PageDown, move as without."""
    assert keys(b"\x1b[1;2A\x1b[6;5~") == ["up", "page down"]
