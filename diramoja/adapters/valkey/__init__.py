"""The cache port on Valkey, or on Redis: shared by all processes.

In a deployment file:

    [ports]
    cache = "valkey"

    [valkey]
    url = "redis://127.0.0.1:6379/0"
"""
