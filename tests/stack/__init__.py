"""The template as deployed: over HTTP against any stack, and its wiring on MiniStack."""
