"""The embedded detector's network: EfficientNet-Lite0, a light pyramid, two kinds of answer.

Boxes come from an anchor-free head on strides 8, 16 and 32 (one prediction per grid cell: the
distances from the cell's centre to the four sides). A second, picture-level head answers "is there
fire / smoke anywhere", which loose fire and smoke boxes cannot answer well.

All pictures are float32 RGB, shape (B, 3, H, W), H and W multiples of 32, normalised by
`normalise`. All boxes are xyxy in input pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.depthwise import DepthwiseConv, same_padding

CLASSES = ("fire", "smoke", "person", "head_helmet", "head_bare")
PICTURE_CLASSES = ("fire", "smoke")
STRIDES = (8, 16, 32)

# What the ImageNet weights of EfficientNet-Lite were trained with (TPU reference code).
PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0
TPU_BATCH_NORM_EPS = 1e-3

# Share of the newest batch in the running mean and variance; small because a batch is small.
NORM_MOMENTUM = 0.03

# Scores start near this value, so that the first steps are not spent on unlearning 0.5 everywhere
# (RetinaNet, Lin et al. 2017, section 4.1).
PRIOR_SCORE = 0.01


@dataclass(frozen=True, slots=True)
class Stage:
    """A run of equal blocks of EfficientNet-Lite0 (Tan and Le 2019, table 1)."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


LITE0_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM_CHANNELS = 32
# Stages whose output feeds the pyramid: the last ones at strides 8, 16 and 32.
PYRAMID_STAGES = (2, 4, 6)


def normalise(pixels: Tensor) -> Tensor:
    """Turn RGB pixels 0..255 into what the backbone expects."""
    return (pixels - PIXEL_MEAN) / PIXEL_SCALE


