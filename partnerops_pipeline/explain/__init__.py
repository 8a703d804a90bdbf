"""From a headline number to the records behind it."""
