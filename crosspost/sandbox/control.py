"""The two stand-ins that are no platform: the sandbox's own port, and the newsletter's site.

On the own port there are the page that people look at, and the Python API's handles for other processes.

GET    /                                the posts, as each platform would show them
GET    /_sandbox/count                  how many posts and requests: the page asks whether to reload
GET    /_sandbox/addresses              addresses and credentials
GET    /_sandbox/posts[?platform=x]     what was posted
GET    /_sandbox/requests[?platform=x]  every request that arrived
POST   /_sandbox/posts                  a post made by hand: {"platform", "text", "title", "link", "by", "at"}
DELETE /_sandbox/posts/{platform}/{id}  its author deletes it
POST   /_sandbox/faults                 {"platform", "fault", …}: the arguments of Sandbox.fail
DELETE /_sandbox/faults[?platform=x]    no fault waits any more
POST   /_sandbox/chaos                  {"seed", "rate", "platforms", "seconds", "faults"}
POST   /_sandbox/hide                   {"platform", "seconds", "looks"}
POST   /_sandbox/permissions            {"platform", "revoke" or "grant": name}
POST   /_sandbox/expire                 {"platform"}
POST   /_sandbox/server                 {"platform", "server"}: be like another server of its protocol ("gotosocial")
PUT    /_sandbox/pages/{path}           the body becomes a page of the newsletter's site (?status=200)
POST   /_sandbox/clear                  forget everything

An order is answered with 204, one that cannot be carried out with 400 and {"error": a sentence}.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from pydantic import ValidationError, validate_call

from crosspost.pages import template
from crosspost.pages.post import post_html
from crosspost.sandbox.base import Service
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, Route, SandboxPost, SandboxRequest

_SHOWN_REQUESTS = 100


class Page(Service):
    """The page and the control routes; not a platform."""

    name: ClassVar[str] = "page"

    def __init__(self, sandbox: Any) -> None:
        """sandbox: the `Sandbox`, which imports this module."""
        super().__init__(sandbox.state)
        self._sandbox = sandbox

    def routes(self) -> Sequence[Route]:
        sandbox, state = self._sandbox, self.state
        shown: Mapping[str, Callable[[Call], Any]] = {
            "count": lambda _: {"posts": len(state.posts()), "requests": len(state.requests())},
            "addresses": lambda _: {"addresses": sandbox.addresses, "credentials": sandbox.credentials},
            "posts": lambda call: list(map(_as_json, state.posts(call.query.get("platform")))),
            "requests": lambda call: list(map(_as_json, state.requests(call.query.get("platform")))),
        }
        orders: Mapping[tuple[str, str], Callable[..., SandboxPost | None]] = {
            ("POST", "posts"): sandbox.seed_post,
            ("DELETE", "posts/{platform}/{id}"): sandbox.remove_post,
            ("POST", "faults"): sandbox.fail,
            ("DELETE", "faults"): sandbox.clear_faults,
            ("POST", "chaos"): sandbox.chaos,
            ("POST", "hide"): sandbox.hide,
            ("POST", "permissions"): self._permit,
            ("POST", "expire"): sandbox.expire,
            ("POST", "server"): sandbox.speak_as,
            ("POST", "clear"): sandbox.clear,
        }
        return (
            Route("GET", "/", "other", self._show),
            Route("PUT", "/_sandbox/pages/{path:.*}", "other", self._publish),
            *(Route("GET", f"/_sandbox/{path}", "other", _shows(what)) for path, what in shown.items()),
            *(
                Route(method, f"/_sandbox/{path}", "other", _carries_out(order))
                for (method, path), order in orders.items()
            ),
        )

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": f"{status}: the handles are listed in crosspost/sandbox/control.py"})

    def headers(self) -> Mapping[str, str]:
        return {"Cache-Control": "no-store"}

    def _show(self, _: Call) -> Answer:
        """Show every post as its platform would, and what was asked for, the newest first.

        Nothing is fetched from outside. The one script asks this same port whether something new has arrived.
        """
        posts, requests, platforms = self.state.posts(), self.state.requests(), self._sandbox.platforms
        addresses = self._sandbox.addresses
        there = [(post, platforms[post.platform]) for post in reversed(posts) if not post.deleted]
        asked = [request for request in reversed(requests) if request.platform != self.name]
        shown = template("sandbox.html").render(
            posts=[
                post_html(
                    place.as_post(post), place.brand, permalink=post.url, when=post.at, picture=post.picture
                )
                for post, place in there
            ],
            platforms=len({place.name for _, place in there}),
            addresses=addresses,
            names={name: name.title() for name in addresses}
            | {name: place.brand.name for name, place in platforms.items()},
            count=len(asked),
            requests=asked[:_SHOWN_REQUESTS],
            known=f"{len(posts)}/{len(requests)}",
        )
        return Answer(200, shown)

    def _permit(self, platform: str, revoke: str = "", grant: str = "") -> None:
        if revoke:
            self._sandbox.revoke(platform, revoke)
        else:
            self._sandbox.grant(platform, grant)

    def _publish(self, call: Call) -> Answer:
        status = int(call.query.get("status", "200"))
        self._sandbox.publish_page(call.parts["path"], call.body.decode(), status)
        return Answer(204)


class Site(Service):
    """The newsletter's own site: pages that are there once they have been published, and 404 before.

    By path; a final slash makes no difference.
    """

    name: ClassVar[str] = "site"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._pages: dict[str, Answer] = {}

    def routes(self) -> Sequence[Route]:
        return [Route(method, "/{path:.*}", "read", self._page) for method in ("GET", "HEAD")]

    def publish(self, path: str, html: str, status: int) -> None:
        """Put a page there. A name such as `rss.xml` decides its content type."""
        mime_type = mimetypes.guess_type(path.rstrip("/"))[0] or "text/html"
        self._pages[path.strip("/")] = Answer(status, html, mime_type=f"{mime_type}; charset=utf-8")

    def failure(self, status: int) -> Answer:
        return Answer(status, f"<!doctype html><title>{status}</title><h1>{status}</h1>")

    def clear(self) -> None:
        self._pages.clear()

    def _page(self, call: Call) -> Answer:
        return self._pages.get(call.path.strip("/")) or self.failure(404)


def _shows(what: Callable[[Call], Any]) -> Callable[[Call], Answer]:
    return lambda call: Answer(200, what(call))


def _carries_out(order: Callable[..., SandboxPost | None]) -> Callable[[Call], Answer]:
    """Return what calls an order with what was sent, or answers what is wrong with that in a sentence."""
    checked = validate_call(order)

    def handle(call: Call) -> Answer:
        try:
            made = checked(**{**call.query, **call.fields, **call.parts})
        except ValidationError as error:
            wrong = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
            return Answer(400, {"error": wrong})
        except ValueError as error:
            return Answer(400, {"error": str(error)})
        return Answer(204) if made is None else Answer(201, _as_json(made))

    return handle


def _as_json(value: SandboxPost | SandboxRequest) -> dict[str, Any]:
    """Return a value as JSON takes it; a picture with its size in place of its bytes."""
    plain: dict[str, Any] = {
        name: each.isoformat() if isinstance(each, datetime) else each for name, each in asdict(value).items()
    }
    if picture := plain.get("picture"):
        plain["picture"] = {**picture, "data": len(picture["data"])}
    return plain
