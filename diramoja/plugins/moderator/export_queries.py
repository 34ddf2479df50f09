"""What moderation holds of a member, for their export: decisions about them, their appeals, what they reported."""

from diramoja.pages import holding

__all__ = ["HOLDINGS"]

HOLDINGS = [
    holding(
        "sanctions",
        "SELECT id, action, rule, guidelines_version, reason, by, post, issued_at, ends_at, appeal_until, state"
        " FROM moderation_sanction WHERE member = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding(
        "appeals",
        "SELECT a.id, a.sanction, a.text, a.filed_at, a.state, a.reason, a.decided_at FROM moderation_sanction s"
        " JOIN moderation_appeal a ON a.sanction = s.id WHERE s.member = $1 AND a.id > $2 ORDER BY a.id LIMIT $3",
        "id",
    ),
    holding(
        "reports",
        'SELECT md5("case") AS place, reason, text FROM moderation_case_report'
        ' WHERE reporter = $1 AND md5("case") > $2 ORDER BY md5("case") LIMIT $3',
        "place",
    ),
]
"""Of reports not the case: that is the business of those who decide it."""
