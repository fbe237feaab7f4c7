"""The API: takes orders and lists them."""

import json
import os

from redis import Redis
from service import RELEASE, as_json, serve


def health(_):
    with Redis() as redis:
        schema = redis.call("GET", "schema")
    return as_json(200, {"service": "api", "release": RELEASE, "schema": int(schema or 0)})


def greeting(_):
    return as_json(200, {"greeting": os.environ.get("GREETING", ""), "release": RELEASE})


def list_orders(_):
    with Redis() as redis:
        return as_json(200, {"open": redis.call("LLEN", "orders:open"), "done": int(redis.call("GET", "orders:done") or 0)})


def take_order(body):
    try:
        item = str(json.loads(body)["item"])
    except (ValueError, KeyError, TypeError):
        return as_json(400, {"error": 'send {"item": "…"}'})
    with Redis() as redis:
        number = redis.call("INCR", "orders:number")
        redis.call("LPUSH", "orders:open", json.dumps({"number": number, "item": item}))
    return as_json(201, {"number": number})


serve(
    "api",
    8000,
    {
        ("GET", "/health"): health,
        ("GET", "/api/greeting"): greeting,
        ("GET", "/api/orders"): list_orders,
        ("POST", "/api/orders"): take_order,
    },
)
