"""Run the notebooks against a running Hozir and keep what they show.

    HOZIR_URL=http://localhost:8001 HOZIR_TOKEN=hz_… python tools/run_notebooks.py [NAME …]

Charts are kept as pictures, so that they show wherever the files are read. `HOZIR_DATA` names the
data folder, for the notebook that reads the log.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CELL_SECONDS = 300
AT_ONCE = 2


def notebooks() -> list[Path]:
    """Return all notebooks, in the order in which they are read."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


async def run(path: Path) -> nbformat.NotebookNode:
    """Run a notebook from its first cell; return it with outputs. Raises CellExecutionError."""
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        # When a cell ran is different each time, and nobody's question.
        record_timing=False,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    done: nbformat.NotebookNode = await client.async_execute()
    return done


def keep(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Write a notebook with its outputs, without what changes from machine to machine."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


async def run_all(paths: list[Path], into: Path) -> int:
    """Run some at once; return how many failed."""
    room = asyncio.Semaphore(AT_ONCE)

    async def run_one(path: Path) -> bool:
        async with room:
            began = time.monotonic()
            try:
                keep(into / path.name, await run(path))
            except CellExecutionError as error:
                print(f"{path.name}: {error}", file=sys.stderr)
                return False
            print(f"{path.name}: {time.monotonic() - began:.1f} s", flush=True)
            return True

    return (await asyncio.gather(*map(run_one, paths))).count(False)


def main(arguments: list[str] | None = None) -> int:
    """Run some notebooks, or all; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="as 1_first_look; else all")
    parser.add_argument("--into", type=Path, default=NOTEBOOKS, help="folder for the outputs")
    chosen = parser.parse_args(arguments)
    paths = [path for path in notebooks() if not chosen.names or path.stem in chosen.names]
    return 1 if asyncio.run(run_all(paths, chosen.into)) else 0


if __name__ == "__main__":
    sys.exit(main())
