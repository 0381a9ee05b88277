"""What outlives a task: the ledger, the budget of a run, the health of providers, consent."""
