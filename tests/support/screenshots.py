"""``python -m tests.support.screenshots [FOLDER]``: each kind of page at three widths, to be looked at."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.functional.web.conftest import CHROMIUM, FLAGS
from tests.functional.web.pages import PAGES, WIDTHS
from tests.support.filled_site import fill
from tests.support.served_page import wait_for

from consilium.web.starting import make_ready, set_up

PORT = "8766"


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    site = f"http://127.0.0.1:{PORT}"
    with tempfile.TemporaryDirectory() as data:
        set_up(data=Path(data))
        make_ready()
        fill()
        server = subprocess.Popen(
            [sys.executable, "-m", "consilium.cli", "serve", "--port", PORT, "--data", data],
            stderr=subprocess.DEVNULL,
            env=os.environ,
        )
        try:
            wait_for(site + "/readyz", server)
            take(site, folder, names or list(PAGES))
        finally:
            server.terminate()
            server.wait(30)


def take(site: str, folder: Path, names: list[str]) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in names:
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 800})
                page = context.new_page()
                PAGES[name](page, site)
                page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
                context.close()
            print(name)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"), sys.argv[2:])
