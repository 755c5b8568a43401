"""Pieces that are made again only when what they are made of has changed."""

from monitor.core.metrics.fragment import Fragments


def test_the_same_parts_give_the_same_piece() -> None:
    """A piece is made once for the very same parts, and anew for another object in any place."""
    pieces = Fragments[list[object]]()
    a, b = [1.0], [2.0]

    def make(*parts: object) -> list[object]:
        return list(parts)

    first = pieces.of("x", make, a, b)

    assert first == [a, b]
    assert pieces.of("x", make, a, b) is first
    assert pieces.of("x", make, a, [2.0]) is not first
    assert pieces.of("y", make, a, b) is not first


def test_zero_and_minus_zero_are_two_things() -> None:
    """They are equal, and are written differently."""
    pieces = Fragments[str]()

    assert [pieces.of("x", repr, value) for value in (0.0, -0.0)] == ["0.0", "-0.0"]
