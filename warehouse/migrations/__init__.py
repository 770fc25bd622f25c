"""Numbered SQL files; see `warehouse/connection.py`."""
