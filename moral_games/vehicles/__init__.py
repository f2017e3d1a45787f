"""Moral dilemmas of autonomous vehicles: drawn, told, answered, and what answers say about whom a policy spares."""
