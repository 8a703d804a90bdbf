"""From a headline number to the records behind it."""

from partnerops_pipeline.explain.explain import Explanation, Line, explain

__all__ = ["Explanation", "Line", "explain"]
