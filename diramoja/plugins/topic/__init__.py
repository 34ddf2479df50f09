"""Topics and their posts: threads, reactions, follows; a post is seen by others once it is screened and checked.

await send("topic", "top_1", React("pst_1", "agree"))
"""
