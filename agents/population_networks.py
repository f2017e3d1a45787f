"""Many small networks at once: one hidden layer of rectified units each, their gradients by hand, one optimiser.

Networks of a batch never meet: each is evaluated and differentiated by the same operations, whatever
else is in the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ALIGNMENT = 64
"""Parameters are padded to a multiple of this, so that vectorised loops have no odd end."""


class Networks(NamedTuple):
    """The parameters of M networks: outputs = W₂ max(0, W₁ inputs + b₁) + b₂, or what is kept of each parameter.

    Attributes
    ----------
    hidden_weights, hidden_biases
        (M, inputs, hidden) and (M, 1, hidden) float32.
    output_weights, output_biases
        (M, outputs, hidden) and (M, 1, outputs) float32.
    """

    hidden_weights: Tensor
    hidden_biases: Tensor
    output_weights: Tensor
    output_biases: Tensor

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the hidden activations (M, B, hidden) and the outputs (M, B, outputs) for inputs (M, B, inputs)."""
        hidden = torch.baddbmm(self.hidden_biases, inputs, self.hidden_weights).relu_()
        return hidden, torch.baddbmm(self.output_biases, hidden, self.output_weights.mT)

    def backward(self, inputs: Tensor, hidden: Tensor, slopes: Tensor, gradient: Networks) -> None:
        """Write the gradient of losses, one a network, of which the slopes at the outputs are known.

        Parameters
        ----------
        inputs, hidden
            What `forward` was given, and the activations it returned.
        slopes
            (M, B, outputs): the derivative of each network's loss by each of its outputs.
        gradient
            Where the derivatives by the parameters are written.
        """
        _outer(slopes, hidden, gradient.output_weights)
        torch.sum(slopes, 1, keepdim=True, out=gradient.output_biases)
        inner = torch.bmm(slopes, self.output_weights).mul_(hidden.sign())
        _outer(inputs, inner, gradient.hidden_weights)
        torch.sum(inner, 1, keepdim=True, out=gradient.hidden_biases)


class Size(NamedTuple):
    """How large the networks of a batch are."""

    inputs: int
    hidden: int
    outputs: int

    def shapes(self, networks: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of each field of `Networks` for so many networks."""
        return {
            "hidden_weights": (networks, self.inputs, self.hidden),
            "hidden_biases": (networks, 1, self.hidden),
            "output_weights": (networks, self.outputs, self.hidden),
            "output_biases": (networks, 1, self.outputs),
        }


class Optimised:
    """Batches of networks of several sizes in one vector, which Adam moves in one pass over the memory.

    Adam (Kingma & Ba 2015) treats every parameter by itself, so one optimiser for all networks is
    the same as one for each.

    Parameters
    ----------
    sizes
        The batches by name.
    networks
        How many networks M each has.
    learning_rate
        Adam's.
    device
        Where torch keeps them.
    """

    def __init__(self, sizes: Mapping[str, Size], networks: int, learning_rate: float, device: torch.device) -> None:
        self._shapes = {name: size.shapes(networks) for name, size in sizes.items()}
        entries = sum(prod(shape) for shapes in self._shapes.values() for shape in shapes.values())
        self._vector = torch.zeros(-(-entries // ALIGNMENT) * ALIGNMENT, device=device)
        self._vector.grad = torch.zeros_like(self._vector)
        self._adam = torch.optim.Adam([self._vector], lr=learning_rate, fused=True)
        self._adam.state[self._vector] = {
            "step": torch.zeros((), device=device),
            "exp_avg": torch.zeros_like(self._vector),
            "exp_avg_sq": torch.zeros_like(self._vector),
        }
        self.values = self._views(self._vector)
        self.gradients = self._views(self._vector.grad)

    def step(self) -> None:
        """Move all parameters by their gradients."""
        self._adam.step()

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return parameters and moments, each by name; copies."""
        kept = {
            f"{kind}.{name}.{field}": tensor.cpu().numpy().copy()
            for kind, vector in self._vectors().items()
            for name, views in self._views(vector).items()
            for field, tensor in views._asdict().items()
        }
        return {**kept, "step": self._adam.state[self._vector]["step"].cpu().numpy().copy()}

    def restore(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Take on what `arrays` returned."""
        for kind, vector in self._vectors().items():
            for name, views in self._views(vector).items():
                for field, tensor in views._asdict().items():
                    tensor.copy_(torch.from_numpy(arrays[f"{kind}.{name}.{field}"]))
        self._adam.state[self._vector]["step"].fill_(arrays["step"].item())

    def _vectors(self) -> dict[str, Tensor]:
        state = self._adam.state[self._vector]
        return {"parameter": self._vector, "mean": state["exp_avg"], "square": state["exp_avg_sq"]}

    def _views(self, vector: Tensor) -> dict[str, Networks]:
        """Return the batches' networks as views of a vector."""
        views, start = {}, 0
        for name, shapes in self._shapes.items():
            tensors = []
            for shape in shapes.values():
                tensors.append(vector[start : start + prod(shape)].view(shape))
                start += prod(shape)
            views[name] = Networks(*tensors)
        return views


def _outer(left: Tensor, right: Tensor, product: Tensor) -> None:
    """Write leftᵀ right into `product` (M, L, K), for (M, B, L) and (M, B, K) with few rows B."""
    torch.mul(left[:, 0, :, None], right[:, 0, None], out=product)
    for row in range(1, left.shape[1]):
        product.addcmul_(left[:, row, :, None], right[:, row, None])


def initial(size: Size, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Return the parameters that one network begins with, as `torch.nn.Linear` draws them; by field of `Networks`.

    Each layer's are uniform in ±1/√(the layer's inputs).
    """
    return {
        field: rng.uniform(-1, 1, shape[1:]).astype(np.float32)
        / np.float32(sqrt(size.inputs if field.startswith("hidden") else size.hidden))
        for field, shape in size.shapes(1).items()
    }
