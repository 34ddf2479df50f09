"""Conditions with which lists, of other plugins too, hide what a wall keeps from their reader; found in contracts."""

__all__ = ["not_walled", "walled_off"]


def not_walled(reader: str, author: str) -> str:
    """SQL condition: no block stands between two members, given as SQL expressions such as `$1` and `post.author`.

    Lists of other plugins hide with it what their reader may not see. The table `member_wall (member, other)` holds a
    block in both directions.
    """
    wall = f"wall.member = {reader} AND wall.other = {author}"
    return f"NOT EXISTS (SELECT 1 FROM member_wall AS wall WHERE {wall})"  # noqa: S608  # expressions of queries.py


def walled_off(reader: str) -> str:
    """SQL query: `other`, whom a block keeps apart from a member, given as an SQL expression such as `$1`.

    For what cannot be asked with `not_walled`, such as a search engine.
    """
    return f"SELECT other FROM member_wall WHERE member = {reader}"  # noqa: S608  # expressions of queries.py
