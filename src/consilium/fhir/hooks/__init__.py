"""CDS Hooks 2.0.1 as pure functions: a request and an edition in, a status and a body out."""
