"""The web page: shows what the API says."""

import html
import json
import os
import urllib.request

from service import RELEASE, as_json, serve

HEADLINE = "The shop is open"
PAGE = """<!doctype html>
<html lang="en">
<title>{headline}</title>
<h1>{headline}</h1>
<p>{greeting}</p>
<p>{open} open, {done} done. Release <code>{release}</code>.</p>
</html>
"""


def ask(path):
    with urllib.request.urlopen(os.environ.get("API_URL", "http://127.0.0.1:8000") + path, timeout=3) as answer:
        return json.load(answer)


def page(_):
    values = {"headline": HEADLINE, "release": RELEASE, **ask("/api/orders"), "greeting": ask("/api/greeting")["greeting"]}
    escaped = {name: html.escape(str(value)) for name, value in values.items()}
    return 200, "text/html; charset=utf-8", PAGE.format(**escaped)


def health(_):
    return as_json(200, {"service": "web", "release": RELEASE})


serve("web", 8080, {("GET", "/"): page, ("GET", "/health"): health})
