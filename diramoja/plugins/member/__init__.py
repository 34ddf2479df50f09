"""Members: who takes part, at which level, and what passes through them on its way to topics.

A member is a person; the agent of kind `member` holds the profile and checks what the person writes.
"""
