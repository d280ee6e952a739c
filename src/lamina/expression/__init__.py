"""Expressions: pure functions over tensors, as data."""
