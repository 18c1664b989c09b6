"""A database with a long history, made at once: what a month of a large house would have left, in every table."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import product

from autoscan.clock import Clock
from autoscan.store import Store
from autoscan.store.dialect import to_ms
from autoscan.store.fulltext import IDS
from autoscan.store.listing import result_facets
from autoscan.store.periods import LENGTHS, Kind, rounded
from autoscan.store.words import facet

MONTH = timedelta(days=30)
#: Three of these make a word, two words a title.
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re")
#: So many scans were not verified, and came from a source that is rare, whatever the number of all.
FAILED = 120
RARE = 60
SOURCES = ("sonarr", "radarr", "bazarr")
RESULTS = {"verified": ("done", ""), "unverified": ("failed", "unverified")}
BODY = '{"eventType": "Download", "series": {"title": "' + "x" * 200 + '"}}'

#: By scan: its number, when it was requested (ms), what its title, season, episode and source are, how it ended, and
#: after how many milliseconds.
_PLAN = """
    CREATE TEMP TABLE plan AS
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :scans)
    SELECT *, '/tv/' || title || '/Season ' || season AS folder,
        '/tv/' || title || '/Season ' || season || '/' || title || ' - S' || season || 'E' || episode
            || ' 1080p WEB.mkv' AS file,
        iif(result = 'verified', 'done', 'failed') AS state, iif(result = 'verified', '', result) AS code,
        '=any 1080p mkv s' || season || 'e' || episode || ' season ' || season || ' ' || title || ' tv web ' AS words
    FROM (
        SELECT n, :first + (n - 1) * :step AS at, a.word || ' ' || b.word AS title,
            printf('%02d', n / 24 % 9 + 1) AS season, printf('%02d', n % 24 + 1) AS episode,
            CASE WHEN n % :rare = 0 THEN 'bazarr' WHEN n % 5 = 0 THEN 'radarr' ELSE 'sonarr' END AS source,
            iif(n % :failed = 0, 'unverified', 'verified') AS result, 20000 + n * 7919 % 200000 AS took
        FROM numbers
        JOIN words a ON a.id = n / 24 % :words JOIN words b ON b.id = :words - 1 - n / 24 / :words % :words
    )
"""
_EVENTS = """
    INSERT INTO events (id, at, source, app, type, request_id, body, note, known)
    SELECT n, at, source, source, 'Download', 'r' || n, :body, '', 1 FROM plan
"""
_SCANS = """
    INSERT INTO scans (id, folder, key, whole, state, priority, source, request_id, requested_at, last_requested_at,
        waiting_since, due_at, rank, checks, claimed_at, ended_at, reason, code)
    SELECT n, folder, lower(folder), 0, state, 0, source, 'r' || n, at, at, at, at, at, 1, at, at + took, '', code
    FROM plan
"""
_PATHS = """
    INSERT INTO event_paths (event_id, path, mapped, kind, change, outcome, detail, folder, scan_id)
    SELECT n, file, file, 'file', 'added', 'queued', '', folder, n FROM plan
"""
_EXPECTATIONS = """
    INSERT INTO expectations (scan_id, path, key, kind, change, announced, hints, at)
    SELECT n, file, lower(file), 'file', 'added', 0, '', at FROM plan
"""
_DELIVERIES = """
    INSERT INTO deliveries (id, scan_id, server, state, attempts, created_at, next_try_at, rank, routed, error,
        evidence, ended_at, ran_after)
    SELECT n, n, 'plex', result, 0, at, at, at, 1, '', 'P1', at + took, 1 FROM plan
"""
_ASKS = """
    INSERT INTO asks (id, delivery_id, server, library_id, folder, rank, scope, ended_at, phase, scans, requests,
        first_asked_at, result, evidence)
    SELECT n, n, 'plex', '1', folder, at, folder, at + took, 'looking', 1, 3, at + 9000, result, 'P1' FROM plan
"""
_STEPS = """
    INSERT INTO transitions (at, scan_id, delivery_id, server, old, new, reason, request_id)
    SELECT at, n, NULL, '', '', 'waiting', '', 'r' || n FROM plan
    UNION ALL SELECT at, n, NULL, '', 'waiting', 'checking', '', 'r' || n FROM plan
    UNION ALL SELECT at, n, NULL, '', 'checking', 'delivering', '', 'r' || n FROM plan
    UNION ALL SELECT at, n, n, 'plex', '', 'pending', '', 'r' || n FROM plan
    UNION ALL SELECT at + took, n, n, 'plex', 'pending', result, 'P1', 'r' || n FROM plan
    UNION ALL SELECT at + took, n, NULL, '', 'delivering', state, '', 'r' || n FROM plan
