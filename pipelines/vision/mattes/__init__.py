"""Cut-outs: who is foreground, at which coverage, in which colour."""
