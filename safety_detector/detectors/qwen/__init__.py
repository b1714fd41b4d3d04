"""The backend ``qwen``: a vision-language model behind OpenAI-compatible servers."""