"""
_LISTED_SCANS = f"""
    INSERT INTO scan_words (rowid, item, tokens)
    SELECT (at + took) * {IDS} + n % {IDS}, n, words || facets.tokens
    FROM plan JOIN facets ON facets.source = plan.source AND facets.result = plan.result
"""
_LISTED_EVENTS = f"""
    INSERT INTO event_words (rowid, item, tokens)
    SELECT at * {IDS} + n % {IDS}, n, words || 'download ' || event_facets.tokens
    FROM plan JOIN event_facets ON event_facets.source = plan.source
"""
_SOURCES = "INSERT INTO sources SELECT source, max(at) FROM plan GROUP BY source"
_TOTALS = "INSERT INTO marks SELECT 'ended:' || state, count(*) FROM plan GROUP BY state"
_MARK = "UPDATE marks SET number = (SELECT max(id) FROM events) WHERE name = 'events_listed'"
#: For each length, server and kind: which scans count, and under how many seconds.
_COUNTED = (
    ("", Kind.ENDED, "0", "1"),
    ("", Kind.BAD, "0", "result != 'verified'"),
    ("plex", Kind.ENDED, "0", "1"),
    ("plex", Kind.BAD, "0", "result != 'verified'"),
    ("plex", Kind.SEEN, "rounded(took / 1000.0)", "result = 'verified'"),
)
_PERIODS = tuple(
    f"""
    INSERT INTO periods (length, start, server, kind, seconds, number)
    SELECT {length}, (at + took) / {length * 1000} * {length * 1000} AS period, '{server}', '{kind}', {seconds} AS sec,
        count(*)
    FROM plan WHERE {where} GROUP BY period, sec
    """
    for length in LENGTHS
    for server, kind, seconds, where in _COUNTED
)
_ALL = (_PLAN, _EVENTS, _SCANS, _PATHS, _EXPECTATIONS, _DELIVERIES, _ASKS, _STEPS)
_LISTS = (_LISTED_SCANS, _LISTED_EVENTS, _SOURCES, _TOTALS, _MARK, *_PERIODS)


def fill(store: Store, clock: Clock, scans: int) -> None:
    """Write `scans` scans of the last month, each with its event, path, delivery and steps, into an empty `store`."""
    store.prepare()
    store.dispose()
    step = (MONTH // timedelta(milliseconds=1) - 600_000) // scans
    values = {
        "scans": scans,
        "first": to_ms(clock.now() - MONTH),
        "step": step,
        "rare": max(2, scans // RARE),
        "failed": max(2, scans // FAILED),
        "words": len(SYLLABLES) ** 3,
        "body": BODY,
    }
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -300000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        _help(connection)
        for statement in (*_ALL, *_LISTS):
            connection.execute(statement, values)
        connection.execute("COMMIT")


def _help(connection: sqlite3.Connection) -> None:
    """Make what the statements take for granted: a function, and the small tables that they join."""
    connection.create_function("rounded", 1, rounded, deterministic=True)
    connection.execute("CREATE TEMP TABLE words (id INTEGER PRIMARY KEY, word TEXT)")
    words = ("".join(three) for three in product(SYLLABLES, repeat=3))
    connection.executemany("INSERT INTO words (id, word) VALUES (?, ?)", enumerate(words))
    connection.execute("CREATE TEMP TABLE facets (source TEXT, result TEXT, tokens TEXT)")
    connection.execute("CREATE TEMP TABLE event_facets (source TEXT, tokens TEXT)")
    for source in SOURCES:
        own = facet("source", source)
        tokens = " ".join((own, facet("app", source), facet("known", "True")))
        connection.execute("INSERT INTO event_facets VALUES (?, ?)", (source, tokens))
        for result, (state, code) in RESULTS.items():
            every = {own, facet("state", state), facet("code", code), *result_facets("plex", result)}
            connection.execute("INSERT INTO facets VALUES (?, ?, ?)", (source, result, " ".join(every)))
