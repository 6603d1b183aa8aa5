"""All writes of the chat. Each function is one transaction and tells the readers by itself."""
