#!/usr/bin/env python3
"""Parses PowerShell scripts with tree-sitter's grammar: `check-powershell.py FILE...`.

No PowerShell runs here. The grammar is a little stricter than PowerShell itself: quote an argument that it
stumbles over. Prints every place that is not understood, as file:line:column.
"""

import pathlib
import sys

import tree_sitter
import tree_sitter_powershell

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


def problems(node: tree_sitter.Node, source: bytes) -> list[str]:
    if not node.has_error:
        return []
    if node.type == "ERROR" or node.is_missing:
        line, column = node.start_point
        text = source[node.start_byte : node.end_byte].decode(errors="replace").split("\n")[0][:60]
        said = f"{node.type} is missing" if node.is_missing else f"not PowerShell: {text}"
        return [f"{line + 1}:{column + 1}: {said}"]
    return [problem for child in node.children for problem in problems(child, source)]


def main() -> None:
    if not sys.argv[1:]:
        sys.exit(__doc__)
    failed = False
    for name in sys.argv[1:]:
        source = pathlib.Path(name).read_bytes()
        for problem in problems(PARSER.parse(source).root_node, source):
            print(f"{name}:{problem}", file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
