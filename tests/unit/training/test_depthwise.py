import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")

from torch.nn import functional  # noqa: E402

from training.depthwise import DepthwiseConv, same_padding  # noqa: E402


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_fast_gradient_is_the_gradient(kernel: int, stride: int) -> None:
    """Putting a 5x5 weight gradient together from 3x3 ones changes nothing but the time."""
    torch.manual_seed(1)
    conv = DepthwiseConv(12, kernel, stride)
    pixels = torch.randn(3, 12, 16, 20).bfloat16().requires_grad_()
    out = conv(pixels)
    weights = torch.randn(out.shape)
    (out.float() * weights).sum().backward()

    exact_pixels = pixels.detach().float().requires_grad_()
    exact_weight = conv.weight.detach().clone().requires_grad_()
    padded = functional.pad(exact_pixels, same_padding(kernel, stride))
    exact = functional.conv2d(padded, exact_weight, None, stride, 0, 1, 12)
    (exact * weights).sum().backward()

    assert out.shape == exact.shape
    for ours, theirs in ((conv.weight.grad, exact_weight.grad), (pixels.grad, exact_pixels.grad)):
        assert (ours.float() - theirs).abs().max() < 0.02 * theirs.abs().max()
