"""Makes the sizes of a picture before a visitor asks: making one takes up to half a second."""

import logging

from wagtail.images.exceptions import InvalidFilterSpecError
from wagtail.images.models import Filter, SourceImageIOError

from django_tasks import task

from pages.models import SiteImage
from pages.seo.nodes import SOCIAL_FILTER

logger = logging.getLogger(__name__)

# All that templates and machines ask for.
SIZES = (
    *Filter.expand_spec("format-{avif,webp,jpeg} width-{480,960,1440}"),
    "fill-176x176",
    SOCIAL_FILTER,
)


@task()
def make_sizes(image_id: int) -> None:
    """Make the sizes that a picture lacks; one that is gone or cannot be read has none."""
    image = SiteImage.objects.filter(pk=image_id).first()
    if image is None:
        return
    try:
        image.get_renditions(*SIZES)
    except (SourceImageIOError, InvalidFilterSpecError):
        logger.warning("picture %s cannot be read", image_id)
