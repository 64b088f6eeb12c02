"""Cache compiled templates beside Python's own compiled modules, in `__pycache__`.

Compiling the default templates would take a sixth of the time of `crosspost preview`. Python's rules hold: nothing is
written under `PYTHONDONTWRITEBYTECODE` or into a folder that is read-only, and `PYTHONPYCACHEPREFIX` moves the files.
jinja.palletsprojects.com/en/stable/api/#bytecode-cache, read 2026-11.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class TemplateCache(FileSystemBytecodeCache):
    """A cache of compiled templates. One compiled with other `options` of the environment is compiled again."""

    def __init__(self, options: str) -> None:
        super().__init__(str(Path(cache_from_source(__file__)).parent), "%s.j2c")
        self._options = options

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(f"{self._options}\0{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read a compiled template. What cannot be read is compiled again."""
        with suppress(OSError, EOFError, ValueError, UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a compiled template, where that is allowed; a reader finds the old file or the new one."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)
