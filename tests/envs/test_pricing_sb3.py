"""Markets for stable-baselines3 (which needs torch)."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from stable_baselines3.common.env_checker import check_env
from test_pricing import EVERY, ident

from moral_games.envs.pricing import PricingEnv


@pytest.mark.parametrize("options", EVERY, ids=ident)
def test_sb3_check_env(options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(PricingEnv("matching", **options))
