"""The activity pages."""
