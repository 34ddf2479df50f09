"""The cache in the process's own memory: the default where one process is enough."""
