"""The admin's form of a page: what only the page and its rows together can tell to be wrong."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, Model, UniqueConstraint

from wagtail.admin.forms import WagtailAdminPageForm


class PageForm(WagtailAdminPageForm):
    """Checks the constraints of the page's rows that Django leaves to the database.

    A row is checked by itself without its page, and only against the rows of the same form. But a
    constraint may name the page, and somebody else may have added rows while the form was open.
    """

    def clean(self) -> dict[str, Any]:
        """Add an error for each constraint that the rows of the page would break together."""
        cleaned: dict[str, Any] = super().clean()
        for formset in self.formsets.values():
            if formset.is_valid():
                self.check_rows(formset)
        return cleaned

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the values of the rows that stay in a formset; none if it is not valid."""
        formset = self.formsets[name]
        return [form.cleaned_data for form in self.row_forms(formset)] if formset.is_valid() else []

    def row_forms(self, formset: Any) -> list[Any]:
        """Return the forms of a formset that hold a row which is to stay."""
        deleted = formset.deleted_forms
        return [
            form
            for form in formset.forms
            if form not in deleted and (form.instance.pk or form.has_changed())
        ]

    def check_rows(self, formset: Any) -> None:
        """Add the errors of the rows of one relation."""
        in_form = {form.instance.pk for form in formset.forms}
        rows = [form.instance for form in self.row_forms(formset)]
        rows += [
            row
            for row in getattr(self.instance, formset.rel_name).all()
            if row.pk is not None and row.pk not in in_form
        ]
        for row in rows:
            setattr(row, formset.fk.name, self.instance)
        for constraint in formset.model._meta.constraints:
            if is_broken(constraint, rows, formset.fk.name):
                self.add_error(None, ValidationError(constraint.get_violation_error_message()))


def is_broken(constraint: Any, rows: list[Model], parent: str) -> bool:
    """Say whether rows of one page break a constraint together."""
    if isinstance(constraint, UniqueConstraint):
        names = [name for name in constraint.fields if name != parent]
        keys = [tuple(getattr(row, name) for name in names) for row in rows]
        return len(set(keys)) < len(keys)
    if isinstance(constraint, CheckConstraint):
        for row in rows:
            try:
                constraint.validate(type(row), row)
            except ValidationError:
                return True
    return False
