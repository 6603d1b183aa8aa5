"""The demo content: text files beside these modules, and what turns them into pages.

Nothing here runs on a site unless `manage.py load_demo` is called. It adds what is missing and
leaves alone whatever is there.
"""
