"""Where language models run on this machine."""

from __future__ import annotations

import torch


def device() -> tuple[str, int]:
    """Return the name of the device on which models are loaded, and how many threads compute on a processor."""
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return name, torch.get_num_threads()
