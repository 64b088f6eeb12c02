"""`make pictures`: how a post looks on each platform, drawn from `crosspost preview --html` by a headless Chromium."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

from crosspost import platforms
from tests.web.browser import look

FOLDER = Path(__file__).with_name("pictures")
SAMPLE = Path(__file__).parents[1] / "crosspost" / "samples" / "issue.md"
WIDTH = 620


def draw(platform: str, folder: Path) -> None:
    """Draw one post into docs/pictures, without the page's heading and margins, in 64 colours."""
    page = folder / f"{platform}.html"
    command = [
        sys.executable,
        "-m",
        "crosspost",
        "preview",
        str(SAMPLE),
        "--to",
        platform,
        "--html",
        str(page),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"(?s)<header class=.page.>.*?</header>", "", text), encoding="utf-8")
    shot = Image.open(BytesIO(look(page.as_uri(), folder, width=WIDTH).png)).convert("RGB")
    empty = Image.new("RGB", shot.size, shot.getpixel((0, 0)))
    left, top, right, bottom = ImageChops.difference(shot, empty).getbbox() or (0, 0, *shot.size)
    small = shot.crop((left - 8, top - 8, right + 8, bottom + 8)).quantize(64)
    small.save(FOLDER / f"{platform}.png", optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        for name in platforms.names():
            draw(name, Path(scratch))
