"""Events: members meet, on the spot or online, without more promises of seats than there are seats.

`POST /v1/events {"event_type": "town_hall", "title": ..., "starts_at": ..., "capacity": 50}`, then
`POST /v1/events/{id}/open` and `PUT /v1/events/{id}/rsvp {"answer": "yes"}`.
"""
