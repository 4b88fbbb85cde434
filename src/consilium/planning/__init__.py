"""Joins an edition and a patient into a plan; the front door of the library."""

from consilium.planning.making import heard_by, plan
from consilium.planning.plan import Plan

__all__ = ["Plan", "heard_by", "plan"]
