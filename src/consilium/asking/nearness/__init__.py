"""Nearness in meaning: local embeddings beside full text, for sites that install the model."""
