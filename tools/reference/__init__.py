"""Writes docs/reference from the code, and the state diagrams into the plugins' READMEs."""
