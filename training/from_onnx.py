"""From a shipped ONNX file back to a network that can go on learning.

Checkpoints are large and get lost; the shipped file is always there. Batch normalisation is folded
into its convolutions, and a folded network learns badly: so the statistics of every convolution are
measured again on training pictures and put back beside weights of the usual length. The answers
stay what they were.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from training.model import Detector


def read_folded(path: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution and linear layer, by the layer's name in `Detector`."""
    graph = onnx.load(str(path)).graph
    values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in values:
            values[node.output[0]] = _dequantised(*(values[name] for name in node.input))
    for node in graph.node:  # equal tensors are stored once
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    return {
        _layer_name(node.name): (_tensor(values[node.input[1]]), _tensor(values[node.input[2]]))
        for node in graph.node
        if node.op_type in ("Conv", "Gemm")
    }


def _dequantised(
    stored: NDArray[np.int8], scale: NDArray[np.float32], zero: NDArray[np.int8]
) -> NDArray[np.float32]:
    """What 8-bit weights, or a bias, stand for, with a scale for each output channel."""
    shape = (-1,) + (1,) * (stored.ndim - 1)
    centred = stored.astype(np.float32) - zero.astype(np.float32).reshape(shape)
    return centred * scale.reshape(shape)


def _tensor(values: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(values.copy())


def _layer_name(node_name: str) -> str:
    """`/network/pyramid/lateral.0/lateral.0.0/Conv` -> `pyramid.lateral.0.0`."""
    parts: list[str] = []
    for part in node_name.split("/")[2:-1]:
        if parts and part.startswith(parts[-1] + "."):
            parts.pop()  # a container's child repeats the container's name
        parts.append(part)
    return ".".join(parts)


def pairs(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Every convolution that batch normalisation follows, by name."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Sequential):
            children = list(module.named_children())
            for (key, first), (_, second) in pairwise(children):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    yield f"{name}.{key}", first, second


@torch.no_grad()
def load_onnx(network: Detector, path: Path, pixels: Tensor) -> None:
    """Load the weights of an exported file, normalisation unfolded.

    Args:
        network: freshly made, on the CPU, with ImageNet weights: how long a convolution's weights
            are in it decides how they are split between convolution and normalisation.
        path: an ONNX file that `training.export` wrote.
        pixels: uint8 (B, 3, H, W), training pictures to measure the statistics on.

    Raises:
        KeyError: the file is of another network.
    """
    folded = read_folded(path)
    with_norm = {name: (conv, norm) for name, conv, norm in pairs(network)}
    lengths = {name: _length(conv.weight) for name, (conv, _) in with_norm.items()}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            weight, bias = folded[name]
            module.weight.copy_(weight)
            if name in with_norm:
                _pass_on(with_norm[name][1], bias)
            elif module.bias is not None:
                module.bias.copy_(bias)
    statistics = _measure(network, with_norm, pixels)
    for name, (conv, norm) in with_norm.items():
        mean, variance = statistics[name]
        ratio = lengths[name] / _length(conv.weight).clamp(min=1e-12)
        ratio = torch.where(_length(conv.weight) > 1e-9, ratio, torch.ones_like(ratio))
        conv.weight.mul_(ratio[:, None, None, None])
        # The bias came in through `_pass_on`; a channel at rest keeps a variance to divide by.
        bias = norm.bias.clone()
        norm.running_mean.copy_(mean * ratio)
        norm.running_var.copy_((variance * ratio.square()).clamp(min=1e-6))
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() / ratio)
        norm.bias.copy_(bias + mean)


def _length(weight: Tensor) -> Tensor:
    """Euclidean length of each output channel's weights, (C,)."""
    return weight.flatten(1).norm(dim=1)


def _pass_on(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    """Let a normalisation add a bias and change nothing else."""
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0 - norm.eps)
    norm.weight.fill_(1.0)
    norm.bias.copy_(bias)


def _measure(
    network: Detector, layers: dict[str, tuple[nn.Conv2d, nn.BatchNorm2d]], pixels: Tensor
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance (C,) of every convolution's output over pictures."""
    found: dict[str, tuple[Tensor, Tensor]] = {}

    def remember(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            variance, mean = torch.var_mean(output, dim=(0, 2, 3))
            found[name] = (mean, variance)

        return hook

    network.eval()
    with ExitStack() as stack:
        for name, (conv, _) in layers.items():
            handle = conv.register_forward_hook(remember(name))
            stack.callback(handle.remove)
        network(pixels.float())
    return found
