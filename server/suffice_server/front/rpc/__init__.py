"""LSP over JSON-RPC, with pygls' gaps closed."""
