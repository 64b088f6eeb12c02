"""The site of `make docs`: these pages, and the reference that is written from the code."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import reference  # noqa: E402 - found in this folder

import crosspost  # noqa: E402 - the program of this repository, not another one that is installed

reference.write(FOLDER / "generated")

project = "crosspost"
version = release = crosspost.__version__
extensions = ["myst_parser"]
exclude_patterns = ["generated", "ci"]
myst_heading_anchors = 3
nitpicky = True
html_theme = "furo"
html_title = f"crosspost {version}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
