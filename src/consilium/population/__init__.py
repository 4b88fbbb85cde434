"""Tables of patients: the answers of `plan` for a whole registry, in bounded memory."""
