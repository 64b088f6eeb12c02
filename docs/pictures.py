"""`make pictures`: how a post looks on each platform, and the demo's page, drawn by a headless Chromium."""

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
CROSSPOST = [sys.executable, "-m", "crosspost"]


def draw_post(platform: str, folder: Path) -> None:
    """Draw one post, without the heading of the page."""
    page = folder / f"{platform}.html"
    preview = ["preview", str(SAMPLE), "--to", platform, "--html", str(page)]
    subprocess.run([*CROSSPOST, *preview], check=True, stdout=subprocess.DEVNULL)
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"(?s)<header class=.page.>.*?</header>", "", text), encoding="utf-8")
    draw(page.as_uri(), FOLDER / f"{platform}.png", folder, width=620)


def draw_demo(folder: Path) -> None:
    """Draw the sandbox's page after the demo."""
    demo = subprocess.Popen([*CROSSPOST, "demo", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        page = next(
            found[0] for line in demo.stdout or () if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
        )
        draw(page, FOLDER.parent / "demo.png", folder, width=1000)
    finally:
        demo.terminate()
        demo.wait()


def draw(address: str, picture: Path, folder: Path, *, width: int) -> None:
    """Draw a page without its margins, in 64 colours."""
    shot = Image.open(BytesIO(look(address, folder, width=width).png)).convert("RGB")
    empty = Image.new("RGB", shot.size, shot.getpixel((0, 0)))
    left, top, right, bottom = ImageChops.difference(shot, empty).getbbox() or (0, 0, *shot.size)
    shot.crop((left - 8, top - 8, right + 8, bottom + 8)).quantize(64).save(picture, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        for name in platforms.names():
            draw_post(name, Path(scratch))
        draw_demo(Path(scratch))
