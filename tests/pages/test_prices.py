"""A price is what the history says: exact, of its moment, never rewritten."""

from datetime import timedelta
from decimal import Decimal
from threading import Event

from django.core.exceptions import ValidationError
from django.db import InternalError, connection, transaction
from django.db.utils import DatabaseError
from django.http import Http404
from django.utils import timezone

from wagtail.models import PageLogEntry, PageViewRestriction

import pytest
import time_machine

from pages import selectors
from pages.models import ServicePage, ServicePrice, Synonym
from pages.services.deletion import protectors
from pages.services.prices import (
    PricesChanged,
    cancel_scheduled_price,
    load_price_history,
    set_price,
)
from tests.factories import pages as make

D = Decimal


def in_days(days):
    """Return the moment that many days away."""
    return timezone.now() + timedelta(days=days)


def titles(price_list):
    """Return the titles that a price list shows."""
    return [row.title for row in price_list.rows]


@pytest.mark.django_db
class TestOnePrice:
    """Setting, scheduling and taking back."""

    def test_new_price_is_in_force_at_once_and_the_old_one_is_kept(self):
        service = make.service(price="390")
        author = make.staff()
        set_price(service_id=service.pk, amount=D("420.50"), author=author, note="сырьё")
        assert selectors.current_prices([service.pk]) == {service.pk: D("420.50")}
        latest, earlier = selectors.price_history(service.pk)
        assert (latest.state, latest.change) == ("current", D("30.50"))
        assert (latest.price.author, latest.price.note) == (author, "сырьё")
        assert (earlier.state, earlier.change) == ("past", None)

    def test_scheduled_price_waits_for_its_moment_by_moscow_time(self):
        midnight = make.moscow(2030, 1, 1)
        with time_machine.travel(midnight - timedelta(days=3), tick=False):
            service = make.service(price="390")
            set_price(service_id=service.pk, amount=D(420), valid_from=midnight)
        with time_machine.travel(midnight - timedelta(microseconds=1), tick=False):
            row = selectors.services_with_prices().get(pk=service.pk)
            assert (row.price, row.next_price, row.next_since) == (D(390), D(420), midnight)
        with time_machine.travel(midnight, tick=False):
            row = selectors.services_with_prices().get(pk=service.pk)
            assert (row.price, row.price_since, row.next_price) == (D(420), midnight, None)

    @pytest.mark.parametrize(
        "amount",
        ["0", "-1", "-0.01", "NaN", "sNaN", "Infinity", "1000000", "1E+30", "0.001", "9.999"],
    )
    def test_absurd_amount_is_refused(self, amount):
        service = make.service(price="390")
        with pytest.raises(ValidationError):
            set_price(service_id=service.pk, amount=D(amount))
        assert make.amounts(service) == [D(390)]

    @pytest.mark.parametrize("amount", ["0.01", "999999.99"])
    def test_lowest_and_highest_prices_are_exact_to_the_kopeck(self, amount):
        service = make.service()
        set_price(service_id=service.pk, amount=D(amount))
        assert make.amounts(service) == [D(amount)]

    @pytest.mark.parametrize("days", [-1, -0.00001, 733, 2_900_000])
    def test_past_and_far_moments_are_refused(self, days):
        service = make.service(price="390")
        with pytest.raises(ValidationError) as caught:
            set_price(service_id=service.pk, amount=D(400), valid_from=in_days(days))
        assert list(caught.value.message_dict) == ["valid_from"]
        assert make.amounts(service) == [D(390)]

    def test_two_prices_at_one_moment_are_refused(self):
        service = make.service(price="390")
        moment = in_days(3)
        set_price(service_id=service.pk, amount=D(400), valid_from=moment)
        with pytest.raises(ValidationError):
            set_price(service_id=service.pk, amount=D(410), valid_from=moment)
        assert make.amounts(service) == [D(390), D(400)]

    def test_price_that_changes_nothing_is_refused(self):
        service = make.service(price="390")
        with pytest.raises(ValidationError):
            set_price(service_id=service.pk, amount=D("390.00"))
        set_price(service_id=service.pk, amount=D(400), valid_from=in_days(3))
        with pytest.raises(ValidationError):
            set_price(service_id=service.pk, amount=D(400), valid_from=in_days(5))
        set_price(service_id=service.pk, amount=D(400), valid_from=in_days(1))

    def test_history_with_one_wrong_row_is_not_loaded_at_all(self):
        service = make.service()
        rows = [(in_days(-9), D(1)), (in_days(-8), D(0))]
        with pytest.raises(ValidationError):
            load_price_history(service_id=service.pk, rows=rows, source="import")
        assert make.amounts(service) == []

    def test_scheduled_price_can_be_taken_back_and_one_in_force_cannot(self):
        service = make.service(price="390")
        price = set_price(service_id=service.pk, amount=D(400), valid_from=in_days(3))
        cancel_scheduled_price(price_id=price.pk, service_id=service.pk)
        assert make.amounts(service) == [D(390)]
        current = ServicePrice.objects.get(service=service)
        with pytest.raises(ValidationError):
            cancel_scheduled_price(price_id=current.pk, service_id=service.pk)
        assert make.amounts(service) == [D(390)]

    def test_price_of_another_service_cannot_be_taken_back(self):
        service, other = make.service(price="390"), make.service(price="500")
        price = set_price(service_id=other.pk, amount=D(400), valid_from=in_days(3))
        with pytest.raises(ServicePrice.DoesNotExist):
            cancel_scheduled_price(price_id=price.pk, service_id=service.pk)

    def test_every_change_is_in_the_log_and_renews_cached_pages(self):
        service, author = make.service(price="390"), make.staff()
        before = selectors.content_version()
        price = set_price(
            service_id=service.pk, amount=D(400), valid_from=in_days(3), author=author
        )
        renewed = selectors.content_version()
        cancel_scheduled_price(price_id=price.pk, service_id=service.pk, author=author)
        assert before < renewed < selectors.content_version()
        entries = PageLogEntry.objects.filter(page=service, action__startswith="pages.")
        assert [(entry.action, entry.user) for entry in entries.order_by("pk")] == [
            ("pages.set_price", author),
            ("pages.cancel_price", author),
        ]
        assert "400" in entries.first().message

    def test_refused_price_leaves_no_trace(self):
        service = make.service(price="390")
        before = selectors.content_version()
        with pytest.raises(ValidationError):
            set_price(service_id=service.pk, amount=D(-1))
        assert selectors.content_version() == before
        assert not PageLogEntry.objects.filter(action="pages.set_price").exists()


