"""What the plugin holds of a member, for their export."""

from diramoja.pages import holding

__all__ = ["HOLDINGS"]

HOLDINGS = [
    holding(
        "votes",
        "SELECT id, title, phase, created_at FROM vote WHERE created_by = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding("rolls", "SELECT vote FROM vote_roll WHERE member = $1 AND vote > $2 ORDER BY vote LIMIT $3", "vote"),
    holding(
        "ballots",
        "SELECT vote, receipt, revision FROM vote_ballot WHERE member = $1 AND vote > $2 ORDER BY vote LIMIT $3",
        "vote",
    ),
    holding(
        "roll_objections",
        "SELECT id, vote, kind, member, text, filed_at, decision, reason FROM vote_objection"
        " WHERE filed_by = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding(
        "vote_disputes",
        "SELECT id, vote, text, filed_at, decision FROM vote_dispute"
        " WHERE filed_by = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding(
        "dispute_opinions",
        "SELECT dispute, decision, reason, at FROM vote_dispute_opinion"
        " WHERE member = $1 AND dispute > $2 ORDER BY dispute LIMIT $3",
        "dispute",
    ),
    holding("delegations", "SELECT * FROM vote_delegation WHERE member = $1 AND id > $2 ORDER BY id LIMIT $3", "id"),
]
