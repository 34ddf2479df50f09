"""What no two rows of the platform may say to each other: each of these queries finds nothing."""

__all__ = ["QUERIES"]

POSTS = """
SELECT t.id, t.post_count, count(p.id) FROM topic t
LEFT JOIN post p ON p.topic = t.id AND p.status = 'published'
GROUP BY t.id HAVING t.post_count <> count(p.id)
"""
FOLLOWERS = """
SELECT t.id, t.follower_count, count(f.member) FROM topic t LEFT JOIN topic_follower f ON f.topic = t.id
GROUP BY t.id HAVING t.follower_count <> count(f.member)
"""
REPLIES = """
SELECT p.id, p.reply_count, count(r.id) FROM post p
LEFT JOIN post r ON r.reply_to = p.id AND r.status = 'published'
GROUP BY p.id HAVING p.reply_count <> count(r.id)
"""
REPORTS = """
SELECT c.id, c.report_count, count(r.reporter) FROM moderation_case c
LEFT JOIN moderation_case_report r ON r."case" = c.id
GROUP BY c.id HAVING c.report_count <> count(r.reporter)
"""
CASES = "SELECT post, count(*) FROM moderation_case GROUP BY post HAVING count(*) > 1"
MESSAGES = """
SELECT c.id, c.last_number, count(m.id) FROM conversation c LEFT JOIN conversation_message m ON m.conversation = c.id
GROUP BY c.id HAVING c.last_number <> count(m.id)
"""
WALLS = """
SELECT w.member, w.other FROM member_wall w
WHERE NOT EXISTS (SELECT 1 FROM member_wall o WHERE o.member = w.other AND o.other = w.member)
"""
RECEIVED = """
SELECT agent, convert_from(body, 'UTF8'), count(*) FROM event_log WHERE name = 'notification.received'
GROUP BY agent, convert_from(body, 'UTF8') HAVING count(*) > 1
"""
NOTICES = """
SELECT member, kind, subject_id, count(*) FROM notice
WHERE kind IN ('post.replied', 'topic.suggested', 'vote.opened', 'vote.results')
GROUP BY member, kind, subject_id HAVING count(*) > 1
"""
LIVE = """
SELECT kind, agent, count(*), max(channel_seq) FROM event_log WHERE channel_seq IS NOT NULL GROUP BY kind, agent
HAVING count(*) <> max(channel_seq) OR count(DISTINCT channel_seq) <> count(*) OR min(channel_seq) <> 1
"""
OWN_ROWS = """
SELECT t.collection, t.id FROM (
    SELECT id, 'revision' AS collection FROM post_revision UNION ALL SELECT id, 'post' FROM post
    UNION ALL SELECT id, 'message' FROM conversation_message UNION ALL SELECT id, 'question' FROM event_question
) t WHERE NOT EXISTS (SELECT 1 FROM own_row o WHERE o.collection = t.collection AND o.key = t.id)
"""
VIEWS = "SELECT id FROM topic WHERE id NOT IN (SELECT id FROM member_topic)"

QUERIES = (
    ("count unlike its rows", POSTS),
    ("count unlike its rows", FOLLOWERS),
    ("count unlike its rows", REPLIES),
    ("count unlike its rows", REPORTS),
    ("count unlike its rows", MESSAGES),
    ("report lost or doubled", CASES),
    ("wall unlike what was asked", WALLS),
    ("notice twice", RECEIVED),
    ("notice twice", NOTICES),
    ("live numbers with a gap", LIVE),
    ("row without its own row", OWN_ROWS),
    ("view without its rows", VIEWS),
)
"""(fault, query)."""
