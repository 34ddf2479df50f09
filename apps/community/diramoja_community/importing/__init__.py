"""Brings conversations from elsewhere in, as commands through the agents: `diramoja import`, `diramoja demo`."""
