"""Training of the embedded detector: labelled pictures in, one ONNX file out.

Stands outside the product: nothing in `safety_detector` imports it, and it imports nothing
from there. It needs PyTorch (`training/requirements.txt`), which the product does not.
"""
