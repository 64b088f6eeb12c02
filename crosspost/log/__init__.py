"""Logging: one line for each event, without a secret in it.

    delivery sent issue=665 account=x attempt=1 url=https://x.com/…

On a terminal or in a file: text or JSON. Under systemd the journal gets the same event with fields of its own
(CROSSPOST_ISSUE=665), by its native protocol.

Secrets are hidden (redaction.py) in each line before it is written: in messages, a library's arguments, tracebacks.
lines.py makes the lines. Libraries log at WARNING whatever our level is; at DEBUG several of them print headers.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable
from typing import Any, Literal, TextIO

from crosspost.log.lines import JOURNAL, JournalHandler, JsonLine, LineHandler, TextLine, leads_to_journal
from crosspost.log.redaction import Redaction

Format = Literal["text", "json"]


def event(logger: logging.Logger, message: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Log what happened: `event(logger, "delivery sent", issue=665, account="x")`. None is left out."""
    logger.log(level, "%s", message, extra={"fields": {k: v for k, v in fields.items() if v is not None}})


def warn(sentences: Iterable[str]) -> None:
    """Log warnings, each sentence once."""
    for sentence in dict.fromkeys(sentences):
        event(logging.getLogger(__name__), sentence, level=logging.WARNING)


def set_up(
    level: str = "INFO",
    fmt: Format = "text",
    redaction: Redaction | None = None,
    stream: TextIO | None = None,
    *,
    traces: bool = True,
) -> None:
    """Send every logger's records to `stream` (standard error), or to the journal where systemd connected it to that.

    Without `traces` a line has an error's message and no traceback; the journal has it in a field. Call it once, and
    again when the secrets are known: `redaction` hides them.
    """
    redaction = redaction or Redaction()
    stream = stream or sys.stderr
    if fmt == "text" and leads_to_journal(stream) and JOURNAL.exists():
        handler: LineHandler = JournalHandler(stream, JOURNAL, redaction)
    else:
        handler = LineHandler(stream, (JsonLine if fmt == "json" else TextLine)(traces=traces), redaction)
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, LineHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("crosspost").setLevel(level.upper())
    handler.addFilter(_ours_or_a_warning)  # whatever levels libraries give to their own loggers
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _ours_or_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] == "crosspost"


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("crosspost").critical("unexpected error", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
