"""Texts that come in pieces are shown whole. Pieces lost on the air are marked, and never waited for without end."""

import itertools

import pytest

from bridge.rakel.reassembly import MAX_SERIES, PATIENCE_S, Reassembly

KEY = (1234, 2001, 7, 3)


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_the_order_of_arrival_does_not_matter(order: tuple[int, ...]) -> None:
    pieces, buffer = {1: "Läget ", 2: "är ", 3: "känt"}, Reassembly()
    *before, last = [buffer.add(KEY, number, pieces[number], 0.0) for number in order]
    assert before == [[], []]
    assert last == [(KEY, "Läget är känt")]
    assert buffer.next_due_s() is None


def test_a_repeated_piece_counts_once() -> None:
    buffer = Reassembly()
    assert [buffer.add(KEY, number, str(number), 0.0) for number in (1, 1, 2, 2)] == [[], [], [], []]
    assert buffer.add(KEY, 3, "3", 0.0) == [(KEY, "123")]


def test_senders_and_series_are_kept_apart() -> None:
    buffer = Reassembly()
    for other in ((9999, 2001, 7, 3), (1234, 2002, 7, 3), (1234, 2001, 8, 3)):
        buffer.add(other, 1, "annan", 0.0)
    buffer.add(KEY, 1, "a", 0.0)
    buffer.add(KEY, 2, "b", 0.0)
    assert buffer.add(KEY, 3, "c", 0.0) == [(KEY, "abc")]


def test_a_text_with_a_lost_piece_is_shown_with_its_gap_after_the_patience() -> None:
    buffer = Reassembly()
    buffer.add(KEY, 1, "Läget ", 0.0)
    buffer.add(KEY, 3, "känt", 10.0)
    assert buffer.next_due_s() == 10.0 + PATIENCE_S
    assert buffer.overdue(9.0 + PATIENCE_S) == []
    assert buffer.overdue(10.0 + PATIENCE_S) == [(KEY, "Läget […]känt")]
    assert buffer.overdue(1e9) == []


def test_a_flood_of_beginnings_pushes_the_oldest_out_and_stays_bounded() -> None:
    buffer = Reassembly()
    out = [buffer.add((1, 0, series, 2), 1, f"text {series}", float(series)) for series in range(MAX_SERIES + 5)]
    assert [texts for texts in out if texts] == [[((1, 0, at, 2), f"text {at}[…]")] for at in range(5)]
