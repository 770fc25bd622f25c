"""`hozir`: one command for everything that is started by hand."""

from __future__ import annotations

import argparse
import importlib
import sys

from hozir.contract.errors import Misconfigured
from hozir.settings import load_settings

PROCESSES = {
    "ingest": "ingest.__main__",
    "forward": "ingest.forward",
    "pipeline": "pipeline.__main__",
    "web": "api.__main__",
}
"""Each process, and the module whose `main()` runs it. Named, not imported: the ground floor
imports nothing of the rooms above."""

_MEANING = {
    "ingest": "run the door that browsers reach",
    "forward": "run the copying of the door's log to Kafka",
    "pipeline": "run the dataflow from events to changes",
    "web": "run dashboards, REST and WebSocket",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; return the exit code."""
    parser = argparse.ArgumentParser(prog="hozir", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start and supervise all processes")
    for name, meaning in _MEANING.items():
        commands.add_parser(name, help=meaning)
    simulate = importlib.import_module("hozir.simulate")
    simulate.add_arguments(
        commands.add_parser("simulate", help="send believable visitors through the door")
    )
    generate = importlib.import_module("hozir.generate")
    generate.add_arguments(
        commands.add_parser("generate", help="write a believable past for a site")
    )
    snapshot = importlib.import_module("hozir.snapshot")
    snapshot.add_commands(commands)
    retention = importlib.import_module("hozir.retention")
    retention.add_command(commands)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "up":
            from hozir.supervisor import supervise

            return supervise(load_settings())
        if chosen.command == "simulate":
            return int(simulate.run(chosen))
        if chosen.command == "generate":
            return int(generate.run(chosen))
        if chosen.command in ("snapshot", "restore", "export"):
            return int(snapshot.run(chosen))
        if chosen.command == "retention":
            return int(retention.run())
        return int(importlib.import_module(PROCESSES[chosen.command]).main())
    except Misconfigured as error:
        print(f"hozir: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
