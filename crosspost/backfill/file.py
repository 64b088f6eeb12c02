"""A file, written in place: whole or not at all, permissions kept, never over a later save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import BackfillError
from crosspost.files import write_atomically
from crosspost.parse.header import Header
from crosspost.watch.changes import read_header


def edit_in_place(
    file: Path, number: int, newsletter: NewsletterConfig, edit: Callable[[bytes], bytes]
) -> bool:
    """Edit a person's file of issue `number`. Return False when it changed meanwhile; then nothing is written.

    Raises BackfillError when it is another issue's, cannot be read or written, or the edit refuses.
    """
    try:
        before = file.read_bytes()
    except OSError as error:
        raise BackfillError(f"{file} cannot be read: {error.strerror}") from error
    header = read_header(before, newsletter=newsletter, path="/".join(file.absolute().parts[-2:]))
    if not isinstance(header, Header) or header.number != number:
        raise BackfillError(f"{file} is not issue {number}")
    return write_in_place(file, before, edit(before))


def write_in_place(path: Path, before: bytes, after: bytes) -> bool:
    """Replace a file's bytes. Return False when they are not `before` any more; then nothing is written.

    Raises BackfillError, with a sentence, when it cannot be written.
    """
    target = path.resolve()
    try:
        if target.read_bytes() != before:
            return False
        if after != before:
            write_atomically(target, after)
    except OSError as error:
        raise BackfillError(f"{path} cannot be written: {error.strerror or error}") from error
    return True
