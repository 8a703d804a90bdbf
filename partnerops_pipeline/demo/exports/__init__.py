"""The export files that a partner portal, a partner marketplace and a learning system would give of the programme."""

from .write import Exports, export_files, write_exports

__all__ = ["Exports", "export_files", "write_exports"]
