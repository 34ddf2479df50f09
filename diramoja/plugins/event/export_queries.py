"""What events hold of a member, for their export."""

from diramoja.pages import holding

__all__ = ["HOLDINGS"]

HOLDINGS = [
    holding(
        "events_organized",
        "SELECT id, title, event_type, visibility, phase, starts_at, created_at FROM event"
        " WHERE organizer = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding(
        "event_answers",
        "SELECT g.event, e.title, e.starts_at, g.state, g.answer, g.wants_accessible, g.answered_at"
        " FROM event_guest g JOIN event e ON e.id = g.event WHERE g.member = $1 AND g.event > $2"
        " ORDER BY g.event LIMIT $3",
        "event",
    ),
    holding(
        "event_invitations",
        "SELECT event, at FROM event_invitation WHERE member = $1 AND event > $2 ORDER BY event LIMIT $3",
        "event",
    ),
    holding(
        "event_check_ins",
        "SELECT event, way, at FROM event_check_in WHERE member = $1 AND event > $2 ORDER BY event LIMIT $3",
        "event",
    ),
    holding(
        "event_questions",
        "SELECT id, event, body, status, state, upvotes, created_at FROM event_question"
        " WHERE author = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
]
