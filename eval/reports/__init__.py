"""What a run found, as a page, as text, as a table, and as an answer for continuous integration."""
