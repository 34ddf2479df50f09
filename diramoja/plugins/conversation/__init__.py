"""Conversations: direct and group messages between members. The body of a message means nothing to the server.

`POST /v1/conversations {"member_ids": ["mem_..."]}`, then `POST /v1/conversations/{id}/messages {"body": "..."}`.
"""
