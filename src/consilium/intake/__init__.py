"""A patient from our JSON or a FHIR R4 record, each fact with its origin."""

from consilium.intake.plain import patient_from_mapping
from consilium.intake.reading import read_patient

__all__ = ["patient_from_mapping", "read_patient"]
