"""Many senders at once against one server, from addresses of this machine's own network (127.0.0.0/8): asyncio, no threads that would slow the server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Answers:
    """What came back: statuses (0: nothing), the seconds each took, and how many were on their way at the worst moment."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    most_under_way: int = 0
    _under_way: int = 0

    async def ask(self, port: int, path: str, *, source: str = "127.0.0.1", headers: str = "", patience: float = 30) -> None:
        began = time.monotonic()
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            self.statuses.append(await asyncio.wait_for(_status(port, path, source, headers), patience))
        except (OSError, TimeoutError, IndexError):
            self.statuses.append(0)
        finally:
            self._under_way -= 1
            self.seconds.append(time.monotonic() - began)

    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


async def _status(port: int, path: str, source: str, headers: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Connection: close\r\n\r\n".encode())
        said = await reader.read()
        return int(said.split(b" ", 2)[1])
    finally:
        writer.close()


async def steadily(rate: float, seconds: float, ask) -> None:
    """Begin *ask(number)* so often a second for so long, whether the earlier ones have been answered or not."""
    began, tasks = time.monotonic(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(ask(number)))
    await asyncio.gather(*tasks)


@contextlib.asynccontextmanager
async def dribbling(port: int, head: str, many: int):
    """*many* connections that announce a body and send a byte of it each second, while the block lasts."""
    lines = [await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.66", 0)) for _line in range(many)]
    for _reader, writer in lines:
        writer.write(head.encode())

    async def drip() -> None:
        while True:
            for _reader, writer in lines:
                with contextlib.suppress(OSError):
                    writer.write(b"a")
            await asyncio.sleep(1)

    dripping = asyncio.create_task(drip())
    await asyncio.sleep(1)
    try:
        yield
    finally:
        dripping.cancel()
        for _reader, writer in lines:
            writer.close()


def memory(parent: int) -> int:
    """Bytes that a process and its children hold in memory (RSS)."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            said = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            if parent in {int(said["Pid"]), int(said["PPid"])} and "VmRSS" in said:
                total += int(said["VmRSS"].split()[0]) * 1024
    return total
