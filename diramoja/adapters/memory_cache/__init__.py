"""The cache port within the process: the default, for one gateway or for what need not be shared.

In a deployment file:

    [ports]
    cache = "memory_cache"
"""
