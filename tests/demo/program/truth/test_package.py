"""The truth is worth something only while it shares no line with what it judges."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import partnerops_pipeline.demo.program.truth as truth

FOLDER = Path(truth.__file__).parent
PACKAGE = truth.__name__
ALLOWED = {"partnerops_pipeline.demo.program.events", "partnerops_pipeline.demo.program.ids"}


def imported_modules(source: str, package: str = PACKAGE) -> set[str]:
    """Absolute names of everything that a file of a package imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            prefix = ".".join(parents) + "." if node.level else ""
            if node.level and node.module is None:
                found |= {prefix + alias.name for alias in node.names}
            else:
                found.add(prefix + (node.module or ""))
    return found


def package_of(file: Path) -> str:
    return ".".join((PACKAGE, *file.relative_to(FOLDER).parent.parts))


def is_allowed(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names or module in ALLOWED or module.startswith(PACKAGE + ".")


def test_it_imports_nothing_but_the_standard_library_the_events_and_the_ids():
    files = sorted(FOLDER.rglob("*.py"))
    assert len(files) > 10
    forbidden = {
        (file.name, module)
        for file in files
        for module in imported_modules(file.read_text(encoding="utf-8"), package_of(file))
        if not is_allowed(module)
    }
    assert forbidden == set()


def test_the_check_itself_sees_every_form_of_import():
    source = (
        "import duckdb.x\nfrom partnerops_pipeline.lake import tables\nfrom ..records import rows\n"
        "from .. import names\nfrom ..events import EventLog\nfrom .money import divide\nimport datetime\n"
    )
    refused = {m for m in imported_modules(source) if not is_allowed(m)}
    program = "partnerops_pipeline.demo.program"
    assert refused == {"duckdb.x", "partnerops_pipeline.lake", f"{program}.records", f"{program}.names"}


def test_it_has_no_float_no_clock_and_no_import_by_name():
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), file.name
            assert getattr(node, "attr", None) not in {"now", "utcnow", "today", "time", "import_module"}, file.name
            assert getattr(node, "id", None) not in {"float", "__import__", "eval", "exec"}, file.name
