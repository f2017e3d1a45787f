"""How fast environments step, side by side with their peers; run as ``python -m benchmarks.env_speed``."""
