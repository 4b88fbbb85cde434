"""The record's way in: CDS Hooks and the SMART launch, on the wire."""
