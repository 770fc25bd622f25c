"""When something is told: after a while, once, again now and then, and when it is well."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.alert_rules import Book, Kind, Patience, Reading, look

PATIENCE = Patience(after=60, again=3600)


def told(*looks: tuple[float, bool]) -> list[tuple[float, Kind]]:
    """Return when what was told, after looks at `(moment, bad)`."""
    book: Book = {}
    out: list[tuple[float, Kind]] = []
    for now, bad in looks:
        book, notices = look(book, [Reading("disk", bad, "…")], now, PATIENCE)
        out += [(notice.at, notice.kind) for notice in notices]
    return out


def test_limit_passed_for_a_while_is_told_once() -> None:
    assert told((0, True), (30, True), (60, True), (90, True)) == [(60, "alert")]


def test_what_flickers_is_not_told() -> None:
    assert told(*((moment, moment % 100 < 50) for moment in range(0, 5000, 10))) == []


def test_well_again_is_told_once_after_as_long() -> None:
    looks = [(moment, moment < 100) for moment in range(0, 400, 20)]
    assert told(*looks) == [(60, "alert"), (160, "well")]


def test_what_stays_bad_is_told_again_each_period() -> None:
    looks = [(moment, True) for moment in range(0, 8000, 20)]
    assert told(*looks) == [(60, "alert"), (3660, "still"), (7260, "still")]


def test_what_is_well_from_the_start_is_not_told() -> None:
    assert told(*((moment, False) for moment in range(0, 9000, 60))) == []


def test_what_was_not_read_stays_as_it_was() -> None:
    book, _ = look({}, [Reading("disk", True, "")], 0, PATIENCE)
    assert look(book, [], 1_000, PATIENCE) == (book, [])


@given(st.lists(st.tuples(st.integers(1, 5_000), st.booleans()), max_size=60))
def test_alert_and_well_take_turns_and_repetitions_keep_their_distance(
    steps: list[tuple[int, bool]],
) -> None:
    now, looks = 0, []
    for pause, bad in steps:
        now += pause
        looks.append((float(now), bad))
    notices = told(*looks)
    turns = [kind for _, kind in notices if kind != "still"]
    assert turns == ["alert", "well"] * (len(turns) // 2) + ["alert"] * (len(turns) % 2)
    last, down = 0.0, False
    for at, kind in notices:
        assert down == (kind != "alert")
        if kind == "still":
            assert at - last >= PATIENCE.again
        down, last = kind != "well", at
        assert dict(looks)[at] == down


def test_subjects_do_not_disturb_each_other() -> None:
    both = [Reading("disk", True, ""), Reading("lag", False, "")]
    book, _ = look({}, both, 0, PATIENCE)
    _, notices = look(book, both, 60, PATIENCE)
    assert [notice.subject for notice in notices] == ["disk"]
