"""The web face: pages and an API over one edition. It arranges; it decides nothing."""
