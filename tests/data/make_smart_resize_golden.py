"""Makes ``smart_resize_golden.csv.gz``: what the reference makes of 20,000 picture sizes.

Run once, in an environment of its own with qwen-vl-utils 0.0.14 in it::

    python tests/data/make_smart_resize_golden.py

The reference module imports torch, which its arithmetic does not need; so the functions are taken
from the module's source and nothing else of it is run.  Columns: width, height, factor, min_pixels,
max_pixels, and the width and height that the reference gives (0, 0 where it refuses).
"""

from __future__ import annotations

import ast
import gzip
import importlib.util
import io
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

FUNCTIONS = ("round_by_factor", "ceil_by_factor", "floor_by_factor", "smart_resize")
ROWS = 20_000
# (factor, min_pixels, largest max_pixels): Qwen2-VL and Qwen2.5-VL, Qwen3-VL.
BOUNDS = ((28, 4 * 28**2, 16_384 * 28**2), (32, 64 * 32**2, 16_384 * 32**2))
BUDGETS = (256, 640, 1280, 2560, 16_384)  # tokens


def load_reference() -> Callable[..., tuple[int, int]]:
    """``smart_resize(height, width, factor, min_pixels, max_pixels)`` of the installed package."""
    package = importlib.util.find_spec("qwen_vl_utils")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("qwen-vl-utils is not installed here")
    source = Path(package.submodule_search_locations[0], "vision_process.py").read_text("utf-8")
    wanted = [
        node
        for node in ast.parse(source).body
        if (isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS)
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MAX_RATIO")
    ]
    header = "import math\nfrom typing import Optional, Tuple\n"
    header += "IMAGE_MAX_TOKEN_NUM, IMAGE_MIN_TOKEN_NUM = 16384, 4\n"
    names: dict[str, Any] = {}
    code = header + "\n".join(ast.unparse(node) for node in wanted)
    exec(compile(code, "reference", "exec"), names)  # noqa: S102 - the reference is the point
    return names["smart_resize"]  # type: ignore[no-any-return]


def draw_size(dice: random.Random, factor: int) -> tuple[int, int]:
    """A picture's width and height: common ones, halves of the factor, and far too long ones."""
    kind = dice.random()
    if kind < 0.6:
        return (_log_uniform(dice, 1, 9000), _log_uniform(dice, 1, 9000))
    if kind < 0.85:  # where rounding halves to even differs from rounding them up
        return (
            factor * dice.randint(0, 120) + factor // 2,
            factor * dice.randint(0, 120) + factor // 2,
        )
    short = dice.randint(1, 60)
    long = max(1, round(short * dice.uniform(150, 210)))
    return (short, long) if dice.random() < 0.5 else (long, short)


def _log_uniform(dice: random.Random, low: int, high: int) -> int:
    return round(math.exp(dice.uniform(math.log(low), math.log(high))))


def main() -> None:
    """Writes the table beside this script."""
    smart_resize = load_reference()
    dice = random.Random(20_000)  # noqa: S311 - sizes, not secrets
    lines = io.StringIO()
    for _ in range(ROWS):
        factor, min_pixels, most = dice.choice(BOUNDS)
        max_pixels = min(dice.choice(BUDGETS) * factor**2, most)
        width, height = draw_size(dice, factor)
        try:
            new_height, new_width = smart_resize(height, width, factor, min_pixels, max_pixels)
        except ValueError:
            new_height = new_width = 0
        else:
            assert min(new_height, new_width) > 0
        print(width, height, factor, min_pixels, max_pixels, new_width, new_height,
              sep=",", file=lines)  # fmt: skip
    target = Path(__file__).with_name("smart_resize_golden.csv.gz")
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(lines.getvalue().encode("ascii"))


if __name__ == "__main__":
    main()
