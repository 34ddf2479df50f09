"""Votes: asked, scheduled with a frozen roll, cast at polling stations, counted, published, disputed.

await send("vote", "vot_1", ScheduleVote())
"""
