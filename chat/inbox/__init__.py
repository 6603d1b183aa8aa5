"""The operators' inbox: an area of the Wagtail admin."""
