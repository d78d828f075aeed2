"""The rendered scenes as requests with truth, at the size in which tools make pictures of 1K."""
