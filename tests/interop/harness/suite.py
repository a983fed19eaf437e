"""Runs every test of a folder and prints a line a test, as `run` expects.

    suite.py NAME FOLDER

unittest's own runner ends with a summary of its own form, and it counts a
skipped test as a success. Here a skip is a failure.
"""

import sys
import textwrap
import time
import unittest


class LinePerTest(unittest.TestResult):
    """Says `ok` or `FAILED`, what the test specifies, and how long it took."""

    def __init__(self, suite):
        super().__init__()
        self._suite = suite

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        seconds = time.monotonic() - self._started
        print(f"ok {self._title(test)} ({seconds:.1f} s)", flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            failed = self.failures if issubclass(err[0], test.failureException) else self.errors
            self._failed(test, f"{dict(subtest.params)}\n{failed[-1][1]}")

    def addSkip(self, test, reason):
        self.addFailure(test, (AssertionError, AssertionError(f"skipped: {reason}"), None))

    def _failed(self, test, details):
        print(f"FAILED {self._title(test)}", flush=True)
        print(textwrap.indent(details, "  "), flush=True)

    def _title(self, test):
        module, _, name = test.id().partition(".")
        name = name.rpartition(".")[2]
        title = f"{module.removeprefix('test_')}: {name.removeprefix('test_')}"
        return f"{self._suite}: {title.replace('_', ' ')}"


def main():
    name, folder = sys.argv[1:]
    tests = unittest.TestLoader().discover(folder)
    result = LinePerTest(name)
    tests.run(result)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
