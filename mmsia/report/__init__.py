"""Reports: one page, Markdown, CSV and JSON from the same cells."""
