"""Moderation: every post is screened before others see it; what is held, hidden or reported becomes a case for people.

await send("case", "cas_1", DecideCase("publish", rule="respect", guidelines_version="2026-01", reason="No insult."))
"""
