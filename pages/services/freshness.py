"""Tells cached pages that the content has changed."""

from django.db.models import Func, Value

from pages.models import ContentVersion


def content_changed() -> None:
    """Give the content a new number in the caller's transaction: it is seen with the change.

    The number comes from a sequence, so it is never given twice, even if the transaction is rolled
    back: what somebody kept under it inside the transaction is found by nobody afterwards.
    """
    ContentVersion.objects.filter(pk=1).update(
        number=Func(Value("pages_contentversion_numbers"), function="nextval")
    )
