"""Compiled templates, kept where Python keeps its own compiled modules: in `__pycache__` beside the source.

Compiling the five default wordings would take a sixth of the time of `crosspost preview`. Python's rules hold here
too: nothing is written under `PYTHONDONTWRITEBYTECODE` or where it may not be, and `PYTHONPYCACHEPREFIX` moves the
files elsewhere. jinja.palletsprojects.com/en/stable/api/#bytecode-cache, read 2026-11.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class BesideTheSource(FileSystemBytecodeCache):
    """`made_with`: what besides the text decides the outcome; compiled otherwise, a template is compiled again."""

    def __init__(self, made_with: str) -> None:
        super().__init__(str(Path(cache_from_source(__file__)).parent), "%s.j2c")
        self._made_with = made_with

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(f"{self._made_with}\0{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read it. What cannot be read is not there: the template is compiled."""
        with suppress(OSError, EOFError, ValueError, UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write it if that is allowed; a process that reads meanwhile finds the old file or the new one."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)
