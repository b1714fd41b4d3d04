"""Loads a set for fine-tuning with the real LLaMA-Factory or ms-swift, and says what it made of it.

Run by ``sft_loaders.py`` with the Python of an environment in which they are installed; imports
nothing of ours.  ``python sft_loaders_peer.py llama-factory|ms-swift SET MODEL`` prints a line of
JSON for each sample of the training side: the tokens that the model is given and those that it
learns, as text, and how many of them stand for the picture.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", DISABLE_VERSION_CHECK="1")

PAD = "<|image_pad|>"
NOT_LEARNT = -100


def main(program: str, folder: Path, model: Path) -> None:
    """Prints what the program makes of the set."""
    load = _llama_factory if program == "llama-factory" else _ms_swift
    for ids, labels, tokenizer in load(folder, model):
        pad = tokenizer.convert_tokens_to_ids(PAD)
        given = [one for one, label in zip(ids, labels, strict=True) if label == NOT_LEARNT]
        learnt = [one for one in labels if one != NOT_LEARNT]
        line = {
            "given": tokenizer.decode([one for one in given if one != pad]),
            "learnt": tokenizer.decode(learnt),
            "pads": sum(one == pad for one in given),
        }
        print(json.dumps(line, ensure_ascii=False))


def _llama_factory(folder: Path, model: Path) -> Any:
    # Reads sound alone, and its build here is for CUDA.
    stand_in = types.ModuleType("torchaudio")
    stand_in.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules["torchaudio"] = stand_in
    import yaml
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    recipe = yaml.safe_load((folder / "train_lora.yaml").read_text())
    recipe |= {"model_name_or_path": str(model), "bf16": False, "use_cpu": True}
    recipe |= {"dataset_dir": str(folder), "output_dir": str(folder.parent / "out")}
    recipe |= {"overwrite_cache": True, "preprocessing_num_workers": 1}
    model_args, data_args, training_args, _, _ = get_train_args(recipe)
    tools = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(tools["tokenizer"], data_args)
    module = get_dataset(template, model_args, data_args, training_args, stage="sft", **tools)
    for one in module["train_dataset"]:
        yield one["input_ids"], one["labels"], tools["tokenizer"]


def _ms_swift(folder: Path, model: Path) -> Any:
    script = (folder / "train_lora.sh").read_text()
    limits = next(line for line in script.splitlines() if line.startswith("export MAX_PIXELS"))
    os.environ.update(pair.split("=") for pair in limits.removeprefix("export ").split())
    os.environ["ROOT_IMAGE_DIR"] = str(folder)
    from swift.dataset import load_dataset
    from swift.model import get_processor
    from swift.template import get_template

    processor = get_processor(str(model), model_type="qwen2_5_vl")
    template = get_template(
        processor, max_length=4096, template_type="qwen2_5_vl", truncation_strategy="raise"
    )
    template.set_mode("train")
    samples, _ = load_dataset(str(folder / "train.jsonl"), load_from_cache_file=False)
    for sample in samples:
        encoded = template.encode(dict(sample))
        yield encoded["input_ids"], encoded["labels"], processor.tokenizer


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
