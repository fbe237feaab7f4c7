"""Exits with 0 when a URL answers with 200: `healthy.py URL`."""

import sys
import urllib.error
import urllib.request

try:
    with urllib.request.urlopen(sys.argv[1], timeout=4) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except urllib.error.URLError as error:
    sys.exit(f"{sys.argv[1]}: {error}")
