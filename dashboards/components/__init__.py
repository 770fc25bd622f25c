"""The parts of the screens that move: one component, written as plain ES modules in `assets/`."""
