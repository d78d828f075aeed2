"""Credits: tariffs, plans and the ledger."""
