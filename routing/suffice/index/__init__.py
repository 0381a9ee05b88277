"""The symbols of a repository: what its files define, use and import, looked at only where something is asked."""
