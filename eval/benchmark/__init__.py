"""Runs that are started from the studio: what is asked, what it will take, carrying it out, and looking at it meanwhile."""
