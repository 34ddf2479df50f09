"""The program.

python -m tools.reference            write
python -m tools.reference --check    say what would change, exit 1 if anything does
"""

import sys

from tools.reference.pages import ROOT, pages, stale


def main() -> int:
    """Write or check."""
    made = pages()
    old = stale(made)
    for path in old:
        print(f"{'stale' if '--check' in sys.argv else 'written'}: {path.relative_to(ROOT)}")
    if "--check" in sys.argv:
        print("run `make docs`" if old else "docs/reference agrees with the code")
        return 1 if old else 0
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
