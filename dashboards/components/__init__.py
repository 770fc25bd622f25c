"""The parts of the screens that move, as plain ES modules in `assets/`, a folder for each screen.

`ground/` holds what they share.
"""