class SameConv(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow's SAME does.

    The ImageNet weights come from TensorFlow; symmetric padding would shift every feature map.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, kernel, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve; H and W must be even when the stride is 2."""
        padding = same_padding(self.kernel_size[0], self.stride[0])
        return super().forward(functional.pad(x, padding) if any(padding) else x)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=TPU_BATCH_NORM_EPS, momentum=NORM_MOMENTUM)


def _conv_norm(
    in_channels: int, out_channels: int, kernel: int = 1, stride: int = 1
) -> list[nn.Module]:
    return [SameConv(in_channels, out_channels, kernel, stride), _norm(out_channels)]


def _depthwise_norm(channels: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    return [DepthwiseConv(channels, kernel, stride), _norm(channels)]


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to the input where shapes allow."""

    def __init__(self, in_channels: int, stage: Stage, stride: int) -> None:
        super().__init__()
        hidden = in_channels * stage.expand
        layers: list[nn.Module] = []
        if stage.expand != 1:
            layers += [*_conv_norm(in_channels, hidden), nn.ReLU6(inplace=True)]
        layers += [*_depthwise_norm(hidden, stage.kernel, stride), nn.ReLU6(inplace=True)]
        layers += _conv_norm(hidden, stage.channels)
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and in_channels == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        return x + self.layers(x) if self.residual else self.layers(x)


class Backbone(nn.Module):
    """EfficientNet-Lite0 without its classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_conv_norm(3, STEM_CHANNELS, 3, 2), nn.ReLU6(inplace=True))
        self.stages = nn.ModuleList()
        channels = STEM_CHANNELS
        for stage in LITE0_STAGES:
            blocks = []
            for index in range(stage.repeats):
                blocks.append(InvertedResidual(channels, stage, stage.stride if index == 0 else 1))
                channels = stage.channels
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps at strides 8, 16 and 32."""
        maps = []
        x = self.stem(x)
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in PYRAMID_STAGES:
                maps.append(x)
        return maps

    def load_imagenet(self, weights: Mapping[str, Tensor]) -> None:
        """Copy the published ImageNet weights, whose tensors come in the same order as ours.

        Raises:
            ValueError: a tensor is missing or has another shape.
        """
        ours = {
            name: value
            for name, value in self.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }
        theirs = [
            value for name, value in weights.items() if not name.endswith("num_batches_tracked")
        ]
        if len(theirs) < len(ours):
            raise ValueError(f"{len(theirs)} tensors in the file, {len(ours)} needed")
        for (name, target), source in zip(ours.items(), theirs, strict=False):
            if target.shape != source.shape:
                raise ValueError(f"{name}: {tuple(target.shape)} here, {tuple(source.shape)} there")
            target.copy_(source)


def _separable(in_channels: int, out_channels: int, kernel: int = 5) -> nn.Sequential:
    """Depthwise then pointwise convolution: the wide 5x5 view costs little on a CPU."""
    return nn.Sequential(
        *_depthwise_norm(in_channels, kernel),
        *_conv_norm(in_channels, out_channels),
        nn.ReLU6(inplace=True),
    )


class Pyramid(nn.Module):
    """Top-down then bottom-up fusion (PANet, Liu et al. 2018) of three maps, all `width` wide."""

    def __init__(self, in_channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Sequential(*_conv_norm(c, width)) for c in in_channels)
        self.top_down = nn.ModuleList(_separable(width, width) for _ in in_channels[:-1])
        self.bottom_up = nn.ModuleList(_separable(width, width) for _ in in_channels[:-1])

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Fuse maps ordered from fine to coarse; same order and sizes out."""
        fused = [lateral(x) for lateral, x in zip(self.lateral, maps, strict=True)]
        for level in range(len(fused) - 2, -1, -1):
            above = functional.interpolate(fused[level + 1], scale_factor=2.0, mode="nearest")
            fused[level] = self.top_down[level](fused[level] + above)
        for level in range(1, len(fused)):
            below = functional.max_pool2d(fused[level - 1], 2)
            fused[level] = self.bottom_up[level - 1](fused[level] + below)
        return fused


class BoxHead(nn.Module):
    """Scores and side distances for each cell of one pyramid level."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.score_tower = nn.Sequential(_separable(width, width), _separable(width, width))
        self.side_tower = nn.Sequential(_separable(width, width), _separable(width, width))
        self.score = nn.Conv2d(width, len(CLASSES), 1)
        self.side = nn.Conv2d(width, 4, 1)
        nn.init.constant_(self.score.bias, -torch.log(torch.tensor(1 / PRIOR_SCORE - 1)).item())
        nn.init.constant_(self.side.bias, 1.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, H*W, 5) and left, top, right, bottom in pixels (B, H*W, 4)."""
        logits = self.score(self.score_tower(x)).flatten(2).transpose(1, 2)
        sides = self.side(self.side_tower(x)).flatten(2).transpose(1, 2)
        return logits.float(), functional.softplus(sides.float()) * self.stride


class PictureHead(nn.Module):
    """Fire and smoke anywhere in the picture, from the coarsest map.

    Average and maximum are both pooled: smoke fills a picture thinly, a flame is one bright cell.
    """

    def __init__(self, in_channels: int, width: int = 256) -> None:
        super().__init__()
        self.project = nn.Sequential(*_conv_norm(in_channels, width), nn.ReLU6(inplace=True))
        self.dropout = nn.Dropout(0.2)
        self.logit = nn.Linear(2 * width, len(PICTURE_CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> logits (B, 2) for fire and smoke."""
        x = self.project(x)
        pooled = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        return self.logit(self.dropout(pooled)).float()


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says of a batch: N cells over all levels, fine to coarse."""

    logits: Tensor  # (B, N, 5)
    boxes: Tensor  # (B, N, 4), xyxy in input pixels
    picture_logits: Tensor  # (B, 2)


def cell_centres(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """Centres of all cells of all levels, (N, 2) x and y in input pixels."""
    levels = []
    for stride in STRIDES:
        ys = (torch.arange(height // stride, device=device) + 0.5) * stride
        xs = (torch.arange(width // stride, device=device) + 0.5) * stride
        grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
        levels.append(torch.stack([grid_x.flatten(), grid_y.flatten()], dim=1))
    return torch.cat(levels)


class Detector(nn.Module):
    """The whole network."""

    def __init__(self, width: int = 96) -> None:
        super().__init__()
        self.backbone = Backbone()
        channels = tuple(LITE0_STAGES[index].channels for index in PYRAMID_STAGES)
        self.pyramid = Pyramid(channels, width)
        self.box_heads = nn.ModuleList(BoxHead(width, stride) for stride in STRIDES)
        self.picture_head = PictureHead(channels[-1])

    def forward(self, pixels: Tensor) -> Predictions:
        """Detect in RGB pixels 0..255, (B, 3, H, W)."""
        maps = self.backbone(normalise(pixels))
        levels = self.pyramid(maps)
        answers = [head(x) for head, x in zip(self.box_heads, levels, strict=True)]
        sides = torch.cat([side for _, side in answers], dim=1)
        centres = cell_centres(pixels.shape[2], pixels.shape[3], pixels.device)
        boxes = torch.cat([centres - sides[..., :2], centres + sides[..., 2:]], dim=-1)
        return Predictions(
            logits=torch.cat([logit for logit, _ in answers], dim=1),
            boxes=boxes,
            picture_logits=self.picture_head(maps[-1]),
        )
