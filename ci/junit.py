"""Turns what `cargo test` printed into a JUnit report, for pages that show test results.

    python3 ci/junit.py target/ci/test.log >target/ci/junit.xml
    python3 ci/junit.py --summary target/ci/test.log        # a few lines of Markdown

cargo's own test runner has no such report on the stable toolchain. A log that ends in the middle of a
binary's tests, or holds none, is told as a failure: no page may show "all passed" for tests that never ran.
Exit code 0, also where tests failed: that is for whoever ran them to say. 2: the log cannot be read.
"""

import re
import sys
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

RUNNING = re.compile(r"^\s*Running (?:unittests )?(?P<source>\S+) \((?:.*/)?(?P<binary>\w[\w-]*?)-[0-9a-f]+\)$")
DOCS = re.compile(r"^\s*Doc-tests (?P<name>\S+)$")
TEST = re.compile(r"^test (?P<name>.+?) (?:- .*)?\.\.\. (?P<outcome>ok|FAILED|ignored)\b")
BEGAN = re.compile(r"^running (?P<count>\d+) tests?$")
ENDED = re.compile(r"^test result: .* finished in (?P<seconds>[\d.]+)s$")
OUTPUT = re.compile(r"^---- (?P<name>.+?) stdout ----$")
# XML 1.0 has no way to say these, such as the colours of a terminal.
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass
class Suite:
    """The tests of one binary."""

    name: str
    outcomes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    expected: int = 0

    def failed(self) -> list[str]:
        return [name for name, outcome in self.outcomes.items() if outcome == "FAILED"]


def suites_of(lines: list[str]) -> list[Suite]:
    """Every binary's tests, in order.

    >>> log = '''
    ...      Running unittests src/lib.rs (target/debug/deps/forecast_core-0a1b2c)
    ... running 2 tests
    ... test keys::sort ... ok
    ... test keys::join ... FAILED
    ... failures:
    ... ---- keys::join stdout ----
    ... left: 1 < right: 2
    ... failures:
    ...     keys::join
    ... test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.25s
    ...    Doc-tests forecast_core
    ... running 2 tests
    ... test src/lib.rs - (line 3) ... ok
    ... '''
    >>> [(suite.name, suite.outcomes, suite.seconds) for suite in suites_of(log.splitlines())]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('forecast_core src/lib.rs', {'keys::sort': 'ok', 'keys::join': 'FAILED'}, 0.25),
     ('forecast_core doc tests', {'src/lib.rs (line 3)': 'ok', '(the run ended early)': 'FAILED'}, 0.0)]
    >>> suites_of(log.splitlines())[0].outputs
    {'keys::join': ['left: 1 < right: 2']}
    >>> 'left: 1 &lt; right: 2' in report(suites_of(log.splitlines()))
    True
    >>> suites_of([])[0].failed()
    ['(no test ran)']
    """
    suites: list[Suite] = []
    crate = "it"
    showing = None
    for line in (UNSPEAKABLE.sub("", line) for line in lines):
        if match := RUNNING.match(line):
            # Every crate's integration tests are called `it`, and run after its unit tests.
            if match["binary"] != "it":
                crate = match["binary"]
            suites.append(Suite(f"{crate} {match['source']}"))
        elif match := DOCS.match(line):
            suites.append(Suite(f"{match['name']} doc tests"))
        elif not suites:
            continue
        elif match := BEGAN.match(line):
            suites[-1].expected += int(match["count"])
        elif match := TEST.match(line):
            name = line.removeprefix("test ").rsplit(" ... ", 1)[0].replace(" - (", " (")
            suites[-1].outcomes[name] = match["outcome"]
        elif match := ENDED.match(line):
            suites[-1].seconds += float(match["seconds"])
            showing = None
        elif match := OUTPUT.match(line):
            showing = suites[-1].outputs.setdefault(match["name"].replace(" - (", " ("), [])
        elif line == "failures:":
            showing = None
        elif showing is not None:
            showing.append(line)
    for suite in suites:
        if len(suite.outcomes) < suite.expected:
            suite.outcomes["(the run ended early)"] = "FAILED"
    return suites or [Suite("cargo test", {"(no test ran)": "FAILED"})]


def report(suites: list[Suite]) -> str:
    """The suites as JUnit XML. The runner times binaries, not tests, so that only suites have a time."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for suite in suites:
        lines.append(
            f"  <testsuite name={quoteattr(suite.name)} tests=\"{len(suite.outcomes)}\" "
            f"failures=\"{len(suite.failed())}\" time=\"{suite.seconds:.2f}\">"
        )
        for name, outcome in suite.outcomes.items():
            case = f"    <testcase classname={quoteattr(suite.name)} name={quoteattr(name)}"
            if outcome == "ok":
                lines.append(f"{case}/>")
            elif outcome == "ignored":
                lines.append(f"{case}><skipped/></testcase>")
            else:
                output = escape("\n".join(suite.outputs.get(name, [])).strip())
                lines.append(f"{case}><failure message=\"failed\">{output}</failure></testcase>")
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def summary(suites: list[Suite]) -> str:
    """The counts, and the names of what failed."""
    total = sum(len(suite.outcomes) for suite in suites)
    failed = [(suite, name) for suite in suites for name in suite.failed()]
    lines = [f"**{total} tests in {len(suites)} binaries, {len(failed)} failed**", ""]
    lines += [f"- `{suite.name}`: `{name}`" for suite, name in failed]
    return "\n".join(lines).strip() + "\n"


def main(arguments: list[str]) -> int:
    """The command line."""
    wants_summary = arguments[:1] == ["--summary"]
    paths = arguments[1:] if wants_summary else arguments
    if len(paths) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(paths[0], encoding="utf-8", errors="replace") as log:
            lines = log.read().splitlines()
    except OSError as error:
        print(f"junit.py: {error}", file=sys.stderr)
        return 2
    sys.stdout.write((summary if wants_summary else report)(suites_of(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
