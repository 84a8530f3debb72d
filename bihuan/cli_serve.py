"""``bihuan demo``, ``up`` and ``worker``: bring the database to this version, refuse what is unsafe, then become the server."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import threading
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from bihuan.cli import _, home, start_django

THREADS = 2  # a process: while one waits for the disk or a slow reader the other computes; more of them only take turns


def demo(arguments: Namespace) -> int:
    """The invented company on SQLite, made on the first start."""
    if os.environ.get("BIHUAN_MODE", "demo") != "demo":
        return _refused(_("这里是生产环境（设了 BIHUAN_MODE），不装示例公司。请换一个 BIHUAN_HOME 并去掉 BIHUAN_MODE。"))
    os.environ.pop("DATABASE_URL", None)  # whatever database the shell names, the demo leaves it alone
    os.environ |= {"BIHUAN_MODE": "demo", "PORT": str(arguments.port)}
    _need_port(arguments)
    from bihuan import cli_demo

    if refusal := cli_demo.prepare(sys.stdout):
        return _refused(refusal)
    _say(_("请用浏览器打开 http://{host}:{port}（按 Ctrl-C 结束）").format(host=arguments.host, port=arguments.port))
    _serve(arguments, workers=1, threads=THREADS)


def up(arguments: Namespace) -> int:
    """Check, upgrade, serve. Production, unless BIHUAN_MODE says otherwise."""
    os.environ.setdefault("BIHUAN_MODE", "production")
    os.environ["PORT"] = str(arguments.port)
    start_django()
    from django.db import connection

    from bihuan import cli_start

    if not cli_start.ready(sys.stdout):
        return _refused(_("没有启动。请按上面各条改好后再试。"))
    _need_port(arguments)
    workers = arguments.workers or processes(sqlite=connection.vendor == "sqlite")
    _say(_("闭环 Bihuan 在 http://{host}:{port} 服务").format(host=arguments.host, port=arguments.port))
    _serve(arguments, workers=workers, threads=THREADS, background=not arguments.no_worker)


def processes(*, sqlite: bool) -> int:
    """How many processes serve: as many as processors, within what one database has to offer. Measured on SQLite: two answer twice as often as one."""
    return min(2 if sqlite else 4, os.cpu_count() or 1)


def worker(_arguments: Namespace) -> int:
    """The background work, until a signal ends it. Refuses a database that is newer than the program, or not yet upgraded."""
    start_django()
    from bihuan import cli_start
    from bihuan.worker import run

    if not cli_start.current(sys.stderr):
        return _refused(_("后台任务没有启动。"))
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_signal: stop.set())
    run(stop)
    return 0


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _say(sentence: str) -> None:
    """A server does not stay away because nobody can be told of it (#78)."""
    with suppress(OSError):
        print(sentence, flush=True)


def _need_port(arguments: Namespace) -> None:
    """The server shares its port willingly (SO_REUSEPORT); two of ours on one port would answer in turns."""
    family = socket.AF_INET6 if ":" in arguments.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((arguments.host, arguments.port))
        except OSError as problem:
            sentence = _("端口 {port} 用不了（{reason}）。请换一个，例如 PORT={other}。")
            sys.exit(sentence.format(port=arguments.port, reason=problem.strerror, other=arguments.port + 1))


def _serve(arguments: Namespace, *, workers: int, threads: int, background: bool = True) -> NoReturn:
    """Become granian. A fresh program image keeps its supervisor small: nothing of Django stays in it."""
    os.environ |= {"BIHUAN_WORKER_IN_PROCESS": "1" if background else "0", "BIHUAN_WEB_PROCESSES": str(workers)}
    if any(os.environ.get(f"BIHUAN_METRICS_TOKEN{end}") for end in ("", "_FILE")):  # where the processes add up their counters
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="bihuan-metrics-")
    root = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    options = {
        "--interface": "wsgi",
        "--host": arguments.host,
        "--port": arguments.port,
        "--workers": workers,
        "--blocking-threads": threads,
        "--workers-kill-timeout": 15,  # a worker that will not stop is stopped
        "--log-level": "warning",
    }
    (home() / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise looks there first, and warns where there is nothing
    with suppress(OSError, AttributeError):  # full, or closed
        sys.stdout.flush()
    command = [sys.executable, "-m", "granian", "bihuan.config.wsgi:application"]
    os.execv(sys.executable, command + [str(word) for option in options.items() for word in option])  # noqa: S606 -- our own command line
