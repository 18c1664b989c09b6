"""The tests: arranged by room; helpers are imported as `tests.clocks`, `tests.servers`."""
