"""The front process: it speaks LSP, and leaves all that blocks to its worker."""
