"""All reads of the chat."""
