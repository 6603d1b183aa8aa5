"""The demo widget and its conversations (see `manage.py load_chat_demo`, `seed_chat`)."""
