"""The command line: thin commands that read settings, call the library and print.

Command modules import heavy parts inside their functions, so that ``safety-detector --help`` does
not wait for OpenCV, ONNX Runtime or ReportLab.
"""
