"""Fetch one wheel of a Python package, going on where an earlier try ended.

Usage: python3 fetch.py PACKAGE WHEEL PART

pip starts a broken download over. This asks the index that pip is set to use for the wheel's
address and adds to the file PART what is still missing from it. The caller checks the result.
"""

import http.client
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_S = 30
BLOCK = 1 << 20


def index_address():
    """The package index that pip would ask."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    pip = [sys.executable, "-m", "pip", "config", "get"]
    for command in ("download.index-url", "global.index-url"):
        answer = subprocess.run([*pip, command], capture_output=True, text=True)
        if answer.returncode == 0:
            return answer.stdout.strip()
    from pip._internal.models.index import PyPI

    return PyPI.simple_url


def open_address(address, headers=None):
    return urllib.request.urlopen(
        urllib.request.Request(address, headers=headers or {}), timeout=TIMEOUT_S
    )


def wheel_address(package, wheel):
    """The address of the wheel on the index's page of the package."""
    page = index_address().rstrip("/") + f"/{package}/"
    with open_address(page, {"Accept": "text/html"}) as answer:
        text, base = answer.read().decode(), answer.geturl()
    for link in re.findall(r'href="([^"#]+)', text):
        if urllib.parse.unquote(link).endswith("/" + wheel):
            return urllib.parse.urljoin(base, link)
    sys.exit(f"the index does not list {wheel}")


def fetch(address, part):
    """Add to the file what it lacks."""
    have = os.path.getsize(part) if os.path.exists(part) else 0
    with open_address(address, {"Range": f"bytes={have}-"} if have else None) as answer:
        # An index that ignores the range sends everything, from the beginning.
        have = have if answer.status == 206 else 0
        total = have + int(answer.headers["Content-Length"])
        if have:
            print(f"Going on at {have / 1e6:.0f} of {total / 1e6:.0f} MB", flush=True)
        with open(part, "ab" if have else "wb") as file:
            while block := answer.read(BLOCK):
                file.write(block)
                # Long waits are less long when something moves, also in a log.
                if (have + len(block)) * 10 // total > have * 10 // total:
                    print(f"  {(have + len(block)) / 1e6:.0f} of {total / 1e6:.0f} MB", flush=True)
                have += len(block)
    if have != total:
        sys.exit(f"the connection ended after {have} of {total} bytes")


if __name__ == "__main__":
    package, wheel, part = sys.argv[1:]
    try:
        fetch(wheel_address(package, wheel), part)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            # What is there is longer than the wheel: it is something else.
            os.remove(part)
        sys.exit(f"the index answered {error.code}")
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"the index does not answer: {error}")
