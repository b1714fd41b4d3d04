"""Evaluation: labelled pictures and a detector go in, figures come out.

The figures are the same for every backend, so that models, prompts and thresholds can be
compared.  May import everything below it, never the command line or the settings.
"""
