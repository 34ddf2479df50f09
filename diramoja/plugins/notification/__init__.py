"""Notification: the one place that tells members something, by the channels and in the language they chose.

A handler of any plugin adds `*notify(context, author, Notify(...))` to its decision; where the deployment leaves this
plugin out, that is nothing.
"""
