"""Attacks of many kinds, while a normal client goes on working."""
