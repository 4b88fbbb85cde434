"""The API for programs: the plan, the care and the evidence as JSON, every refusal as RFC 9457."""
