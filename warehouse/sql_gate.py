"""Which statements may run: what their tree holds is on a list, or they may not.

The parser is the database's own, so that nobody reads a statement otherwise than it runs.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from warehouse.connection import Connection
from warehouse.sql_views import VIEWS

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
_EXPRESSIONS = frozenset(
    {
        *("BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION"),
        *("CONSTANT", "FUNCTION", "LAMBDA", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE"),
        *("STAR", "SUBQUERY", "TYPE", "WINDOW"),
    }
)
_OTHERS = frozenset(
    {
        *("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"),
        *("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST"),
        *("PIVOT", "SHOW_REF"),
        *("DISTINCT_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER"),
        *("ASCENDING", "DESCENDING", "ORDER_DEFAULT"),
    }
)
"""What a tree may be made of."""
_GROWING = frozenset(
    {
        *("range", "generate_series", "repeat", "lpad", "rpad", "list_resize", "array_resize"),
        *("bar", "format", "printf"),
    }
)
"""What makes one value of any size. The database does not count such memory as its own."""
_MOST = 1_000_000
"""How far a single value may be made to grow by a number that stands there."""
_NAME = re.compile(r"\w{1,100}")


class Refused(Exception):
    """The statement may not run. The message is one line for who wrote it."""


@cache
def functions() -> frozenset[str]:
    """Return the functions that may be called: those that look at nothing but their arguments."""
    text = (files("warehouse") / "sql_functions.txt").read_text()
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def checked(cursor: Connection, text: str) -> duckdb.Statement:
    """Return the one statement of a text. Raises Refused, or what the parser raises."""
    found = cursor.extract_statements(text)
    if len(found) != 1:
        raise Refused("One statement at a time, please." if found else "There is no statement.")
    statement = found[0]
    try:
        is_select = statement.type == duckdb.StatementType.SELECT
    except ValueError:  # a kind of statement that Python does not know
        is_select = False
    if not is_select:
        raise Refused("Only SELECT may be run here; of PIVOT, with its values named.")
    row = cursor.execute("SELECT json_serialize_sql(?)", [text]).fetchall()
    try:
        tree = json.loads(row[0][0])
    except RecursionError:
        raise Refused("The statement is nested too deeply.") from None
    if tree.get("error") or len(tree.get("statements", ())) != 1:
        raise Refused(f"The statement cannot be looked through: {tree.get('error_message', '')}")
    _walk(tree["statements"][0]["node"])
    return statement


def _walk(tree: Any) -> None:
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, known = waiting.pop()
        if isinstance(node, list):
            waiting += [(one, known) for one in node]
        elif isinstance(node, dict):
            known |= _named(node)
            _look(node, known)
            if node.get("type") == "TABLE_FUNCTION":
                # Its rows come one after another, however many.
                node = {**node, "function": node["function"].get("arguments", [])}
            waiting += [(one, known) for one in node.values() if isinstance(one, dict | list)]


def _named(node: dict[str, Any]) -> frozenset[str]:
    """Return the names that a WITH gives. Raises Refused for one that a table has or may have."""
    found = node.get("cte_map")
    if not found:
        return frozenset()
    names = frozenset(str(one["key"]).lower() for one in found["map"])
    for name in names:
        if not _NAME.fullmatch(name):
            raise Refused(f"WITH {name[:40]}: give it a name of letters, digits and lines.")
    return names


def _look(node: dict[str, Any], known: frozenset[str]) -> None:
    """Raise Refused unless one piece of the tree is known to be harmless."""
    kind = node.get("type")
    if "class" in node:
        if node["class"] not in _EXPRESSIONS:
            raise Refused(f"{node['class']} may not stand here.")
    elif isinstance(kind, str) and kind not in _OTHERS:
        raise Refused(f"{kind} may not stand here.")
    if kind == "BASE_TABLE":
        _look_at_table(node, known)
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"]["function_name"]).lower()
        if name not in TABLE_FUNCTIONS:
            raise Refused(f"FROM {name[:60]}(…) may not be asked here.")
    elif kind == "SHOW_REF" and not node.get("query"):
        raise Refused("Describe one of the views, or a SELECT.")
    elif "function_name" in node:
        name = str(node["function_name"]).lower()
        if (name not in functions() and name not in TABLE_FUNCTIONS) or node.get("export_state"):
            raise Refused(f"The function {name[:60]} may not be called here.")
        if name in _GROWING and any(map(_is_large, node.get("arguments", ()))):
            raise Refused(f"{name}: one value may not grow that far; FROM range(…) may.")


def _is_large(argument: dict[str, Any]) -> bool:
    literal = argument.get("expression", {}).get("literal") or {}
    numbers = re.findall(r"\d+", str(literal.get("text", "")))
    return any(len(one) > 7 or int(one) > _MOST for one in numbers)


def _look_at_table(node: dict[str, Any], known: frozenset[str]) -> None:
    path = [str(part) for part in node["qualified_name"]["path"]]
    name = path[-1]
    if len(path) != 1 or node.get("schema_name") or node.get("catalog_name"):
        raise Refused(f"{name[:60]}: name the view alone, without a schema.")
    if name.lower() not in known and name.lower() not in VIEWS:
        there = ", ".join(VIEWS)
        raise Refused(f"There is no view {name[:60]}. These are there: {there}.")
