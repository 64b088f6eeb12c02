"""One line for each event, in the words of the states, and never a secret in one.

    delivery sent issue=665 account=x attempt=1 url=https://x.com/…

On a terminal or in a file: text or JSON. Under systemd the journal gets the same event with fields of its own
(CROSSPOST_ISSUE=665), by its native protocol: systemd.io/JOURNAL_NATIVE_PROTOCOL, read 2026-08.

Secrets are hidden (redaction.py) in what is about to be written, whoever said it: our messages, a library's
arguments, tracebacks. Libraries are held at WARNING whatever our own level is; at DEBUG several of them print headers.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from crosspost.log.redaction import Redaction

Format = Literal["text", "json"]

JOURNAL = Path("/run/systemd/journal/socket")

LIBRARIES = (
    "PIL", "aiohttp", "alembic", "apprise", "apscheduler", "asyncio", "atproto", "atproto_client", "discord",
    "feedparser", "httpcore", "httpx", "markdown_it", "mastodon", "oauthlib", "praw", "prawcore",
    "requests_oauthlib", "sqlalchemy", "tweepy", "urllib3", "websockets",
)  # fmt: skip

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[^\s\"'\\]+")


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
    redaction: Redaction | None = None,
    stream: TextIO | None = None,
    *,
    traces: bool = True,
    environ: Mapping[str, str] = os.environ,
    journal: Path = JOURNAL,
) -> None:
    """Send every logger's records to `stream` (standard error), or to the journal where that leads there.

    Without `traces` a line names an error and leaves its traceback out; the journal keeps it, in a field of its own.
    To be called once for a process, again when the secrets are known: `redaction` hides them.
    """
    redaction = redaction or Redaction()
    stream = stream or sys.stderr
    handler: logging.Handler
    if fmt == "text" and _leads_to_journal(stream, environ) and journal.exists():
        handler = JournalHandler(journal, redaction, stream)
    else:
        handler = LineHandler(stream, (JsonLine if fmt == "json" else TextLine)(traces=traces), redaction)
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


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────


def message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)  # a library's arguments do not fit its own message: say at least that


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = getattr(record, "fields", {})
    if record.name.partition(".")[0] != "crosspost":
        return {"logger": record.name, **fields}
    return fields


def traceback_of(record: logging.LogRecord) -> str | None:
    if not record.exc_info or record.exc_info[1] is None:
        return None
    return "".join(traceback.format_exception(record.exc_info[1])).rstrip("\n")


def error_of(record: logging.LogRecord) -> dict[str, object]:
    """The error of a record as a field, where its traceback is left out."""
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    return {"error": f"{type(error).__name__}: {error}"}


def as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def escape_match(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def pairs(fields: Mapping[str, object]) -> str:
    """`issue=665 why="no answer"`: quoted where needed, always on one line."""
    return " ".join(f"{key}={_quoted(as_text(value))}" for key, value in fields.items())


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and not CONTROL.search(text):
        return text
    return CONTROL.sub(escape_match, json.dumps(text, ensure_ascii=False))


class Line(logging.Formatter):
    """What the two kinds of line share: whether a traceback is part of them."""

    def __init__(self, *, traces: bool = True) -> None:
        super().__init__()
        self._traces = traces

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        return fields_of(record) | ({} if self._traces else error_of(record))

    def trace(self, record: logging.LogRecord) -> str | None:
        return traceback_of(record) if self._traces else None


class TextLine(Line):
    """`2026-08-20T03:00:00Z INFO delivery sent issue=665`; a traceback follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        time = as_text(datetime.fromtimestamp(record.created, UTC))
        said = f"{time} {record.levelname} {CONTROL.sub(escape_match, message_of(record))}"
        line = f"{said} {pairs(self.fields(record))}".rstrip()
        trace = self.trace(record)
        return line if trace is None else "\n    ".join([line, *trace.splitlines()])


class JsonLine(Line):
    """One JSON object: time, level, event, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": as_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "event": message_of(record),
        }
        for key, value in self.fields(record).items():
            plain = value is None or isinstance(value, (bool, int, float))
            document[f"{key}_" if key in document else key] = value if plain else as_text(value)
        if trace := self.trace(record):
            document["traceback"] = trace
        return json.dumps(document, ensure_ascii=False)


class LineHandler(logging.Handler):
    """Lines to a stream, cleaned. A stream that is gone is no reason to stop announcing."""

    def __init__(self, stream: TextIO, line: logging.Formatter, redaction: Redaction) -> None:
        super().__init__()
        self._stream = stream
        self._redaction = redaction
        self.setFormatter(line)

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(self._redaction.clean(self.format(record)) + "\n")
            self._stream.flush()


class JournalHandler(logging.Handler):
    """Entries for systemd's journal; one that it does not take is a line with its priority on `stream`."""

    def __init__(self, journal: Path, redaction: Redaction, stream: TextIO) -> None:
        import socket

        super().__init__()
        self._journal = str(journal)
        self._redaction = redaction
        self._stream = stream
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        clean = self._redaction.clean
        fields = fields_of(record)
        message = clean(f"{CONTROL.sub(escape_match, message_of(record))} {pairs(fields)}".rstrip())
        priority = _PRIORITY.get(record.levelno, 6)
        entry = {"MESSAGE": message, "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": "crosspost"}
        entry |= {f"CROSSPOST_{_field_name(key)}": clean(as_text(value)) for key, value in fields.items()}
        if trace := traceback_of(record):
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
