"""Brings the data to this release's schema. Safe to run again: it does only what is still missing."""

from redis import Redis

# One function per version; a version, once released, never changes.
MIGRATIONS = {
    1: lambda redis: redis.call("SETNX", "orders:number", 0),
    2: lambda redis: redis.call("SETNX", "orders:done", 0),
}

with Redis() as redis:
    current = int(redis.call("GET", "schema") or 0)
    for version in sorted(MIGRATIONS):
        if version > current:
            MIGRATIONS[version](redis)
            redis.call("SET", "schema", version)
            print(f"migrated to schema {version}", flush=True)
    print(f"schema is {redis.call('GET', 'schema')}", flush=True)
