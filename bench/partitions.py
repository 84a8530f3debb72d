"""Does it pay to partition the journal by month? ``python -m bench.partitions postgres://… 2000000`` makes both in an empty database and asks both.

The table as it is (UNIQUE (chain, seq)) against monthly range partitions, whose unique index must hold the month's column as well.
The rows come in the order of time over 36 months, five chains, bodies of about 700 bytes, histories of 15 entries a record.
"""

from __future__ import annotations

import statistics
import sys
import time

import psycopg

MONTHS = 36
COLUMNS = (
    "id bigint, chain bigint, seq bigint, prev_hash varchar(64), hash varchar(64), body text, action varchar(60), "
    "record_type varchar(60), record_id bigint, recorded_at timestamptz"
)
FILL = """
INSERT INTO {table}
SELECT n, n % 5, n / 5 + 1, repeat('0', 64), md5(n::text) || md5((n + 1)::text), (SELECT string_agg(md5((n * 20 + k)::text), '') FROM generate_series(1, 21) k),
       'BX.assign', 'service.ServiceRequest', (n / 300) * 20 + (n % 20), timestamptz '2024-01-01' + interval '36 months' * (n::float / {rows})
FROM generate_series(1, {rows} - 1) n
"""
QUESTIONS = {
    "history of a record": "SELECT * FROM {table} WHERE record_type = 'service.ServiceRequest' AND record_id = %(record)s ORDER BY id DESC LIMIT 50",
    "1,000 entries of a chain in order (verification)": "SELECT seq, hash, body FROM {table} WHERE chain = 2 AND seq > %(seq)s ORDER BY seq LIMIT 1000",
    "500 newer than an id (conformance, API)": "SELECT * FROM {table} WHERE id > %(id)s ORDER BY id LIMIT 500",
    "count of a month": "SELECT count(*) FROM {table} WHERE recorded_at >= %(from)s AND recorded_at < %(from)s + interval '1 month'",
}


def make(database: psycopg.Connection, rows: int) -> None:
    """Both tables, filled and indexed."""
    database.execute(f"CREATE TABLE one ({COLUMNS}); CREATE TABLE months ({COLUMNS}) PARTITION BY RANGE (recorded_at)")
    for month in range(MONTHS + 1):
        ends = [f"timestamptz '2024-01-01' + interval '{number} months'" for number in (month, month + 1)]
        first, last = database.execute(f"SELECT {', '.join(ends)}").fetchone() or ()
        database.execute(f"CREATE TABLE months_{month} PARTITION OF months FOR VALUES FROM ('{first}') TO ('{last}')")
    for table, unique in (("one", "chain, seq"), ("months", "chain, seq, recorded_at")):
        started = time.monotonic()
        database.execute(FILL.format(table=table, rows=rows))
        database.execute(f"CREATE UNIQUE INDEX ON {table} ({unique}); CREATE INDEX ON {table} (record_type, record_id, id DESC)")
        database.execute(f"CREATE UNIQUE INDEX ON {table} (id{', recorded_at' if table == 'months' else ''})")
        print(f"{table}: filled and indexed in {time.monotonic() - started:.0f} s", flush=True)
    database.execute("CREATE INDEX one_by_time ON one USING brin (recorded_at)")
    database.execute("ANALYZE")


def ask(database: psycopg.Connection, rows: int) -> None:
    """Median milliseconds of each question, and of adding three entries in a transaction."""
    for name, statement in QUESTIONS.items():
        told = []
        for table in ("one", "months"):
            took = []
            for turn in range(40):
                place = rows * (turn + 1) // 42
                known = {"record": place // 15, "seq": place // 5, "id": place, "from": f"2024-{turn % 12 + 1:02}-01"}
                started = time.perf_counter()
                database.execute(statement.format(table=table), known).fetchall()
                took.append((time.perf_counter() - started) * 1000)
            told.append(statistics.median(took))
        print(f"{name}: one table {told[0]:.2f} ms, by month {told[1]:.2f} ms", flush=True)
    for table in ("one", "months"):
        add(database, table, rows)
    for name in ("one", "one_by_time"):
        print(
            name, database.execute(f"SELECT pg_size_pretty(pg_{'relation' if '_' in name else 'total_relation'}_size('{name}'))").fetchone()
        )
    database.execute(
        "INSERT INTO months SELECT id, chain, seq, prev_hash, hash, body, action, record_type, record_id, '2024-02-02' FROM months WHERE id = %s",
        [rows // 2],
    )
    print("by month, the same (chain, seq) was taken a second time, under another date")


def add(database: psycopg.Connection, table: str, rows: int) -> None:
    """Three entries in a transaction, as a step writes them."""
    took, statement = [], f"INSERT INTO {table} VALUES (%s, 1, %s, %s, %s, %s, 'BX.assign', 'service.ServiceRequest', %s, '2026-12-30')"
    for turn in range(300):
        started = time.perf_counter()
        with database.transaction():
            for number in range(rows + turn * 3, rows + turn * 3 + 3):
                database.execute(statement, [number, number, "0" * 64, "1" * 64, "x" * 700, rows // 15 + turn])
        took.append((time.perf_counter() - started) * 1000)
    print(f"three entries in a transaction: {table} {statistics.median(took):.2f} ms", flush=True)


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1], autocommit=True) as connection:
        make(connection, int(sys.argv[2]))
        ask(connection, int(sys.argv[2]))
