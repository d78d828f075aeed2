"""How the small nets are trained: one lesson per net, and the session that they all share."""
