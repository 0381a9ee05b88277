"""The worker process: it lints, decides, asks and checks for the front."""
