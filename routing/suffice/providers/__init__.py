"""One adapter per provider, over its official SDK. Each returns `Reply` or `NoReply`, the same for both."""
