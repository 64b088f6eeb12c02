"""Write a record as one line, text or JSON, and send it to a stream."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from crosspost.log.redaction import Redaction

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


_PLAIN = re.compile(r"[^\s\"'\\]+")


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
    """Return the error of a record as a field, where its traceback is left out."""
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
