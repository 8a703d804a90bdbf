"""Releases: immutable folders of tables that readers open, and the one symlink that says which of them is current."""
