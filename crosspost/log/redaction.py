"""Hides secrets in texts, and shortens texts so that what is left of a secret at the cut is still recognised.

One `Redaction` serves a process. It begins with the secrets of the configuration; adapters add the session tokens
that platforms hand out. A secret is known by its value, in every form in which an answer may repeat it; what nobody
told us of is known by its name in a header, a form or a JSON document.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

HIDDEN = "[secret]"

SHORTEST = 4
"""Characters. Hiding every occurrence of a shorter value would hide the sense of the line and no secret."""

TELLING = 12
"""Characters. So much of a secret, and at least half of it, is hidden wherever it stands."""

TOKENS = 64
"""Session tokens that are remembered besides the configured secrets, the newest ones."""

CUT = "…"
"""Stands at the end of a text that was shortened."""


class Redaction:
    """Hides the secrets that it knows. Safe for several threads."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()
        self._tokens: tuple[str, ...] = ()
        self._forms: tuple[tuple[str, bool], ...] = ()
        self.add_secrets(values)

    def add_secrets(self, values: Iterable[str]) -> None:
        """Hide these too, for as long as the process lives: the configuration's own secrets."""
        with self._lock:
            known = tuple(dict.fromkeys((*self._secrets, *_parts(values))))
            if known != self._secrets:
                self._secrets = known
                self._forms = _all_forms((*self._secrets, *self._tokens))

    def add_token(self, token: str) -> None:
        """Hide a token that a platform handed out while we run. Only the newest ones are remembered."""
        with self._lock:
            if len(token) >= SHORTEST and token not in self._tokens:
                self._tokens = (*self._tokens, token)[-TOKENS:]
                self._forms = _all_forms((*self._secrets, *self._tokens))

    def clean(self, text: str) -> str:
        """Return the text with every known secret hidden, and everything that a header or form calls one."""
        forms = self._forms
        for form, encoded in forms:
            text = _without(text, form, form, encoded=encoded)
        for form, encoded in forms:
            text = _without(text, form, _telling(form), encoded=encoded)
        if CUT in text:
            pieces = text.split(CUT)
            text = CUT.join([*(_without_rest(piece, forms) for piece in pieces[:-1]), pieces[-1]])
        for pattern, replacement in _CALLED_SECRET:
            text = pattern.sub(replacement, text)
        return text

    def clean_document(self, value: Any) -> Any:
        """Return a JSON-able value with every text in it cleaned, keys excepted."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, Mapping):
            return {key: self.clean_document(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean_document(inner) for inner in value]
        return value


def shortened(text: str, most: int) -> str:
    """Return the text on one line, in at most `most` characters, with a mark where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}{CUT}"


def error_text(error: BaseException) -> str:
    """Return an exception for the history: its class, and the beginning of its message."""
    words = shortened(str(error).strip().partition("\n")[0], 200)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


# Tokens of which nobody told us are called what they are by headers, forms and documents.
_NAMES = (
    r"access_?token(?:_secret)?|refresh_?token|private_?token|auth_?token|id_token|api_?key|"
    r"oauth_token|oauth_verifier|oauth_signature|client_secret|consumer_secret|app_password|password|passwd|accessJwt|refreshJwt|bot_token|webhook_secret"
)
_AFTER_A_NAME = r"(=[\"']?|\\?[\"']\s*:\s*\\?[\"'])(?!\[secret\])[^\s\"'&,;)}\\]{4,}"
_CALLED_SECRET = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|bot)(\s+)(?!\[secret\])[A-Za-z0-9._~+/-]{16,}=*"), rf"\1\2{HIDDEN}"),
    (re.compile(rf"(?i)\b({_NAMES}){_AFTER_A_NAME}"), rf"\1\2{HIDDEN}"),
    # The password of an address, also where it is not escaped, or the address was read as a path ("https:/…").
    # What begins with digits and a slash is a port: "http://127.0.0.1:8590/@user".
    (
        re.compile(r"(\b[a-z][a-z0-9+.-]*://?[^\s/:@]*:)(?!\[secret\]|\d+/)(?:[^\s\"'<>@]+@)+"),
        rf"\1{HIDDEN}@",
    ),
    # Many forges take a token for the name.
    (re.compile(r"(?i)(\bhttps?://?)(?!\[secret\])[^\s/:@]+@"), rf"\1{HIDDEN}@"),
)


