"""The straightforward script: what one writes first to have a model look at pictures.

    python -m benchmarks.first_script http://127.0.0.1:8000/v1 PICTURE...

One picture after the other, each uploaded as it is and put before the question, the answer awaited
whole, its JSON taken out of the fence, boxes drawn and saved.  It stands for the program that this
project replaces, so it is kept as it would be written: nothing is resized, mapped back, retried or
checked.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import openai
import PIL.Image
import PIL.ImageDraw

from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.prompts import make_prompt

MODEL = "Qwen/Qwen2.5-VL-7B-Instruct"
PROMPT = make_prompt("zh", dialect_named("qwen2.5-vl")).instruction  # the same words, for fairness


def inspect(client: openai.OpenAI, data: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """The objects in a picture, and the picture with their boxes as JPEG."""
    url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    response = client.chat.completions.create(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": url}},
                    {"type": "text", "text": PROMPT},
                ],
            }
        ],
        temperature=0,
    )
    text = response.choices[0].message.content or ""
    objects: list[dict[str, Any]] = json.loads(text.strip().strip("`").removeprefix("json"))
    picture = PIL.Image.open(io.BytesIO(data)).convert("RGB")
    draw = PIL.ImageDraw.Draw(picture)
    for one in objects:
        draw.rectangle(one["bbox_2d"], outline="red", width=3)
        draw.text(one["bbox_2d"][:2], one["label"], fill="red")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return objects, out.getvalue()


def main() -> None:
    """Inspects pictures one by one and saves them beside the originals."""
    client = openai.OpenAI(base_url=sys.argv[1], api_key="none")
    for name in sys.argv[2:]:
        objects, drawn = inspect(client, Path(name).read_bytes())
        print(name, objects)
        Path(name).with_suffix(".boxes.jpg").write_bytes(drawn)


if __name__ == "__main__":
    main()
