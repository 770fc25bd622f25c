"""The pipeline's recovery store: there as a whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from hozir.settings import Settings
from pipeline.__main__ import open_recovery


class Killed(BaseException):
    """Stands for the end of the process at this very place."""


def test_one_that_was_cut_off_while_it_was_made_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(folder: Path, count: int) -> None:
        (folder / "part-0.sqlite3").touch()
        raise Killed

    settings = Settings(data=tmp_path)
    monkeypatch.setattr("pipeline.__main__.init_db_dir", begin)
    with pytest.raises(Killed):
        open_recovery(settings, "a-log")
    monkeypatch.setattr("pipeline.__main__.init_db_dir", init_db_dir)
    folder = open_recovery(settings, "a-log")
    assert (folder / "part-0.sqlite3").stat().st_size > 0
    assert [path.name for path in folder.parent.iterdir()] == ["a-log"]


def test_one_that_is_there_is_kept(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    file = open_recovery(settings, "a-log") / "part-0.sqlite3"
    before = file.stat().st_ino
    assert open_recovery(settings, "a-log") == file.parent
    assert file.stat().st_ino == before
