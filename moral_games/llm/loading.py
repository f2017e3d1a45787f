"""Where a language model is: in this process, behind a server, or in vLLM's engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moral_games.llm.options import BUNDLED

if TYPE_CHECKING:
    from moral_games.llm.policy import LanguageModel


def load(name: str = BUNDLED, **settings: Any) -> LanguageModel:
    """Load a language model, or connect to one.

    Parameters
    ----------
    name
        ``"bundled"``, a folder or a Hugging Face id for a model in this process (see
        `moral_games.llm.models.load`); ``"openai:MODEL"`` or ``"openai:MODEL@BASE_URL"`` for one behind a
        server that speaks OpenAI's chat format (see `moral_games.llm.remote.connect`); ``"vllm:MODEL"`` for one in
        vLLM's offline engine.
    **settings
        What the kind of model takes: ``device`` and ``dtype``; ``samples``, ``timeout``, ``per_minute``,
        ``prices``, ``offline`` and the others of `moral_games.llm.remote`; arguments of ``vllm.LLM``.

    Raises
    ------
    ValueError
        If there is no such model or setting; what can be given is listed.

    Examples
    --------
    >>> load("openai:my-model@http://localhost:8000/v1").name  # nothing is sent before something is asked
    'openai:my-model@http://localhost:8000/v1'
    """
    kind, colon, where = name.partition(":")
    if kind == "openai" and colon:
        from moral_games.llm.remote import connect

        return connect(where, **settings)
    if kind == "vllm" and colon:
        from moral_games.llm.engine import EngineModel

        return EngineModel(where, **settings)
    from moral_games.llm.models import load as load_weights

    return load_weights(name, **settings)
