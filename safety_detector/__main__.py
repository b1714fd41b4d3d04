"""``python -m safety_detector`` is the same as the ``safety-detector`` command."""

from safety_detector.cli.main import main

if __name__ == "__main__":
    main()
