"""Rewriting: `engine.py` applies rules and records each step; the tables of rules stand beside."""
