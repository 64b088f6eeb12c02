"""Compiled templates, kept where Python keeps its own compiled modules: in `__pycache__` beside the source.

Compiling the five default wordings would take a sixth of the time of `crosspost preview`. Python's rules hold here
too: nothing is written under `PYTHONDONTWRITEBYTECODE` or where it may not be, `PYTHONPYCACHEPREFIX`
moves the files elsewhere, and what was made from another text is not used. Jinja2's own cache would keep compiled
code in a folder of its own: jinja.palletsprojects.com/en/stable/api/#bytecode-cache, read 2026-11.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class BesideTheSource(BytecodeCache):
    """`made_with`: what besides the text decides the outcome; compiled otherwise, a template is compiled again."""

    def __init__(self, made_with: str) -> None:
        self._made_with = made_with

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the path of the compiled file."""
        return str(Path(cache_from_source(filename or name)).with_suffix(".j2c"))

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(f"{self._made_with}\0{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read it. What cannot be read is not there: the template is compiled."""
        with suppress(OSError, EOFError, ValueError, UnpicklingError), Path(bucket.key).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write it if that is allowed; a process that reads meanwhile finds the old file or the new one."""
        if sys.dont_write_bytecode:
            return
        kept = Path(bucket.key)
        unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(bucket.bytecode_to_string())
            unfinished.replace(kept)
