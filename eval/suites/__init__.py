"""Collections of cases to run tools on."""
