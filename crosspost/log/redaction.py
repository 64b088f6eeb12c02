"""Hide secrets in texts, also the beginning of one where a text was cut.

A process has one `Redaction`. It begins with the secrets of the configuration; adapters add the session tokens that
platforms return. A known secret is found in every form in which an answer may repeat it; an unknown one by its name
in a header, a form or a JSON document.
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
"""Characters. A shorter value is not hidden: it occurs in ordinary words."""

MIN_PART = 12
"""Characters. The beginning of a secret is hidden from this length on, if it is at least half of it."""

TOKENS = 64
"""How many session tokens are remembered: the newest ones."""

CUT = "…"
"""The end of a text that was shortened."""


class Redaction:
    """Hides the secrets that it knows. Thread-safe."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()
        self._tokens: tuple[str, ...] = ()
        self._forms: tuple[tuple[str, bool], ...] = ()
        self.add_secrets(values)

    def add_secrets(self, values: Iterable[str]) -> None:
        """Hide these, too, for the life of the process: the configuration's secrets."""
        with self._lock:
            known = tuple(dict.fromkeys((*self._secrets, *_parts(values))))
            if known != self._secrets:
                self._secrets = known
                self._forms = _all_forms((*self._secrets, *self._tokens))

    def add_token(self, token: str) -> None:
        """Hide a session token, too. Only the newest ones are remembered."""
        with self._lock:
            if len(token) >= SHORTEST and token not in self._tokens:
                self._tokens = (*self._tokens, token)[-TOKENS:]
                self._forms = _all_forms((*self._secrets, *self._tokens))

    def clean(self, text: str) -> str:
        """Return the text with every known secret hidden, and every value that a header, form or document calls one."""
        forms = self._forms
        for form, encoded in forms:
            text = _without(text, form, form, encoded=encoded)
        for form, encoded in forms:
            text = _without(text, form, _beginning(form), encoded=encoded)
        if CUT in text:
            pieces = text.split(CUT)
            text = CUT.join([*(_without_last_part(piece, forms) for piece in pieces[:-1]), pieces[-1]])
        for pattern, replacement in _CALLED_SECRET:
            text = pattern.sub(replacement, text)
        return text

    def clean_document(self, value: Any) -> Any:
        """Return a JSON value with `clean` applied to every text in it, but not to keys."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, Mapping):
            return {key: self.clean_document(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean_document(inner) for inner in value]
        return value


def shortened(text: str, limit: int) -> str:
    """Return the text on one line, in at most `limit` characters, with a mark where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}{CUT}"


def error_text(error: BaseException) -> str:
    """Return an exception for the history: its class, and the beginning of its message."""
    message = shortened(str(error).strip().partition("\n")[0], 200)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


# Unknown tokens are found by their names in headers, forms and documents.
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
    """Yield each value, and the secret parts of one that is an address."""
    for value in values:
        if len(value) < SHORTEST or value in HIDDEN:  # "secret" would be hidden again and again
            continue
        yield value
        if "://" not in value:
            yield from (part for part in value.split(":")[1:] if len(part) >= MIN_PART)  # name:token
            continue
        try:
            address = urlsplit(value)
            parts = (address.password or "", *address.path.split("/"), *re.split(r"[&=]", address.query))
        except ValueError:
            continue
        plain = address.scheme in ("http", "https") and bool(address.query)
        yield from (
            part for part in parts if len(part) >= MIN_PART and not (plain and _WORDS.fullmatch(part))
        )


_WORDS = re.compile(r"[A-Za-z][a-z]*(?:(?:[-+_.:~]|%[0-9A-Fa-f]{2})+[A-Za-z][a-z]*)*")
"""A public part of a feed's address: "site:this-week-in-rust.org". Hiding it would hide every issue's address."""
_QUERY = re.compile(r"\?|%3F|%253F", re.IGNORECASE)


def _all_forms(values: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """Return (form, whether it is base64), the longest first: a form may be the beginning of another one."""
    forms = {form: False for value in values for form in _escaped(value)}
    forms |= {form: True for value in values for form in _in_base64(value)}
    return tuple(sorted(forms.items(), key=lambda item: (-len(item[0]), item[0])))


def _escaped(value: str) -> Iterator[str]:
    """Yield the value, and each way in which it may be escaped."""
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


def _in_base64(value: str) -> Iterator[str]:
    """Yield the part of the value's base64 that does not depend on its neighbours.

    In "user:secret" of HTTP's basic authentication a value begins at one of three offsets in a group: three forms.
    """
    for shift in range(3):
        data = b"\0" * shift + value.encode()
        core = base64.b64encode(data).decode()[-(-shift * 8 // 6) : len(data) * 8 // 6]
        if len(core) >= 6:
            yield core
            yield core.replace("+", "-").replace("/", "_")
            yield quote(core, safe="")


def _beginning(form: str) -> str:
    """Return the beginning of a form that is hidden wherever it occurs.

    For an address with a query it reaches into the query: many other addresses begin with what is before that.
    """
    query = _QUERY.search(form) if form.startswith("http") else None
    return form[: max(MIN_PART, len(form) // 2 + 1, query.end() if query else 0)]


def _without(text: str, form: str, head: str, *, encoded: bool) -> str:
    """Return the text without anything that begins with `head` and continues as the form does."""
    start = text.find(head)
    while start >= 0:
        pairs = zip(text[start : start + len(form)], form, strict=False)
        end = start + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if encoded:  # the characters that it shares with its neighbours, too
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


def _without_last_part(piece: str, forms: Iterable[tuple[str, bool]]) -> str:
    """Return a text that was cut, with the beginning of a secret at its end hidden."""
    for form, _ in forms:
        head = form[:SHORTEST]
        start = piece.find(head, max(0, len(piece) - len(form)))
        while start >= 0:
            if form.startswith(piece[start:]):
                return piece[:start] + HIDDEN
            start = piece.find(head, start + 1)
    return piece