@pytest.mark.django_db
class TestDatabase:
    """What no code can do, because the database refuses."""

    @pytest.mark.parametrize(
        "change", [{"amount": D(1)}, {"valid_from": timezone.now()}, {"source": "demo"}]
    )
    def test_price_cannot_be_rewritten(self, change):
        service = make.service(price="390")
        with pytest.raises(DatabaseError), transaction.atomic():
            ServicePrice.objects.filter(service=service).update(**change)
        assert make.amounts(service) == [D(390)]

    def test_price_in_force_cannot_be_deleted(self):
        service = make.service(price="390")
        with pytest.raises(DatabaseError), transaction.atomic():
            ServicePrice.objects.filter(service=service).delete()
        assert make.amounts(service) == [D(390)]

    def test_author_who_leaves_takes_no_price_along(self):
        service, author = make.service(), make.staff()
        set_price(service_id=service.pk, amount=D(390), author=author)
        author.delete()
        assert ServicePrice.objects.get(service=service).author is None
        assert make.amounts(service) == [D(390)]

    @pytest.mark.parametrize("amount", [D(0), D(-1), D("NaN")])
    def test_absurd_amount_is_refused_whoever_writes(self, amount):
        service = make.service()
        insert = (
            "INSERT INTO pages_serviceprice"
            " (service_id, amount, valid_from, source, note, created_at)"
            " VALUES (%s, %s, now(), 'manual', '', now())"
        )
        with (
            pytest.raises((DatabaseError, InternalError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(insert, [service.pk, amount])
        assert make.amounts(service) == []


class TestTwoWriters:
    """What happens when two managers press the button at the same moment."""

    def test_second_manager_is_told_and_writes_nothing(self, own_database, together):
        service = make.service(price="390")
        seen = selectors.price_state(service.pk)
        results = together(
            *(
                lambda amount=amount: set_price(service_id=service.pk, amount=D(amount), seen=seen)
                for amount in (400, 410, 420, 430)
            )
        )
        assert sorted(type(result).__name__ for result in results) == [
            *["PricesChanged"] * 3,
            "ServicePrice",
        ]
        assert len(make.amounts(service)) == 2

    def test_only_one_price_gets_a_moment(self, own_database, together):
        service = make.service(price="390")
        moment = in_days(3)
        results = together(
            *(
                lambda amount=amount: set_price(
                    service_id=service.pk, amount=D(amount), valid_from=moment
                )
                for amount in (400, 410, 420, 430)
            )
        )
        assert sum(isinstance(result, ServicePrice) for result in results) == 1
        assert sum(isinstance(result, ValidationError) for result in results) == 3
        assert len(make.amounts(service)) == 2

    def test_one_after_another_when_neither_minds(self, own_database, together):
        service = make.service(price="390")
        results = together(
            *(
                lambda amount=amount: set_price(service_id=service.pk, amount=D(amount))
                for amount in (400, 410)
            )
        )
        assert all(isinstance(result, ServicePrice) for result in results)
        assert set(make.amounts(service)) == {D(390), D(400), D(410)}

    def test_price_is_taken_back_once(self, own_database, together):
        service = make.service(price="390")
        price = set_price(service_id=service.pk, amount=D(400), valid_from=in_days(3))
        results = together(
            *[lambda: cancel_scheduled_price(price_id=price.pk, service_id=service.pk)] * 3
        )
        assert results.count(None) == 1
        assert sum(isinstance(result, ServicePrice.DoesNotExist) for result in results) == 2

    def test_history_is_loaded_once(self, own_database, together):
        service = make.service()
        together(*[lambda: make.history(service, (9, "390"), (5, "400"))] * 3)
        assert make.amounts(service) == [D(390), D(400)]

    def test_service_being_deleted_gets_no_price(self, own_database, together):
        service = make.service()
        locked = Event()

        def delete():
            with transaction.atomic():
                assert protectors([service]) == []
                locked.set()
                service.delete()

        def price():
            locked.wait(timeout=10)
            set_price(service_id=service.pk, amount=D(400))

        _deleted, refused = together(delete, price)
        assert isinstance(refused, ServicePage.DoesNotExist)
        assert not ServicePage.objects.filter(pk=service.pk).exists()


@pytest.mark.django_db
class TestState:
    """The word by which a form notices that prices have changed."""

    def test_each_change_changes_it(self):
        service = make.service(price="390")
        seen = [selectors.price_state(service.pk)]
        first = set_price(service_id=service.pk, amount=D(400), valid_from=in_days(3))
        seen.append(selectors.price_state(service.pk))
        set_price(service_id=service.pk, amount=D(410), valid_from=in_days(4))
        seen.append(selectors.price_state(service.pk))
        cancel_scheduled_price(price_id=first.pk, service_id=service.pk)
        seen.append(selectors.price_state(service.pk))
        assert len(set(seen)) == 4

    def test_outdated_word_is_refused(self):
        service = make.service(price="390")
        seen = selectors.price_state(service.pk)
        set_price(service_id=service.pk, amount=D(400))
        with pytest.raises(PricesChanged):
            set_price(service_id=service.pk, amount=D(410), seen=seen)
        assert make.amounts(service) == [D(390), D(400)]


@pytest.mark.django_db
class TestPriceList:
    """What patients find on the price list."""

    def test_only_published_services_with_a_price_in_force_are_there(self):
        make.service(title="Глюкоза", price="270")
        make.service(title="Черновик", price="270", live=False)
        make.service(title="Без цены")
        coming = make.service(title="Будет")
        set_price(service_id=coming.pk, amount=D(1), valid_from=in_days(1))
        price_list = selectors.price_list({})
        assert titles(price_list) == ["Глюкоза"]
        assert price_list.total == 1

    def test_hidden_pages_do_not_leak(self):
        hidden = make.category("Скрытая", live=False)
        make.service(hidden, title="В скрытой категории", price="100")
        secret = make.service(make.category(), title="За паролем", price="100")
        PageViewRestriction.objects.create(page=secret, restriction_type="login")
        price_list = selectors.price_list({})
        assert (titles(price_list), price_list.total) == ([], 0)

    def test_category_and_words_narrow_it_down(self):
        blood, urine = make.category("Кровь", slug="krov"), make.category("Моча", slug="mocha")
        tsh = make.service(blood, title="Тиреотропный гормон", code="06-001", price="500")
        Synonym.objects.create(page=tsh, text="ТТГ")
        Synonym.objects.create(page=tsh, text="щитовидная железа")
        make.service(urine, title="Общий анализ мочи", code="01-007", price="320")
        assert titles(selectors.price_list({"category": "mocha"})) == ["Общий анализ мочи"]
        for query in ("ттг", "ТТГ железа", "гормон щитовидная", "06-001", "  тирео  "):
            assert titles(selectors.price_list({"q": query})) == [tsh.title], query
        assert titles(selectors.price_list({"q": "ттг", "category": "mocha"})) == []
        assert len(titles(selectors.price_list({"category": "нет такой"}))) == 2

    def test_code_is_found_whatever_alphabet_it_is_typed_in(self):
        make.service(title="Глюкоза", code="AB-1", price="270")
        assert titles(selectors.price_list({"q": "АВ-1"})) == ["Глюкоза"]

    @pytest.mark.parametrize("query", ["%", "_", "\\", "'", "'; --", "а" * 10_000, ". ."])
    def test_odd_queries_match_as_text(self, query):
        make.service(title="Глюкоза", price="270")
        assert titles(selectors.price_list({"q": query})) == []

    def test_pages_are_filled_in_order_and_end(self, monkeypatch):
        monkeypatch.setattr(selectors.prices, "PRICE_LIST_PAGE", 2)
        for number in range(5):
            make.service(title=f"Анализ {number}", price="100")
        found = [titles(selectors.price_list({"page": str(page)})) for page in (1, 2, 3)]
        assert found == [["Анализ 0", "Анализ 1"], ["Анализ 2", "Анализ 3"], ["Анализ 4"]]
        for page in ("4", "0", "-1", "1.5", "x", "9" * 5000, "٣"):
            with pytest.raises(Http404):
                selectors.price_list({"page": page})
        assert len(titles(selectors.price_list({"page": "4"}, whole=True))) == 5

    def test_length_costs_no_queries(self, django_assert_num_queries):
        def queries(count):
            for _number in range(count):
                make.service(price="100")
            with selectors.one_version():
                selectors.price_list({})
                with django_assert_num_queries(3, exact=False):
                    selectors.price_list({})

        queries(1)
        queries(20)


@pytest.mark.django_db
class TestPromotions:
    """An old price is shown only where it is true."""

    def rows(self, page):
        """Return (price, old price) of the services of a promotion."""
        return [(row.price, row.old_price) for row in selectors.promotion_rows(page)]

    def test_old_price_is_the_lowest_of_the_thirty_days_before(self):
        service = make.service()
        make.history(service, (100, 900), (20, 1000), (3, 1100))
        page = make.promotion(timezone.localdate(), service, discount_percent=20)
        assert self.rows(page) == [(D("880.00"), D("900.00"))]

    def test_price_raised_for_the_promotion_makes_no_old_price(self):
        service = make.service()
        make.history(service, (100, 800), (3, 1100))
        page = make.promotion(timezone.localdate(), service, discount_percent=20)
        assert self.rows(page) == [(D("880.00"), None)]

    def test_short_history_makes_no_old_price(self):
        service = make.service()
        make.history(service, (29, 1000))
        page = make.promotion(timezone.localdate(), service, discount_percent=20)
        assert self.rows(page) == [(D("800.00"), None)]

    def test_promotion_to_come_promises_no_old_price(self):
        service = make.service()
        make.history(service, (100, 1000), (-5, 1200))
        starts_on = timezone.localdate() + timedelta(days=10)
        page = make.promotion(starts_on, service, discount_percent=25)
        assert self.rows(page) == [(D("900.00"), None)]

    def test_ended_promotion_has_no_price(self):
        service = make.service(price="1000")
        today = timezone.localdate()
        page = make.promotion(
            today - timedelta(days=9),
            service,
            ends_on=today - timedelta(days=1),
            discount_percent=9,
        )
        assert self.rows(page) == [(None, None)]

    def test_kopecks_are_rounded_half_up(self):
        service = make.service(price="0.50")
        page = make.promotion(timezone.localdate(), service, discount_percent=51)
        assert self.rows(page)[0][0] == D("0.25")
