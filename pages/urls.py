"""Addresses of the site that are not pages of the tree."""

from django.urls import path

from pages.price_files import prices_csv, prices_xlsx

app_name = "pages"
urlpatterns = [
    path("ceny/price.xlsx", prices_xlsx, name="prices-xlsx"),
    path("ceny/price.csv", prices_csv, name="prices-csv"),
]
