"""``python -m bench``: BENCH_REQUESTS (100000) requests on SQLite and PostgreSQL, each operation three times, medians.

DATABASE_URL names a PostgreSQL server where databases may be made; without it one on 127.0.0.1:5432 is tried. BENCH_ENGINES
("sqlite postgresql") and BENCH_SECONDS (4, per run) narrow it. Only 127.0.0.1 and port BENCH_PORT (8110) are used.

BENCH_KEEP names a directory where the seeded data stays, with a database named after it: a second run measures without seeding.

Beside it stand ``python -m bench.upgrade`` (kept releases, filled, become today's program) and ``python -m bench.restore`` (a backup taken
under load comes back on an empty machine); each has its own --help.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bihuan.cli_serve import THREADS, processes

from . import load, report, weight

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("BENCH_PORT", "8110"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "100000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ENGINES = os.environ.get("BENCH_ENGINES", "sqlite postgresql").split()
SERVER = os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
KEPT = Path(os.environ["BENCH_KEEP"]).resolve() if os.environ.get("BENCH_KEEP") else None
DATABASE = f"bihuan_bench_{KEPT.name if KEPT else os.getpid()}"


def main() -> int:
    started, found, busy = time.monotonic(), {}, os.getloadavg()[0]
    for engine in ENGINES:
        if engine == "postgresql" and not _known(engine).exists() and not _database("CREATE"):
            print("PostgreSQL: no server that lets us make a database; left out.", file=sys.stderr)
            continue
        try:
            found[engine] = _measure(engine)
        finally:
            if not KEPT:
                shutil.rmtree(_home(engine), ignore_errors=True)
                if engine == "postgresql":
                    _database("DROP")
    report.write(
        ROOT / "bench" / "RESULTS.md", found, requests=REQUESTS, seconds=SECONDS, busy=busy, minutes=(time.monotonic() - started) / 60
    )
    print(f"bench/RESULTS.md written after {(time.monotonic() - started) / 60:.1f} minutes")
    return 0


def _database(verb: str) -> bool:
    """Make or drop the bench's own database; whether that was possible."""
    import psycopg

    try:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f"{verb} DATABASE {DATABASE}{' WITH (FORCE)' if verb == 'DROP' else ''}")
    except psycopg.Error as problem:
        print(problem, file=sys.stderr)
        return False
    return True


def _home(engine: str) -> Path:
    return (KEPT or ROOT / "build") / f"bench-{engine}-{'kept' if KEPT else os.getpid()}"


def _known(engine: str) -> Path:
    """What the seeding told of itself; there once it is done."""
    return _home(engine) / "known.json"


def _measure(engine: str) -> dict[str, Any]:
    home = _home(engine)
    (home / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise looks there
    url = f"{SERVER.rsplit('/', 1)[0]}/{DATABASE}" if engine == "postgresql" else ""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    environment |= {
        "BIHUAN_HOME": str(home),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "bihuan.config.settings",
        "BIHUAN_MODE": "demo",
        "BIHUAN_RATE": "0",  # a bench asks faster than people do
    }
    if not _known(engine).exists():
        print(f"{engine}: seeding {REQUESTS} requests …", flush=True)
        _known(engine).write_text(json.dumps(_json("bench.prepare", environment, str(REQUESTS))))
    known = json.loads(_known(engine).read_text())
    print(f"{engine}: {known['rate']:.0f} requests/s seeded; statements and floors …", flush=True)
    floors = _json("bench.floor", environment, json.dumps(known))
    server = _serve(engine, environment)
    try:
        looks = weight.first_look(PORT, known)
        runs = load.everything(PORT, known, SECONDS)
    finally:
        server.terminate()
        server.wait(20)
    once = _json("bench.once", environment) | {"looks": looks, "memory": weight.memory(ROOT, environment, PORT)}
    return {"known": known, "floors": floors, "runs": runs, "once": once}


def _json(module: str, environment: dict[str, str], *arguments: str) -> Any:
    answer = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(answer.stdout.splitlines()[-1])


def _serve(engine: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The server as ``bihuan up`` starts it, without the background worker."""
    workers, threads = str(processes(sqlite=engine == "sqlite")), str(THREADS)
    command = [sys.executable, "-m", "granian", "bihuan.config.wsgi:application", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(PORT), "--workers", workers, "--blocking-threads", threads, "--log-level", "warning"]
    server = subprocess.Popen(command, env=environment, cwd=ROOT)
    load.wait_for(PORT)
    return server


if __name__ == "__main__":
    sys.exit(main())
