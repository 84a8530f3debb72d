"""What the first look at the main list costs a browser, and what the whole program costs in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from . import load

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def first_look(port: int, known: dict[str, Any]) -> dict[str, Any]:
    """Requests and bytes over the wire: cold, and again with what the browser kept. Empty without a Chromium."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not chromium:
        return {}
    from playwright.sync_api import sync_playwright

    url = f"http://127.0.0.1:{port}/lists/requests/"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": known["cookie"], "domain": "127.0.0.1", "path": "/"}])
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        seen: dict[str, int] = {}
        network.on("Network.loadingFinished", lambda told: seen.__setitem__(told["requestId"], int(told["encodedDataLength"])))
        looks = []
        for _look in range(2):
            seen.clear()
            page.goto(url, wait_until="networkidle")
            looks.append({"requests": sum(1 for size in seen.values() if size), "bytes": sum(seen.values())})
        browser.close()
    return {"cold": looks[0], "warm": looks[1]}


def memory(root: Path, environment: dict[str, str], port: int) -> float:
    """MiB (PSS) of everything ``bihuan up`` started, worker included, after a page was asked for."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bihuan", "up", "--port", str(port)], env=environment, cwd=root, stdout=subprocess.DEVNULL
    )
    try:
        load.wait_for(port)
        urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=30).read()
        time.sleep(5)  # the worker has begun its rounds
        return sum(map(_pss, _family(server.pid))) / 1024
    finally:
        server.terminate()
        server.wait(30)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grand for child in children for grand in _family(int(child)))]


def _pss(pid: int) -> int:
    """KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
