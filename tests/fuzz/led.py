"""One decoder under atheris, for `tests.fuzz.coverage`: `python -m tests.fuzz.led DECODER [libFuzzer's options]`."""

import sys

import atheris

with atheris.instrument_imports(include=["diramoja", "diramoja_community"]):
    from tests.fuzz.decoders import DECODERS

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], DECODERS[sys.argv[1]])
    atheris.Fuzz()  # Ends the process.
