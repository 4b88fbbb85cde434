"""Survival, synthesis and crossover on plain arrays; knows no medicine.

Each module is one subject and is imported by name, so that a caller pays for nothing else:
``from consilium.statistics.survival import kaplan_meier``.
"""
