"""Search over topics and posts that everybody may see, fed from the event log.

GET /v1/search?q=clinics&type=post
"""
