"""What an electronic record asks of us: plans and cases as FHIR R4, CDS Hooks, SMART."""
