"""Rewriting: `engine.py` applies rules and records each step; `rules.py` holds the tables of
rules.
"""
