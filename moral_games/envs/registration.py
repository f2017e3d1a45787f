"""One loop puts every game of the catalogue, and every family, into Gymnasium's and PettingZoo's registries."""

from __future__ import annotations

import gymnasium
import pettingzoo

from moral_games import games

NAMESPACE = "moral_games"


def ids() -> dict[str, str]:
    """Return for each catalogue game and each family its environment id, e.g. ``moral_games/IPD-v0``.

    A family's id makes its default game; ``game="public_goods(players=5)"`` makes another.
    """
    return {name: f"{NAMESPACE}/{games.get(name).env_id}-v0" for name in (*games.names(), *games.families())}


def register() -> None:
    """Register every game that is not registered yet, and one id for a game of one's own.

    They go into Gymnasium's registry and into both of PettingZoo's. ``moral_games/MatrixGame-v0`` takes any ``game=``.
    """
    named = {env_id: {"game": name} for name, env_id in ids().items()}
    for env_id, given in (named | {f"{NAMESPACE}/MatrixGame-v0": {}}).items():
        if env_id in gymnasium.registry:
            continue
        gymnasium.register(
            env_id,
            entry_point="moral_games.envs.single:MatrixGameEnv",
            vector_entry_point="moral_games.envs.vector:MatrixGameVectorEnv",
            kwargs=given,
        )
        for api, maker in (("parallel", "parallel_env"), ("aec", "env")):
            pettingzoo.register(api, env_id, entry_point=f"moral_games.envs.parallel:{maker}", kwargs=given)
    population = f"{NAMESPACE}/Population-v0"
    if population not in pettingzoo.parallel_registry:
        for api, maker in (("parallel", "population_env"), ("aec", "population_aec_env")):
            pettingzoo.register(api, population, entry_point=f"moral_games.envs.population:{maker}")
    pricing = f"{NAMESPACE}/Pricing-v0"
    if pricing not in gymnasium.registry:
        gymnasium.register(pricing, entry_point="moral_games.envs.pricing:PricingEnv")
        for api, maker in (("parallel", "pricing_env"), ("aec", "pricing_aec_env")):
            pettingzoo.register(api, pricing, entry_point=f"moral_games.envs.pricing:{maker}")
    two_stage = f"{NAMESPACE}/TwoStage-v0"
    if two_stage not in pettingzoo.aec_registry:
        pettingzoo.register("aec", two_stage, entry_point="moral_games.envs.two_stage:two_stage_env")
