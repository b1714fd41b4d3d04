"""Builds a tiny Qwen2.5-VL with random weights: the real vocabulary, image processor and template.

Run by the Python of the contract environment, with ``shim`` in PYTHONPATH: ``python tiny_model.py
FOLDER``.  It takes seconds and 80 MB.  The answers mean nothing; how the server counts, constrains
and refuses is what it does with the real model.  The chat template and the configurations are
written after the originals.
"""

import base64
import json
import sys
from importlib.metadata import files
from itertools import pairwise
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

RANKS = 151_643

SPECIAL = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"),
    *("<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>"),
    *("<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
]
PLAIN = [
    *("<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
    *("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"),
]
# Numbers that the model's configuration refers to.
KNOWN_IDS = {
    "<|endoftext|>": 151_643,
    "<|im_end|>": 151_645,
    "<|vision_start|>": 151_652,
    "<|vision_end|>": 151_653,
    "<|image_pad|>": 151_655,
    "<|video_pad|>": 151_656,
}

WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Of the original: one token of a picture is 2 × 2 patches of 14 pixels.
PREPROCESSOR = {
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "Qwen2_5_VLProcessor",
    "min_pixels": 4 * 28 * 28,
    "max_pixels": 16_384 * 28 * 28,
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
GENERATION = {
    "bos_token_id": KNOWN_IDS["<|endoftext|>"],
    "pad_token_id": KNOWN_IDS["<|endoftext|>"],
    "eos_token_id": [KNOWN_IDS["<|im_end|>"], KNOWN_IDS["<|endoftext|>"]],
    "do_sample": True,
    "repetition_penalty": 1.05,
    "temperature": 1e-6,
}


def read_ranks() -> dict[bytes, int]:
    """The vocabulary: each token's bytes and its number, which is also the order of merging."""
    # Not imported: that would need the rest of what the package depends on.
    path = next(one for one in files("dashscope") or [] if one.name == "qwen.tiktoken")
    lines = Path(str(path.locate())).read_bytes().splitlines()
    pairs = (line.split() for line in lines if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    if len(ranks) != RANKS:
        raise SystemExit(f"{path.locate()} holds {len(ranks)} tokens, not {RANKS}")
    return ranks


def printable_bytes() -> dict[int, str]:
    """The letter that stands for each byte in files of the GPT-2 kind."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    letters = {byte: chr(byte) for byte in shown}
    return letters | {byte: chr(256 + number) for number, byte in enumerate(hidden)}


def merge_of(token: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """The two parts whose merge made the token: all merges of lower rank, done in order."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        rank, at = min(
            (ranks.get(left + right, RANKS), at) for at, (left, right) in enumerate(pairwise(parts))
        )
        if rank >= ranks[token]:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def build_tokenizer(folder: Path) -> None:
    """The tokenizer in the form of the transformers library."""
    ranks, letters = read_ranks(), printable_bytes()

    def written(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    vocabulary = {written(token): rank for token, rank in ranks.items()}
    by_rank = sorted(ranks, key=ranks.__getitem__)
    splits = (merge_of(token, ranks) for token in by_rank if len(token) > 1)
    merges = [(written(split[0]), written(split[1])) for split in splits if len(split) == 2]

    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in SPECIAL])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in PLAIN])
    for name, number in KNOWN_IDS.items():
        if tokenizer.token_to_id(name) != number:
            raise SystemExit(f"{name} has another number than in the original")
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "vocab.json", vocabulary)
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", tokenizer_settings(tokenizer))
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")


def tokenizer_settings(tokenizer: Tokenizer) -> dict[str, object]:
    """What stands beside the vocabulary."""
    added = {
        str(tokenizer.token_to_id(name)): {
            "content": name,
            "special": name in SPECIAL,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "single_word": False,
        }
        for name in [*SPECIAL, *PLAIN]
    }
    return {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_prefix_space": False,
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "model_max_length": 131_072,
        "errors": "replace",
        "split_special_tokens": False,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
        "additional_special_tokens": SPECIAL[1:],
        "added_tokens_decoder": added,
    }


def build_weights(folder: Path) -> None:
    """Two layers of everything, random, the same each time."""
    torch.manual_seed(0)
    hidden = 128
    configuration = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 152_064,
            "hidden_size": hidden,
            "intermediate_size": 256,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 128_000,
            "rms_norm_eps": 1e-6,
            "use_sliding_window": False,
            "bos_token_id": KNOWN_IDS["<|endoftext|>"],
            "eos_token_id": KNOWN_IDS["<|im_end|>"],
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [8, 12, 12],
            },
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "in_channels": 3,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "tokens_per_second": 2,
            "window_size": 112,
            "out_hidden_size": hidden,
            "fullatt_block_indexes": [1],
        },
        image_token_id=KNOWN_IDS["<|image_pad|>"],
        video_token_id=KNOWN_IDS["<|video_pad|>"],
        vision_start_token_id=KNOWN_IDS["<|vision_start|>"],
        vision_end_token_id=KNOWN_IDS["<|vision_end|>"],
        tie_word_embeddings=False,
    )
    model = Qwen2_5_VLForConditionalGeneration(configuration)
    with torch.no_grad():
        # Or the choice among 152,000 tokens would be nearly uniform.
        model.lm_head.weight.mul_(10.0)
    model.to(torch.bfloat16).save_pretrained(folder)


def write_json(path: Path, content: object) -> None:
    """One configuration file."""
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def main() -> None:
    """Builds the model in the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    build_tokenizer(folder)
    build_weights(folder)
    write_json(folder / "preprocessor_config.json", PREPROCESSOR)
    # Last: saving the weights writes one of its own.
    write_json(folder / "generation_config.json", GENERATION)


if __name__ == "__main__":
    main()