def _parts(values: Iterable[str]) -> Iterator[str]:
    """Yield the secrets, and of one that is an address its secret parts."""
    for value in values:
        if len(value) < SHORTEST or value in HIDDEN:  # "secret" would be hidden again and again
            continue
        yield value
        if "://" not in value:
            yield from (part for part in value.split(":")[1:] if len(part) >= TELLING)  # name:token
            continue
        try:
            address = urlsplit(value)
            parts = (address.password or "", *address.path.split("/"), *re.split(r"[&=]", address.query))
        except ValueError:
            continue
        plain = address.scheme in ("http", "https") and bool(address.query)
        yield from (part for part in parts if len(part) >= TELLING and not (plain and _WORDS.fullmatch(part)))


_WORDS = re.compile(r"[A-Za-z][a-z]*(?:(?:[-+_.:~]|%[0-9A-Fa-f]{2})+[A-Za-z][a-z]*)*")
"""What a feed's address asks for in public: "site:this-week-in-rust.org". Hidden by itself it would hide every issue's
address as well."""
_QUERY = re.compile(r"\?|%3F|%253F", re.IGNORECASE)


def _all_forms(values: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """(form, whether it is base64), the longest first: a form may be the beginning of another one."""
    found = {form: False for value in values for form in _written(value)}
    found |= {form: True for value in values for form in _encoded(value)}
    return tuple(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def _written(value: str) -> Iterator[str]:
    """Yield the value as it is, and in every way it may be escaped."""
    in_json = json.dumps(value)[1:-1]
    escaped = (
        value,
        " ".join(value.split()),  # as `shortened` leaves it
        in_json,
        in_json.replace("/", "\\/"),  # as PHP writes it
        in_json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),  # as Go and Rails do
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
        repr(value)[1:-1],
        repr(value.encode())[2:-1],
        html.escape(value),
        html.escape(value, quote=False),
        html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),  # as templates do
    )
    percent = (quote(value, safe=""), quote(value), quote_plus(value), quote(quote(value, safe=""), safe=""))
    yield from escaped
    yield from percent
    yield from (re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), each) for each in percent)
    yield value.encode().hex()


def _encoded(value: str) -> Iterator[str]:
    """Yield the part of the value's base64 that does not depend on its neighbours.

    In base64 ("user:secret" of HTTP's basic authentication) a value begins at one of three places of a group and so
    looks one of three ways.
    """
    for shift in range(3):
        data = b"\0" * shift + value.encode()
        core = base64.b64encode(data).decode()[-(-shift * 8 // 6) : len(data) * 8 // 6]
        if len(core) >= 6:
            yield core
            yield core.replace("+", "-").replace("/", "_")
            yield quote(core, safe="")


def _telling(form: str) -> str:
    """Return the beginning of a form that is hidden wherever it occurs; of an address with a query, that of the query
    as well: many other addresses begin with what stands before it."""
    query = _QUERY.search(form) if form.startswith("http") else None
    return form[: max(TELLING, len(form) // 2 + 1, query.end() if query else 0)]


def _without(text: str, form: str, head: str, *, encoded: bool) -> str:
    """Return the text without anything that begins with `head` and continues as the form does."""
    start = text.find(head)
    while start >= 0:
        pairs = zip(text[start : start + len(form)], form, strict=False)
        end = start + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if encoded:  # the characters that it shares with its neighbours go too
            before, after = (
                _BASE64_BEFORE.search(text, max(0, start - 2), start),
                _BASE64_AFTER.match(text, end),
            )
            start, end = before.start() if before else start, after.end() if after else end
        text = text[:start] + HIDDEN + text[end:]
        start = text.find(head, start + len(HIDDEN))
    return text


_BASE64_BEFORE = re.compile(r"[A-Za-z0-9+/_-]{1,2}\Z")
_BASE64_AFTER = re.compile(r"[A-Za-z0-9+/_-]{0,2}=*")


def _without_rest(piece: str, forms: Iterable[tuple[str, bool]]) -> str:
    """Return a text that was cut, without the beginning of a secret left at its end."""
    for form, _ in forms:
        head = form[:SHORTEST]
        start = piece.find(head, max(0, len(piece) - len(form)))
        while start >= 0:
            if form.startswith(piece[start:]):
                return piece[:start] + HIDDEN
            start = piece.find(head, start + 1)
    return piece
