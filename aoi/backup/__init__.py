"""Backups of database and files in one consistent state, made while the product runs."""
