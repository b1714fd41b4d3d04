"""Labelled pictures as conversations from which a language model learns: LLaMA-Factory, ms-swift.

Each sample is what the service itself would send (instruction, picture, question) and the answer
that the model should have given, in the dialect's coordinates of the picture as it is sent.  What
the service's own reader does not read back exactly is not written.
"""
