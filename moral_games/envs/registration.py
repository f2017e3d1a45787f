"""One loop over the catalogue puts every game into Gymnasium's and PettingZoo's registries."""

from __future__ import annotations

import gymnasium
import pettingzoo

from moral_games import games

NAMESPACE = "moral_games"


def ids() -> dict[str, str]:
    """Return for each catalogue game its environment id, e.g. ``moral_games/IPD-v0``."""
    return {name: f"{NAMESPACE}/{games.get(name).env_id}-v0" for name in games.names()}


def register() -> None:
    """Register every game that is not registered yet: in Gymnasium's registry and in both of PettingZoo's."""
    for name, env_id in ids().items():
        if env_id in gymnasium.registry:
            continue
        gymnasium.register(
            env_id,
            entry_point="moral_games.envs.single:MatrixGameEnv",
            vector_entry_point="moral_games.envs.vector:MatrixGameVectorEnv",
            kwargs={"game": name},
        )
        for api, maker in (("parallel", "parallel_env"), ("aec", "env")):
            pettingzoo.register(api, env_id, entry_point=f"moral_games.envs.parallel:{maker}", kwargs={"game": name})
