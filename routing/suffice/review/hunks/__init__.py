"""The parts of a change that a review speaks of: found, cut, put into their definitions, shown without secrets."""
