"""The information broker: finds claims and links in posts, checks their sources and attaches context notes.

Tell("information", topic, CheckPost("pst_1", "mem_1", "See https://example.org", "cleared"))
"""
