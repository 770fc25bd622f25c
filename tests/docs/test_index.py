"""The index names every page, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


def test_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        if page.name != "README.md":
            assert f"]({page.name})" in index, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_architecture_names_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for path in re.findall(r"`((?:hozir|ingest|pipeline|api|warehouse)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path


def test_architecture_names_each_topic_with_its_partitions() -> None:
    from hozir.contract.topics import TOPICS

    text = (ROOT / "docs" / "architecture.md").read_text()
    for topic in TOPICS:
        assert f"| `{topic.name}` | {topic.partitions} |" in text


def test_architecture_gives_the_times_of_the_rules() -> None:
    from pipeline import presence, sessions

    text = (ROOT / "docs" / "architecture.md").read_text()
    assert f"{presence.SILENCE // 1000} s after the last sign of life" in text
    assert f"{presence.LEAVE_GRACE // 1000} s after the last tab left" in text
    assert f"no input for {presence.IDLE // 60_000} min" in text
    assert f"{sessions.SESSION_GAP // 60_000} min after the last sign of life" in text
    assert f"{sessions.SESSION_LENGTH // 3_600_000} h after its start" in text


def test_architecture_gives_the_commands_of_the_processes() -> None:
    from hozir.cli import PROCESSES

    text = (ROOT / "docs" / "architecture.md").read_text()
    for name in PROCESSES:
        assert f"| {name} | `hozir {name}` |" in text
