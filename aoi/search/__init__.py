"""The search index: which images and regions match, and how many, without a scan of tables.

PostgreSQL holds the truth; this holds what the filters ask about in columns (numpy arrays in
files of the data folder, shared by all processes through the page cache), and follows the log of
changes that a trigger keeps. An exact total over ten million regions is a pass over a few columns:
milliseconds, whatever the combination of filters. Losing the files loses nothing.
"""
