"""What the engine has found, as releases that the app reads, and where everything lies."""
