"""Badges for members who post: an example of a plugin in a package of its own."""
