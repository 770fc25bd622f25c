"""The store of accounts brought up to date when it is opened, by Alembic."""

from __future__ import annotations

import logging

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, inspect

FIRST = "v001"
"""What a store without a version is: it was made before there were any."""

logging.getLogger("alembic").setLevel(logging.WARNING)


def bring_up_to_date(engine: Engine, tables: MetaData) -> None:
    """Make the tables in an empty database; alter those of an earlier version, in one go."""
    config = Config()
    config.set_main_option("script_location", "api:migrations")
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Without it each statement would be a transaction of its own, and a crash leave half.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        there = set(inspect(connection).get_table_names())
        if "users" not in there:
            tables.create_all(connection)
            command.stamp(config, "head")
            return
        if "alembic_version" not in there:
            command.stamp(config, FIRST)
        command.upgrade(config, "head")
