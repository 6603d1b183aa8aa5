"""What the Wagtail admin shows of this app beside its own screens."""
