"""What outlives a task, in one SQLite file: ledger, cache, budget, health and consent; memory is a query over them."""
