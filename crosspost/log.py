"""One line for each event, in the words of the states, and never a secret in one.

    delivery sent issue=665 account=x attempt=1 url=https://x.com/…

On a terminal or in a file: text or JSON. Under systemd the journal gets the same event with fields of its own
(CROSSPOST_ISSUE=665), by its native protocol: systemd.io/JOURNAL_NATIVE_PROTOCOL, read 2026-08.

Redaction works on what is about to be written, whoever said it: our messages, a library's arguments,
tracebacks. Libraries are held at WARNING whatever our own level is; at DEBUG several of them print headers.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO
from urllib.parse import quote, quote_plus

from crosspost.errors import CrosspostError

Format = Literal["text", "json"]

JOURNAL = Path("/run/systemd/journal/socket")

HIDDEN = "[secret]"

SHORTEST = 4
"""Characters. Hiding every occurrence of a shorter value would hide the sense of the line and no secret."""

LIBRARIES = (
    "PIL", "aiohttp", "alembic", "apprise", "apscheduler", "asyncio", "atproto", "atproto_client", "discord",
    "feedparser", "httpcore", "httpx", "markdown_it", "mastodon", "oauthlib", "praw", "prawcore",
    "requests_oauthlib", "sqlalchemy", "tweepy", "urllib3", "websockets",
)  # fmt: skip

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[^\s\"'\\]+")


class Revealable(Protocol):
    """A named secret, as credentials.Secret is."""

    def reveal(self) -> str: ...


def event(logger: logging.Logger, message: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Say what happened: `event(logger, "delivery sent", issue=665, account="x")`. None is left out."""
    logger.log(level, "%s", message, extra={"fields": {k: v for k, v in fields.items() if v is not None}})


def warn(sentences: Iterable[str]) -> None:
    """Say what is not wrong enough to stop for, each thing once."""
    for sentence in dict.fromkeys(sentences):
        event(logging.getLogger(__name__), sentence, level=logging.WARNING)


def set_up(
    level: str | int = "INFO",
    fmt: Format = "text",
    secrets: Iterable[Revealable | str] = (),
    stream: TextIO | None = None,
    *,
    traces: bool = True,
    environ: Mapping[str, str] = os.environ,
    journal: Path = JOURNAL,
) -> Redactor:
    """Send every logger's records to `stream` (standard error), or to the journal where that leads there.

    Without `traces` a line names an error and leaves its traceback out; the journal keeps it, in a field of its own.
    To be called once for a process, again when the secrets are known. Returns what hides the secrets, for
    everything else that is printed. Secrets that are not there have nothing to hide and are passed over.
    """
    redactor = Redactor(_revealed(secrets))
    stream = stream or sys.stderr
    handler: logging.Handler
    if fmt == "text" and _leads_to_journal(stream, environ) and journal.exists():
        handler = JournalHandler(journal, redactor, stream)
    else:
        handler = LineHandler(stream, (JsonLine if fmt == "json" else TextLine)(traces=traces), redactor)
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, (LineHandler, JournalHandler))]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("crosspost").setLevel(level.upper() if isinstance(level, str) else level)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    return redactor


def _revealed(secrets: Iterable[Revealable | str]) -> Iterator[str]:
    for secret in secrets:
        with contextlib.suppress(CrosspostError):
            yield secret if isinstance(secret, str) else secret.reveal()


# ── Hiding secrets ───────────────────────────────────────────────────────────────────────────────────


class Redactor:
    """Hides secrets in a text, also where they were escaped or encoded on their way into it."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        # The longest first: a form may be the beginning of another one.
        alternatives = "|".join(sorted(forms, key=lambda form: (-len(form), form)))
        self._known = re.compile(alternatives) if alternatives else None

    def clean(self, text: str) -> str:
        """The text with every known secret, and everything that a header or form calls one, hidden."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, replacement in _CALLED_SECRET:
            text = pattern.sub(replacement, text)
        return text


# Tokens that platforms issue while we run are known to no configuration; headers and forms say what they are.
_NAMES_OF_SECRETS = (
    r"access_?token(?:_secret)?|refresh_?token|oauth_token|oauth_verifier|oauth_signature|client_secret|"
    r"consumer_secret|app_password|password|passwd|accessJwt|refreshJwt|bot_token|webhook_secret"
)
_AFTER_A_NAME = r"(=[\"']?|\\?[\"']\s*:\s*\\?[\"'])(?!\[secret\])[^\s\"'&,;)}\\]{4,}"
_CALLED_SECRET = (
    (re.compile(r"(?i)\b(bearer|basic|bot)(\s+)(?!\[secret\])[A-Za-z0-9._~+/-]{16,}=*"), rf"\1\2{HIDDEN}"),
    (re.compile(rf"(?i)\b({_NAMES_OF_SECRETS}){_AFTER_A_NAME}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)(?!\[secret\])[^\s/@]+@"), rf"\1{HIDDEN}@"),
)


