"""Start an installed consilium as a server, fetch a page with its style sheet, stop it.

``python served_page.py COMMAND PORT DATA_FOLDER``; needs nothing but Python.
"""

import re
import subprocess
import sys
import time
from urllib.request import urlopen


def main(command: str, port: str, data: str) -> None:
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([command, "serve", "--port", port, "--data", data])
    try:
        wait_for(address + "/readyz", server)
        page = urlopen(address + "/plan", timeout=10).read().decode()
        style = re.search(r'href="(/static/[^"]+\.css)"', page)
        assert style, "the page names no style sheet"
        assert urlopen(address + style[1], timeout=10).status == 200
    finally:
        server.terminate()
        assert server.wait(30) == 0, "the server did not stop as asked"


def wait_for(address: str, server: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended by itself"
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answers at {address}")


if __name__ == "__main__":
    main(*sys.argv[1:])
