"""Deep Zoom tiles of stored pictures: made whole once, by a process of its own, and kept a while.

A pyramid is one ZIP file of uncompressed entries, one a tile, so that a tile is a short read and
the web processes never decode a picture. Nothing is imported here: the process that makes one
loads only what it needs.
"""
