"""What machines read on a page: canonical address, description, social picture, schema.org nodes.

The models call these functions to describe themselves; `Head` adds what every page has. Every
address is absolute and begins with that of the site's record, whatever host a request came to.
"""

from pages.seo.head import Head
from pages.seo.nodes import Node, site_root
from pages.seo.organisation import office, organisation, web_site
from pages.seo.services import promotion, service
from pages.seo.texts import article, faq_page, job_posting, medical_page, profile, web_page

__all__ = [
    "Head",
    "Node",
    "article",
    "faq_page",
    "job_posting",
    "medical_page",
    "office",
    "organisation",
    "profile",
    "promotion",
    "service",
    "site_root",
    "web_page",
    "web_site",
]
