"""The image and the compose files, with a real Docker engine; skipped where none answers."""
