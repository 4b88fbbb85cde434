"""Reading FHIR R4: resources by their codes, each fact with the place it came from."""

from consilium.intake.fhir.reader import patient_from_fhir

__all__ = ["patient_from_fhir"]
