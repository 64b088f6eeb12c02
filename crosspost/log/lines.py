"""Write a record as one line, text or JSON, to a stream; or as an entry with fields to systemd's journal.

systemd.io/JOURNAL_NATIVE_PROTOCOL, read 2026-08.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from crosspost.log.redaction import Redaction

JOURNAL = Path("/run/systemd/journal/socket")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[^\s\"'\\]+")
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class Line(logging.Formatter):
    """The base of both kinds of line. `traces`: whether tracebacks are written."""

    def __init__(self, *, traces: bool = True) -> None:
        super().__init__()
        self._traces = traces

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """Return the record's fields; without tracebacks also the error's class and message."""
        error = record.exc_info and record.exc_info[1]
        if error is None or self._traces:
            return _fields_of(record)
        return _fields_of(record) | {"error": f"{type(error).__name__}: {error}"}

    def trace(self, record: logging.LogRecord) -> str:
        """Return the traceback; empty where there is none, or it is not written."""
        return _traceback_of(record) if self._traces else ""


class TextLine(Line):
    """`2026-08-20T03:00:00Z INFO delivery sent issue=665`; a traceback follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        time = _as_text(datetime.fromtimestamp(record.created, UTC))
        line = f"{time} {record.levelname} {_sentence(record, self.fields(record))}"
        return "\n    ".join([line, *self.trace(record).splitlines()])


class JsonLine(Line):
    """One JSON object: time, level, event, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": _as_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "event": _message_of(record),
        }
        for key, value in self.fields(record).items():
            plain = value is None or isinstance(value, (bool, int, float))
            document[f"{key}_" if key in document else key] = value if plain else _as_text(value)
        if trace := self.trace(record):
            document["traceback"] = trace
        return json.dumps(document, ensure_ascii=False)


class LineHandler(logging.Handler):
    """Writes lines without secrets to a stream. A stream that is closed is ignored: announcing goes on."""

    def __init__(self, stream: TextIO, line: logging.Formatter, redaction: Redaction) -> None:
        super().__init__()
        self._stream = stream
        self._redaction = redaction
        self.setFormatter(line)

    def emit(self, record: logging.LogRecord) -> None:
        self._write(self._redaction.clean(self.format(record)))

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()


class JournalHandler(LineHandler):
    """Writes entries to systemd's journal; one that it refuses becomes a line with its priority on `stream`."""

    def __init__(self, stream: TextIO, journal: Path, redaction: Redaction) -> None:
        import socket

        super().__init__(stream, TextLine(), redaction)
        self._journal = str(journal)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        fields = _fields_of(record)
        entry = {"MESSAGE": _sentence(record, fields), "PRIORITY": str(_PRIORITY.get(record.levelno, 6))}
        for key, value in fields.items():
            entry[f"CROSSPOST_{re.sub(r'[^A-Z0-9]', '_', key.upper())}"] = _as_text(value)
        if trace := _traceback_of(record):
            entry["CROSSPOST_TRACEBACK"] = trace
        entry = {name: self._redaction.clean(value) for name, value in entry.items()}
        entry["SYSLOG_IDENTIFIER"] = "crosspost"
        try:
            self._socket.sendto(b"".join(map(_journal_field, entry, entry.values())), self._journal)
        except OSError:  # no journal at this moment, or an entry that is too large for it
            self._write(f"<{entry['PRIORITY']}>{entry['MESSAGE']}")

    def close(self) -> None:
        self._socket.close()
        super().close()


def leads_to_journal(stream: TextIO) -> bool:
    """Return whether systemd connected the stream to its journal: $JOURNAL_STREAM has its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _journal_field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)  # a library's arguments do not fit its message


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = getattr(record, "fields", {})
    is_ours = record.name.partition(".")[0] == "crosspost"
    return fields if is_ours else {"logger": record.name, **fields}


def _traceback_of(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    return logging.Formatter().formatException(record.exc_info)


def _sentence(record: logging.LogRecord, fields: Mapping[str, object]) -> str:
    """Return `delivery sent issue=665 why="no answer"`: quoted where needed, always on one line."""
    words = [_on_one_line(_message_of(record))]
    return " ".join(
        [*words, *(f"{key}={_quoted(_as_text(value))}" for key, value in fields.items())]
    ).rstrip()


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _quoted(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and not _CONTROL.search(text)
    return text if plain else _on_one_line(json.dumps(text, ensure_ascii=False))


def _on_one_line(text: str) -> str:
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
