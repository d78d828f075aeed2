"""The studio: who may do what, at which price, and where it ends up."""
