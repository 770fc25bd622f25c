"""Believable visitors, for demonstrations and for load."""
