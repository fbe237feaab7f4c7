"""The worker: fulfils orders, one after the other. `worker.py --check` is its health check."""

import pathlib
import sys
import time

from redis import Redis
from service import RELEASE, boot, stopping

HEARTBEAT = pathlib.Path("/tmp/heartbeat")
STALE_SECONDS = 10


def check():
    try:
        age = time.time() - HEARTBEAT.stat().st_mtime
    except FileNotFoundError:
        return "no heartbeat yet"
    return 0 if age < STALE_SECONDS else f"the last heartbeat is {age:.0f} s old"


def fulfil_one(redis):
    """Waits a second for an order and fulfils it; one that is taken is finished before the worker stops."""
    if redis.call("BRPOP", "orders:open", 1):
        redis.call("INCR", "orders:done")


def run():
    stop = stopping()
    boot("worker")
    while not stop.is_set():
        try:
            with Redis() as redis:
                redis.call("SET", "worker:release", RELEASE)
                while not stop.is_set():
                    HEARTBEAT.touch()
                    fulfil_one(redis)
        except OSError as error:
            print(f"lost Redis: {error}", flush=True)
            stop.wait(1)
    print(f"worker {RELEASE} has stopped", flush=True)


sys.exit(check() if sys.argv[1:] == ["--check"] else run())
