"""The daemon's pages over HTTP, in a thread of their own.

    GET  /              where every issue stands
    GET  /issues/N      one issue: its posts and its story
    GET  /healthz       200 when the watchdog would be fed now, else 503 with the reason
    GET  /metrics       for Prometheus (the `metrics` extra)
    POST /hooks/push    only with `web.webhook_secret`: a push was made: the sources are looked at now

Nothing here can post, change or repeat anything. The webhook's signature is GitHub's and Forgejo's
X-Hub-Signature-256 (docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, read 2026-11).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from aiohttp import web

from crosspost import metrics
from crosspost.app import App
from crosspost.credentials import Secret
from crosspost.errors import CrosspostError, StoreError
from crosspost.log import event
from crosspost.pulse import TakePulse
from crosspost.web import pages

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

log = logging.getLogger(__name__)

LARGEST_BODY = 1_000_000
"""Bytes of a webhook's body. GitHub's own pushes may be larger; what they say is not read anyway."""

HEADERS = {
    # The pages bring their own style and pictures; nothing else is loaded, run, framed or sent anywhere.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "crosspost",
}


class Server:
    """Listens in a thread with an event loop of its own, from `start` to `stop`."""

    def __init__(self, app: App, take_pulse: TakePulse, look_now: Callable[[], None]) -> None:
        self._site = site(app, take_pulse, look_now)
        self._host, self._port = split_address(app.config.web.listen or "")
        self._address: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="web", daemon=True)

    def start(self) -> str:
        """Listen; the address for a browser. Raises CrosspostError when that cannot be."""
        self._thread.start()
        try:
            return self._address.result()
        except OSError as error:
            self._thread.join()
            reason = error.strerror or str(error)
            raise CrosspostError(
                f"[web] listen: cannot listen on {self._host}:{self._port}: {reason}. "
                "Name another port, or end the process that has this one."
            ) from error

    def stop(self) -> None:
        """Answer what is being asked, then close."""
        if self._loop and self._stopping and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=3)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self._site, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            self._address.set_exception(error)
            return
        host, port = runner.addresses[0][:2]
        address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
        event(log, "page served", url=address)
        self._address.set_result(address)
        try:
            await self._stopping.wait()
        finally:
            await runner.cleanup()


def site(app: App, take_pulse: TakePulse, look_now: Callable[[], None]) -> web.Application:
    """The routes. What asks the store does so in a worker thread, so that no page holds up another."""
    clean = app.redaction.clean

    def html(text: str) -> web.Response:
        return web.Response(text=clean(text), content_type="text/html", charset="utf-8")

    async def overview(_request: web.Request) -> web.Response:
        return html(await asyncio.to_thread(pages.overview, app, take_pulse))

    async def issue(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        text = await asyncio.to_thread(pages.issue, app, number)
        if text is None:
            raise web.HTTPNotFound(text=f"No issue {number} was seen yet.\n")
        return html(text)

    async def healthz(_request: web.Request) -> web.Response:
        pulse = await asyncio.to_thread(take_pulse)
        text = "fit\n" if pulse.fit else clean(pulse.reason) + "\n"
        return web.Response(text=text, status=200 if pulse.fit else 503)

    async def measured(_request: web.Request) -> web.Response:
        body = await asyncio.to_thread(metrics.exposition, app, take_pulse)
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})

    served = web.Application(middlewares=[with_headers, with_sentences(clean)], client_max_size=LARGEST_BODY)
    served.add_routes(
        [
            web.get("/", overview),
            web.get(r"/issues/{number:\d{1,9}}", issue),
            web.get("/healthz", healthz),
            web.get("/metrics", measured),
        ]
    )
    if secret := app.config.web.webhook_secret:
        served.add_routes([web.post("/hooks/push", push_hook(secret, look_now))])
    return served


def push_hook(secret: Secret, look_now: Callable[[], None]) -> Handler:
    """What answers a push: whatever it says, once its signature verifies it means "look now"."""

    async def pushed(request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(body, request.headers.get("X-Hub-Signature-256", ""), secret.reveal()):
            raise web.HTTPForbidden(text="The signature does not verify with this secret.\n")
        look_now()
        return web.Response(status=202, text="Looking now.\n")

    return pushed


@web.middleware
async def with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every answer carries the same headers, refusals too."""
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(HEADERS)
        raise
    response.headers.update(HEADERS)
    return response


def with_sentences(clean: Callable[[str], str]) -> Any:
    """A store that does not answer is a sentence and a 503, not a traceback."""

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except CrosspostError as error:
            status = 503 if isinstance(error, StoreError) else 500
            return web.Response(status=status, text=f"{clean(str(error))}\n")

    return answered


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` ("sha256=…") is the HMAC of exactly this body, compared in constant time."""
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogateescape"))


def split_address(listen: str) -> tuple[str, int]:
    """ "127.0.0.1:8593" or "[::1]:8593" → host and port. Raises CrosspostError for anything else."""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise CrosspostError(
            f'[web] listen is "{listen}"; an address and a port are wanted: "127.0.0.1:8593"'
        )
    return host.strip("[]"), int(port)
