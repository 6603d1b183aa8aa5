"""Addresses of the site that are not pages of the tree."""

app_name = "pages"
urlpatterns: list = []
