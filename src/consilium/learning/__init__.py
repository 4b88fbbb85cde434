"""Learning with the edition: experts side by side, citations, case records and their outcomes."""
