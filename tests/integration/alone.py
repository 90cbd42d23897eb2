"""What is run by itself beside the tests that are always run: soak.py, measure.py, reconnects.py."""
import argparse
import os
import sys
import unittest
from pathlib import Path


def run(doc, make_test, options, **types):
    """Parses the command line into options, which has the defaults, and runs the tests; never comes back.

    make_test: gives the TestCase, and imports the harness only then, since that looks for the build at once.
    types: of the options besides --build.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    for name, kind in types.items():
        parser.add_argument(f"--{name}", type=kind, default=getattr(options, name))
    parser.parse_args(namespace=options)
    os.environ["CAMD_BUILD"] = str(Path(options.build).resolve())
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(make_test())
    sys.exit(0 if unittest.TextTestRunner().run(suite).wasSuccessful() else 1)
