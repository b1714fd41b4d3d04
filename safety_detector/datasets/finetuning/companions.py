"""The files beside the samples that a program needs, or that keep it from spoiling them.  Pure.

Both programs shrink pictures beyond a limit of their own before the model sees them, while boxes
stay as they are written: at LLaMA-Factory's usual 768 x 768 pixels nearly every box of a 720p frame
would be wrong without a word.  So the limits of the set stand in the files that start a training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from safety_detector.datasets.finetuning.reading_back import SAMPLE_FILES
from safety_detector.datasets.labelled import Side
from safety_detector.detectors.qwen.dialects import Dialect

_TEXT_TOKENS = 2048
"""Of instruction, question and ten objects: about 1,000; a bound that cuts nothing."""

_DATASET_NAMES = {Side.TRAIN: "safety_train", Side.VALIDATION: "safety_validation"}

_TEMPLATES = {"qwen2-vl": "qwen2_vl", "qwen2.5-vl": "qwen2_vl", "qwen3-vl": "qwen3_vl_nothink"}
"""LLaMA-Factory's chat template of each dialect's models (``data/template.py`` of 0.9.5)."""

_SWIFT_TYPES = {"qwen2-vl": "qwen2_vl", "qwen2.5-vl": "qwen2_5_vl", "qwen3-vl": "qwen3_vl"}
"""ms-swift's name of each dialect's models and templates; a local folder's name says neither."""

_MODELS = {
    "qwen2-vl": "Qwen/Qwen2-VL-7B-Instruct",
    "qwen2.5-vl": "Qwen/Qwen2.5-VL-7B-Instruct",
    "qwen3-vl": "Qwen/Qwen3-VL-8B-Instruct",
}


class FineTuningProgram(StrEnum):
    """The program that a set is for; the names of formats."""

    LLAMA_FACTORY = "llama-factory"
    MS_SWIFT = "ms-swift"


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What of a set matters to the program that trains on it.

    Attributes:
        samples: how many, by side.
        dialect: of the model.
        most_pixels: of the largest picture.
    """

    samples: Mapping[Side, int]
    dialect: Dialect
    most_pixels: int

    @property
    def longest_sample(self) -> int:
        """More tokens than any sample has, a multiple of 256."""
        visual = self.most_pixels // self.dialect.factor**2
        return (visual + _TEXT_TOKENS + 255) // 256 * 256

    @property
    def sides(self) -> tuple[Side, ...]:
        """Those that have samples: an empty file stops both programs."""
        return tuple(side for side in Side if self.samples.get(side))


def companion_files(program: FineTuningProgram, facts: SetFacts) -> dict[str, str]:
    """The files for a program, by name."""
    if program is FineTuningProgram.MS_SWIFT:
        return {"train_lora.sh": _swift_command(facts)}
    return {"dataset_info.json": _dataset_info(facts), "train_lora.yaml": _factory_recipe(facts)}


def _dataset_info(facts: SetFacts) -> str:
    tags = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }
    entries = {
        _DATASET_NAMES[side]: {
            "file_name": SAMPLE_FILES[side],
            "formatting": "sharegpt",
            "columns": {"messages": "messages", "images": "images"},
            "tags": tags,
        }
        for side in facts.sides
    }
    return json.dumps(entries, indent=2) + "\n"


def _factory_recipe(facts: SetFacts) -> str:
    evaluation = (
        f"eval_dataset: {_DATASET_NAMES[Side.VALIDATION]}\n"
        "per_device_eval_batch_size: 1\neval_strategy: epoch\n"
        if Side.VALIDATION in facts.sides
        else ""
    )
    return f"""\
# llamafactory-cli train train_lora.yaml, in this folder.  What fits on which card, and what to
# change there: docs/finetuning.md.
model_name_or_path: {_MODELS[facts.dialect.name]}
template: {_TEMPLATES[facts.dialect.name]}
dataset_dir: .
dataset: {_DATASET_NAMES[Side.TRAIN]}
{evaluation}
# Of this set: with lower limits pictures would be shrunk while their boxes stay.
image_max_pixels: {facts.most_pixels}
image_min_pixels: {facts.dialect.min_pixels}
cutoff_len: {facts.longest_sample}

stage: sft
do_train: true
finetuning_type: lora
lora_rank: 8
lora_target: all
freeze_vision_tower: true
freeze_multi_modal_projector: true

per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
# A card without bfloat16 (T4): fp16, and 4 bits for the weights.
bf16: true
# fp16: true
# quantization_bit: 4
# quantization_method: bnb

output_dir: out
logging_steps: 5
save_strategy: epoch
"""


def _swift_command(facts: SetFacts) -> str:
    validation = (
        f"  --val_dataset {SAMPLE_FILES[Side.VALIDATION]} \\\n"
        if Side.VALIDATION in facts.sides
        else "  --split_dataset_ratio 0 \\\n"
    )
    return f"""\
#!/bin/sh
# ms-swift 4: sh train_lora.sh, anywhere.  What fits on which card, and what to change there:
# docs/finetuning.md.
set -e
cd "$(dirname "$0")"
# Of this set: with lower limits pictures would be shrunk while their boxes stay.
export MAX_PIXELS={facts.most_pixels} MIN_PIXELS={facts.dialect.min_pixels}
# Paths of pictures begin in this folder.
export ROOT_IMAGE_DIR="$PWD"
# A card without bfloat16 (T4): --torch_dtype float16 --quant_method bnb --quant_bits 4
exec swift sft \\
  --model {_MODELS[facts.dialect.name]} \\
  --model_type {_SWIFT_TYPES[facts.dialect.name]} --template {_SWIFT_TYPES[facts.dialect.name]} \\
  --dataset {SAMPLE_FILES[Side.TRAIN]} \\
{validation}\
  --tuner_type lora --lora_rank 8 --lora_alpha 16 --target_modules all-linear \\
  --freeze_vit true --freeze_aligner true \\
  --torch_dtype bfloat16 \\
  --max_length {facts.longest_sample} --truncation_strategy raise \\
  --per_device_train_batch_size 1 --gradient_accumulation_steps 8 \\
  --learning_rate 1e-4 --num_train_epochs 3 --lr_scheduler_type cosine --warmup_ratio 0.1 \\
  --output_dir out --logging_steps 5 "$@"
"""
