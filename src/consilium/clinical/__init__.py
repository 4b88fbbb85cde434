"""Patients, disease, earlier treatment and drugs, as types."""
