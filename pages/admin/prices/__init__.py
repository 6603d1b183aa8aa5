"""The admin area «Цены»: /admin/prices/."""
