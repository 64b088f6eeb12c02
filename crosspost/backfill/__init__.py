"""The discussion link on its way home.

edit.py     text + link → text: one address changed, every other byte kept (pure)
file.py     home is a file in a folder: written in place, atomically
push.py     home is a branch: a commit on its newest head, pushed, never forced
forge.py    home is a branch that wants to be asked: a pull request, one per issue
rights.py   could it be written there? asked, without writing
carry.py    one step, safe to repeat, with its outcome kept in the store
"""

from __future__ import annotations

from crosspost.backfill.carry import carry, is_home
from crosspost.backfill.edit import OtherDiscussion, fill, fill_bytes
from crosspost.backfill.file import edit_in_place

__all__ = ["OtherDiscussion", "carry", "edit_in_place", "fill", "fill_bytes", "is_home"]
