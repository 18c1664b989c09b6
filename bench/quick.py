"""Where benchmarks that count, and do not measure time, keep their files."""

from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")


def in_memory() -> Path | None:
    """Return a folder in memory, where a database costs no waiting for the disk; None where there is none."""
    return SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
