"""The built-in plugins; each is loaded like one from outside."""
