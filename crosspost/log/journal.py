"""Send records to systemd's journal with fields of their own, by its native protocol.

systemd.io/JOURNAL_NATIVE_PROTOCOL, read 2026-08.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from crosspost.log.lines import CONTROL, as_text, escape_match, fields_of, message_of, pairs, traceback_of
from crosspost.log.redaction import Redaction

JOURNAL = Path("/run/systemd/journal/socket")


_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


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
    """Return whether systemd connected the stream to its journal: $JOURNAL_STREAM has its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
