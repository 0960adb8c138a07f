"""The deployed template: over HTTP against any stack, and its wiring on MiniStack."""
