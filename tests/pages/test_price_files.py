"""The price list as files: the page's rows, in the form that Excel wants, and no trap in them."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO

from django.test import RequestFactory
from django.utils import timezone

from wagtail.models import Site

import pytest
from openpyxl import load_workbook

from pages.models import LaboratorySettings
from pages.services.prices import set_price
from site_config.common import exports
from tests.factories import pages as make

pytestmark = pytest.mark.django_db

XLSX = "/ceny/price.xlsx"
CSV = "/ceny/price.csv"
D = Decimal


@pytest.fixture
def price_list():
    """The price list page, with its order, of a laboratory that has a name."""
    laboratory = LaboratorySettings.for_site(Site.objects.get(is_default_site=True))
    laboratory.legal_name = "ООО «Дзагуров КДЛ»"
    laboratory.save()
    return make.price_list_page(order_number="№ 12 от 01.11.2026")


@pytest.fixture
def services(price_list):
    """Services of two categories."""
    blood, urine = make.category("Кровь", slug="krov"), make.category("Моча", slug="mocha")
    make.service(
        blood, title="Глюкоза", code="02-001", price="270", nomenclature_codes=["A09.05.023"]
    )
    make.service(blood, title="Инсулин", code="02-006", price="1250.50", turnaround_days=1)
    make.service(urine, title="Общий анализ мочи", code="01-007", price="320")
    make.service(urine, title="Черновик", price="1", live=False)
    make.service(urine, title="Без цены")


def shown(page, query=""):
    """Return what the page shows: category, code, title, price of each row."""
    request = RequestFactory().get(f"/ceny/{query}", headers={"host": "localhost"})
    request.site = Site.objects.get(is_default_site=True)
    groups = page.get_context(request)["price_list"].groups
    return [(g.category.title, r.code, r.title, r.price) for g in groups for r in g.rows]


def in_workbook(client, query=""):
    """Return the same from the workbook."""
    sheet = load_workbook(BytesIO(client.get(XLSX + query).content)).active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    start = next(i for i, row in enumerate(rows) if row[-1]) + 1
    return [(row[0], row[1], row[3], D(str(row[5]))) for row in rows[start:]]


def csv_rows(client, query=""):
    """Return the rows of the CSV file."""
    content = client.get(CSV + query).content.decode("utf-8-sig")
    return list(csv.reader(StringIO(content), delimiter=";"))


def in_csv(client, query=""):
    """Return the same from the CSV file."""
    rows = [row for row in csv_rows(client, query) if len(row) > 1][1:]
    return [(row[0], row[1], row[3], D(row[5].replace(",", "."))) for row in rows]


@pytest.mark.parametrize(
    "query", ["", "?category=mocha", "?q=инс", "?category=krov&q=02", "?category=x", "?q=нет"]
)
def test_files_equal_the_page_row_by_row(client, price_list, services, query):
    rows = shown(price_list, query)
    assert in_workbook(client, query) == rows
    assert in_csv(client, query) == rows


def test_page_number_does_not_cut_the_files(client, price_list, services):
    assert len(in_csv(client, "?page=2")) == 3


def test_new_price_is_in_the_files_at_once(client, price_list):
    service = make.service(price="270")
    assert in_csv(client)[0][3] == D(270)
    set_price(service_id=service.pk, amount=D("280.10"))
    assert in_csv(client)[0][3] == D("280.10")
    assert in_workbook(client)[0][3] == D("280.10")
    set_price(service_id=service.pk, amount=D(300), valid_from=timezone.now() + timedelta(days=1))
    assert in_csv(client)[0][3] == D("280.10")


@pytest.mark.parametrize(("address", "kind"), [(XLSX, "spreadsheetml"), (CSV, "text/csv")])
def test_file_is_a_dated_download_without_a_session(client, price_list, services, address, kind):
    response = client.get(address)
    assert response.status_code == 200
    assert kind in response.headers["Content-Type"]
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert f"{timezone.localdate():%Y-%m-%d}" in disposition
    assert not response.cookies
    assert response.headers["ETag"]
    again = client.get(address, headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


def test_file_says_whose_it_is_and_since_when(client, price_list, services):
    head = "\n".join(row[0] for row in csv_rows(client, "?category=mocha&q=анализ")[:5])
    for word in (
        "ООО «Дзагуров КДЛ»",
        f"{timezone.localdate():%d.%m.%Y}",
        "№ 12 от 01.11.2026",
        "Моча",
        "анализ",
    ):
        assert word in head


def test_workbook_holds_numbers_with_two_decimals(client, price_list, services):
    sheet = load_workbook(BytesIO(client.get(XLSX).content)).active
    cells = [row[5] for row in sheet.iter_rows() if isinstance(row[5].value, int | float)]
    assert len(cells) == 3
    assert all(cell.number_format == "#,##0.00" for cell in cells)


def test_csv_is_as_a_russian_excel_wants_it(client, price_list, services):
    content = client.get(CSV).content
    assert content.startswith(b"\xef\xbb\xbf")
    assert "1250,50" in content.decode()
    assert b"\r\n" in content


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\r\n@", "＝"])
def test_names_never_become_formulas(client, price_list, start):
    make.service(title=f"{start}cmd|' /C calc'!A0", price="1")
    name = csv_rows(client)[-1][3]
    assert name.startswith("'")
    sheet = load_workbook(BytesIO(client.get(XLSX).content)).active
    assert sheet.cell(sheet.max_row, 4).data_type == "s"


def test_characters_that_no_cell_can_hold_are_left_out(client, price_list):
    make.service(title="Глю\x0b\x1bкоза\ufffe", price="1")
    assert in_csv(client)[0][2] == "Глю коза "
    assert in_workbook(client)[0][2] == "Глю коза "


@pytest.mark.parametrize("address", [XLSX, CSV])
def test_odd_requests_get_an_answer(client, price_list, services, address):
    assert client.get(address, {"q": "а" * 10_000, "category": "б" * 10_000}).status_code == 200
    assert client.get(address, {"q": "=1+1"}).status_code == 200
    assert client.get(address + "?q=%00").status_code == 400
    assert client.post(address).status_code == 405
    assert client.head(address).status_code == 200


@pytest.mark.parametrize("address", [XLSX, CSV])
def test_there_is_no_file_without_a_published_price_list(client, address):
    assert client.get(address).status_code == 404
    page = make.price_list_page()
    assert client.get(address).status_code == 200
    page.unpublish()
    assert client.get(address).status_code == 404


def test_empty_table_is_a_file_too():
    sheet = exports.Sheet(name="Пусто" * 20, headings=["А", "Б"], rows=[])
    assert load_workbook(BytesIO(exports.to_xlsx(sheet))).active.max_row == 1
    assert exports.to_csv(sheet).decode("utf-8-sig") == "А;Б\r\n"
