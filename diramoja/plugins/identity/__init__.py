"""Identity: accounts, unique names, credentials and sessions. Secrets are hashed or sealed before they leave a gateway.

An account is an agent with the id of its member; a name (username or email, as a keyed hash) is an agent of its own, so
that two who want the same name at once are put in order.
"""
