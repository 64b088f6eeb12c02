"""A headless Chromium, driven over its DevTools protocol: as much as it takes to look at a page.

chromedevtools.github.io/devtools-protocol, read 2026-11. The window of headless Chromium is at least 500
pixels wide; a phone's width has to be set by the protocol.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What a browser saw of a page."""

    content_width: int
    """CSS pixels; more than the window is wide means that one has to scroll sideways."""
    text: str
    requests: tuple[str, ...]
    """Every address it asked for."""
    complaints: tuple[str, ...]
    """What the console said: blocked by the policy, not found, broken."""
    png: bytes


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def look(url: str, folder: Path, *, width: int, dark: bool = False) -> Seen:
    """Open a page in a window of this width, and wait until it has loaded."""
    return asyncio.run(_look(url, folder, width, dark))


async def _look(url: str, folder: Path, width: int, dark: bool) -> Seen:
    program = chromium()
    assert program
    profile = Path(tempfile.mkdtemp(prefix="chromium", dir=folder))
    child = subprocess.Popen(
        [program, *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = await _port(profile)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                target = next(target for target in await answer.json() if target["type"] == "page")
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                return await _visit(_Tab(socket), url, width, dark)
    finally:
        child.kill()
        child.wait()


async def _port(profile: Path) -> str:
    said = profile / "DevToolsActivePort"
    for _ in range(300):
        if said.exists() and (lines := said.read_text().splitlines()):
            return lines[0]
        await asyncio.sleep(0.1)
    raise AssertionError("Chromium did not start")


class _Tab:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": params})
        while True:
            message = await self._socket.receive_json(timeout=30)
            if message.get("id") == self._calls:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self.events.append(message)

    async def until(self, event: str) -> None:
        while not any(seen["method"] == event for seen in self.events):
            self.events.append(await self._socket.receive_json(timeout=30))

    def told(self, event: str) -> list[dict[str, Any]]:
        return [seen["params"] for seen in self.events if seen["method"] == event]


async def _visit(tab: _Tab, url: str, width: int, dark: bool) -> Seen:
    for domain in ("Page", "Network", "Log", "Runtime"):
        await tab.call(f"{domain}.enable")
    await tab.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    await tab.call("Emulation.setEmulatedMedia", features=[scheme])
    await tab.call("Page.navigate", url=url)
    await tab.until("Page.loadEventFired")
    wide = await tab.call("Runtime.evaluate", expression="document.documentElement.scrollWidth")
    text = await tab.call("Runtime.evaluate", expression="document.body.innerText")
    shot = await tab.call("Page.captureScreenshot", captureBeyondViewport=True)
    return Seen(
        content_width=wide["result"]["value"],
        text=text["result"]["value"],
        requests=tuple(told["request"]["url"] for told in tab.told("Network.requestWillBeSent")),
        complaints=tuple(told["entry"]["text"] for told in tab.told("Log.entryAdded")),
        png=base64.b64decode(shot["data"]),
    )
