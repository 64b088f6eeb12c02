"""Serve the daemon's pages over HTTP, in a thread of their own.

    GET  /              where every issue stands
    GET  /issues/N      one issue: its posts and its history
    GET  /healthz       200 when the watchdog would be fed now, else 503 with the reason
    GET  /metrics       for Prometheus (the `metrics` extra)
    POST /hooks/push    with `web.webhook_secret`: a push was made, poll the sources now

No request can post or change anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import socket
from threading import Event, Thread
from typing import TYPE_CHECKING, cast

from aiohttp import web

from crosspost.app import App
from crosspost.config.addresses import host_and_port
from crosspost.errors import CrosspostError, StoreError
from crosspost.log import event
from crosspost.web import ReadHealth, metrics, pages
from crosspost.web.listener import HEADERS, LIMITS, Limits, Listener, bind
from crosspost.web.push import LARGEST_BODY, PushHook

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

log = logging.getLogger(__name__)


@contextmanager
def serving(
    app: App,
    read_health: ReadHealth,
    poll_now: Callable[[], None],
    limits: Limits = LIMITS,
) -> Iterator[str]:
    """Serve on `[web] listen` until the block ends, in a thread with a loop of its own; yield the browser's address.

    `poll_now` is called from that thread when the forge reports a push with the right secret.
    Raises CrosspostError when the address cannot be bound.
    """
    host, port = host_and_port(app.config.web.listen or "")
    try:
        sockets = bind(host, port)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # Python repeats the address there
        raise CrosspostError(
            f"[web] listen: cannot listen on {host}:{port}: {reason}. "
            "Name another port, or stop the process that uses this one."
        ) from error
    host, port = sockets[0].getsockname()[:2]
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    stopping = Event()
    serve = _serve(build_site(app, read_health, poll_now), sockets, limits, stopping)
    thread = Thread(target=asyncio.run, args=(serve,), name="web", daemon=True)
    thread.start()
    event(log, "page served", url=address)
    try:
        yield address
    finally:
        stopping.set()
        thread.join(timeout=3)


async def _serve(site: web.Application, sockets: Sequence[socket], limits: Limits, stopping: Event) -> None:
    """Answer until `stopping` is set, then answer the requests that are under way."""
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=1)
    await runner.setup()
    listener = Listener(cast(web.Server, runner.server), limits)
    accepting = [asyncio.create_task(listener.accept(each)) for each in sockets]
    try:
        await asyncio.to_thread(stopping.wait)
    finally:
        for task in accepting:
            task.cancel()
        await asyncio.wait(accepting)
        await runner.cleanup()


def build_site(app: App, read_health: ReadHealth, poll_now: Callable[[], None]) -> web.Application:
    """Return the routes. Each reads the store in a worker thread, so that no page delays another."""
    clean = app.redaction.clean
    secret = app.config.web.webhook_secret
    hook = PushHook(secret, poll_now) if secret else None

    def html(text: str) -> web.Response:
        return web.Response(text=clean(text), content_type="text/html", charset="utf-8")

    async def overview(_request: web.Request) -> web.Response:
        return html(await asyncio.to_thread(pages.overview, app, read_health))

    async def issue(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        text = await asyncio.to_thread(pages.issue, app, number)
        if text is None:
            raise web.HTTPNotFound(text=f"No issue {number} was seen yet.\n")
        return html(text)

    async def healthz(_request: web.Request) -> web.Response:
        health = await asyncio.to_thread(read_health)
        text = "healthy\n" if health.healthy else clean(health.reason) + "\n"
        return web.Response(text=text, status=200 if health.healthy else 503)

    async def metrics_text(_request: web.Request) -> web.Response:
        body = await asyncio.to_thread(metrics.exposition, app, read_health, hook.counts if hook else {})
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})

    served = web.Application(middlewares=[host_guard(app)], client_max_size=LARGEST_BODY)
    served.on_response_prepare.append(add_headers)
    served.add_routes(
        [
            web.get("/", overview),
            web.get(r"/issues/{number:\d{1,9}}", issue),
            web.get("/healthz", healthz),
            web.get("/metrics", metrics_text),
        ]
    )
    if hook is not None:
        served.add_routes([web.post("/hooks/push", hook.answer)])
    return served


def host_guard(app: App) -> Middleware:
    """Refuse requests for another host name (DNS rebinding); answer an error with its sentence."""
    listen, _ = host_and_port(app.config.web.listen or "")
    allowed = {"localhost", "127.0.0.1", "::1", listen.lower(), *map(str.lower, app.config.web.hosts)}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        if name_in(request.headers.get("Host", "")) not in allowed | {address}:
            raise web.HTTPMisdirectedRequest(
                text="The pages do not answer to this host name. If it is a proxy's, add it to [web] hosts.\n"
            )
        try:
            return await handler(request)
        except CrosspostError as error:
            status = 503 if isinstance(error, StoreError) else 500
            return web.Response(status=status, text=f"{app.redaction.clean(str(error))}\n")

    return guard


def name_in(host: str) -> str:
    """Return the name in a Host header, without its port and brackets, in lower case."""
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers of every answer, and close the connection after it."""
    response.headers.update(HEADERS)
    response.force_close()
