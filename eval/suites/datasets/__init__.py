"""Data sets for try-on that people in this field measure on, read from where somebody has put them."""