def _forms(value: str) -> Iterator[str]:
    """The value as a pattern, and as escaping and encoding would have it."""
    escaped = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
        repr(value)[1:-1],
        repr(value.encode())[2:-1],
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        quote(quote(value, safe=""), safe=""),
        html.escape(value),
    }
    yield from map(re.escape, escaped)
    yield re.escape(value.encode().hex())
    # In base64 ("user:secret" of HTTP's basic authentication) a value begins at one of three places of a
    # group and so looks one of three ways; the characters that it shares with its neighbours go too.
    for shift in range(3):
        data = b"\0" * shift + value.encode()
        whole = base64.b64encode(data).decode()
        core = whole[-(-shift * 8 // 6) : len(data) * 8 // 6]
        if len(core) >= 6:
            for text in {core, core.replace("+", "-").replace("/", "_")}:
                yield rf"[A-Za-z0-9+/_-]{{0,2}}{re.escape(text)}[A-Za-z0-9+/_-]{{0,2}}=*"


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)  # a library's arguments do not fit its own message: say at least that


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = getattr(record, "fields", {})
    if record.name.partition(".")[0] != "crosspost":
        return {"logger": record.name, **fields}
    return fields


def _traceback(record: logging.LogRecord) -> str | None:
    if not record.exc_info or record.exc_info[1] is None:
        return None
    return "".join(traceback.format_exception(record.exc_info[1])).rstrip("\n")


def _named_error(record: logging.LogRecord) -> dict[str, object]:
    """The error of a record as a field, where its traceback is left out."""
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    return {"error": f"{type(error).__name__}: {error}"}


def _word(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def pairs(fields: Mapping[str, object]) -> str:
    """`issue=665 why="no answer"`: quoted where needed, always on one line."""
    return " ".join(f"{key}={_quoted(_word(value))}" for key, value in fields.items())


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _CONTROL.search(text):
        return text
    return _CONTROL.sub(_escape, json.dumps(text, ensure_ascii=False))


class Line(logging.Formatter):
    """What the two kinds of line share: whether a traceback is part of them."""

    def __init__(self, *, traces: bool = True) -> None:
        super().__init__()
        self._traces = traces

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        return _fields(record) | ({} if self._traces else _named_error(record))

    def trace(self, record: logging.LogRecord) -> str | None:
        return _traceback(record) if self._traces else None


class TextLine(Line):
    """`2026-08-20T03:00:00Z INFO delivery sent issue=665`; a traceback follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        time = _word(datetime.fromtimestamp(record.created, UTC))
        said = f"{time} {record.levelname} {_CONTROL.sub(_escape, _message(record))}"
        line = f"{said} {pairs(self.fields(record))}".rstrip()
        trace = self.trace(record)
        return line if trace is None else "\n    ".join([line, *trace.splitlines()])


class JsonLine(Line):
    """One JSON object: time, level, event, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": _word(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "event": _message(record),
        }
        for key, value in self.fields(record).items():
            plain = value is None or isinstance(value, (bool, int, float))
            document[f"{key}_" if key in document else key] = value if plain else _word(value)
        if trace := self.trace(record):
            document["traceback"] = trace
        return json.dumps(document, ensure_ascii=False)


class LineHandler(logging.Handler):
    """Lines to a stream, cleaned. A stream that is gone is no reason to stop announcing."""

    def __init__(self, stream: TextIO, line: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self._stream = stream
        self._redactor = redactor
        self.setFormatter(line)

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(self._redactor.clean(self.format(record)) + "\n")
            self._stream.flush()


class JournalHandler(logging.Handler):
    """Entries for systemd's journal; one that it does not take is a line with its priority on `stream`."""

    def __init__(self, journal: Path, redactor: Redactor, stream: TextIO) -> None:
        import socket

        super().__init__()
        self._journal = str(journal)
        self._redactor = redactor
        self._stream = stream
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        clean = self._redactor.clean
        fields = _fields(record)
        message = clean(f"{_CONTROL.sub(_escape, _message(record))} {pairs(fields)}".rstrip())
        priority = _PRIORITY.get(record.levelno, 6)
        entry = {"MESSAGE": message, "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": "crosspost"}
        entry |= {f"CROSSPOST_{_field_name(key)}": clean(_word(value)) for key, value in fields.items()}
        if trace := _traceback(record):
            entry["CROSSPOST_TRACEBACK"] = clean(trace)
        data = b"".join(_journal_field(name, value) for name, value in entry.items())
        try:
            self._socket.sendto(data, self._journal)
        except OSError:  # no journal at this moment, or an entry that is too large for it
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(f"<{priority}>{message}\n")
                self._stream.flush()

    def close(self) -> None:
        self._socket.close()
        super().close()


def _field_name(key: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", key.upper())


def _journal_field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)


def _leads_to_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether systemd connected the stream to its journal: $JOURNAL_STREAM has its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


# ── What nobody caught ───────────────────────────────────────────────────────────────────────────────


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("crosspost").critical("an error that nobody foresaw", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
