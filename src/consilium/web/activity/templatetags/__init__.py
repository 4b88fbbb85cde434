"""Filters of the activity pages."""
