"""The ports: what the core and plugins need from a backend, each a Protocol whose prose its contract suite tests."""
