"""Findings to take away, in files of any length: read a chunk of rows at a time, never held whole.

Each chunk is a transaction of its own that has ended before its bytes are sent, so a slow client
holds nothing of the database. What is deleted meanwhile is left out.
"""
