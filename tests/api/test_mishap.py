"""What no patience mends: DuckDB gives a file up, and only another process may open it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from api.loader import Loader
from api.mishap import STARTED_AGAIN
from hozir.bus.embedded import EmbeddedLog
from tests.api.conftest import eventually, tell
from tests.factories import Visit
from warehouse.connection import open_warehouse
from warehouse.writer import Writer

pytestmark = pytest.mark.slow

LOADS = """
import resource, sys, time
from pathlib import Path
from api.loader import Loader
from hozir.bus.embedded import EmbeddedLog
from warehouse.connection import open_warehouse
from warehouse.writer import Writer

folder = Path(sys.argv[1])
warehouse = open_warehouse(folder / "hozir.duckdb")
warehouse.execute("CHECKPOINT")
# The file may not grow; what stands beside it may, until it has become large enough to tidy up.
warehouse.execute("SET GLOBAL checkpoint_threshold = '64 KiB'")
most = (folder / "hozir.duckdb").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
Loader(EmbeddedLog(folder / "log", fsync=False), Writer(warehouse)).start()
time.sleep(30)
"""


def test_web_ends_to_be_started_again_when_the_disk_is_full_as_duckdb_tidies_up(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    visits = [Visit(number) for number in range(400)]
    tell(log, *(visit.opens() for visit in visits))
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == STARTED_AGAIN, done.stderr
    assert "opened anew" in done.stderr
    with open_warehouse(tmp_path / "hozir.duckdb") as warehouse:
        loader = Loader(log, Writer(warehouse))
        loader.start()
        query = "SELECT count(*) FROM live_sessions"
        eventually(lambda: warehouse.cursor().execute(query).fetchone() == (400,))
        loader.stop()
