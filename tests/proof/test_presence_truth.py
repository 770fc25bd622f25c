"""Hozir beside the truth, in short: heartbeats of ten seconds, a visitor or two of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.compared import Findings, Moment, Said, compare
from proof.lives import KINDS
from proof.presence_truth import BY_DESIGN, of_page, watch
from tests.stack import stack


@pytest.mark.slow
def test_what_is_said_of_each_kind_of_visitor_is_so(tmp_path: Path) -> None:
    with stack(tmp_path) as system:
        found = watch(system, visitors=2 * len(KINDS), seconds=60, beat=10, allowed=10)
        page = {figure.what: figure.value for figure in of_page(system)}
    for name, one in found.items():
        assert len(one.joins) == 2, name
        assert one.leaves, name
        assert (one.unseen, one.ghosts, one.wrong_pages) == (0, 0, 0), name
        # Who waits for a page for longer than the grace of leaving is gone meanwhile, by the rules.
        assert one.flickers == (2 if name == BY_DESIGN else 0), name
    # The page Health counts visits, of which a visitor may make two, and has no ear outside.
    assert 0 < page["by the page: offered after coming, p50"] < 10
    assert 5 <= page["by the page: gone after a farewell, p95"] < 15
    assert page["by the page: flickers"] >= 2


HERE = [Moment(10, "/a"), Moment(20, "/b"), Moment(30, None, within=5)]


def test_a_true_report_is_found_true() -> None:
    found = compare(HERE, [Said(10.1, True, "/a"), Said(20.2, True, "/b"), Said(35, False, "/b")])
    assert (found.joins, found.pages) == (pytest.approx([0.1]), pytest.approx([0.2]))
    assert (found.leaves, found.beyond) == ([5], [0])
    assert (found.unseen, found.ghosts, found.flickers, found.wrong_pages) == (0, 0, 0, 0)


def test_who_is_shown_for_too_long_is_a_ghost() -> None:
    shown = [Said(10.1, True, "/a"), Said(20.2, True, "/b")]
    assert compare(HERE, [*shown, Said(36.5, False, "/b")]).ghosts == 1
    assert compare(HERE, shown).ghosts == 1


def test_gone_while_there_is_a_flicker() -> None:
    told = [
        Said(10.1, True, "/a"),
        Said(15, False, "/a"),
        Said(16, True, "/a"),
        Said(20.2, True, "/b"),
        Said(35, False, "/b"),
    ]
    assert compare(HERE, told).flickers == 1


def test_a_page_that_they_were_not_on_is_wrong() -> None:
    first, last = Said(10.1, True, "/a"), Said(35, False, "/b")
    assert compare(HERE, [first, Said(20.2, True, "/b"), Said(25, True, "/a"), last]).wrong_pages
    assert compare(HERE, [first, last]).wrong_pages, "the second page was never shown"


def test_who_is_never_told_of_is_unseen() -> None:
    assert compare(HERE, []).unseen == 1


def test_findings_of_many_add_up() -> None:
    both = Findings()
    both.add(Findings(joins=[1.0], ghosts=1))
    both.add(Findings(joins=[2.0], flickers=2))
    assert (both.joins, both.ghosts, both.flickers) == ([1.0, 2.0], 1, 2)
