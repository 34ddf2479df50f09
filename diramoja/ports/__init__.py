"""Ports of the plugins, beside the few that the core itself runs on (`diramoja.core.ports`).

One module a port: its protocol, in prose what happens on a missing key, a duplicate, an outage; and the values that
cross it. Plugins ask for a port, adapters provide it, and neither knows the other.
"""
