"""Expressions and files as tables."""
