"""Baselines: one readable file per algorithm. They import only moral_games' public names."""
