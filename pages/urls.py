"""Addresses of the site that are not pages of the tree."""

from django.urls import path

from pages import views
from pages.feeds import NewsFeed, PromotionFeed
from pages.page_cache import public_view
from pages.price_files import prices_csv, prices_xlsx

app_name = "pages"
urlpatterns = [
    path("ceny/price.xlsx", prices_xlsx, name="prices-xlsx"),
    path("ceny/price.csv", prices_csv, name="prices-csv"),
    path("sitemap.xml", views.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>.xml", views.sitemap_section, name="sitemap-section"),
    path("robots.txt", views.robots, name="robots"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("rss/news.xml", public_view(NewsFeed()), name="rss-news"),
    path("rss/promotions.xml", public_view(PromotionFeed()), name="rss-promotions"),
]
