"""Tables as files for Excel: XLSX, and CSV as a Russian Excel reads it."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

Value = str | int | Decimal | date | datetime | None

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MONEY_FORMAT = "#,##0.00"
DATE_FORMAT = "dd.mm.yyyy"
MOMENT_FORMAT = "dd.mm.yyyy hh:mm"
WIDEST = 70
LONGEST_SHEET_NAME = 31
# Neither XML nor a cell of a table can hold them.
CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]+")
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Sheet:
    """A table with lines above it: what it is, of whom, of which day."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    title: Sequence[str] = ()


def file_response(sheet: Sheet, file_format: str, file_name: str) -> HttpResponse:
    """Return the sheet as a download; `file_format` is `xlsx` or `csv`."""
    content = to_xlsx(sheet) if file_format == "xlsx" else to_csv(sheet)
    return _download(content, file_format, file_name)


def workbook_response(sheets: Sequence[Sheet], file_name: str) -> HttpResponse:
    """Return the sheets as one workbook, as a download."""
    return _download(to_xlsx(*sheets), "xlsx", file_name)


def _download(content: bytes, file_format: str, file_name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=CONTENT_TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="{file_name}.{file_format}"'
    return response


def to_csv(sheet: Sheet) -> bytes:
    """Return the sheet as CSV: UTF-8 with a mark, semicolons, decimal commas."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";")
    writer.writerows([plain_text(line)] for line in sheet.title)
    writer.writerow([plain_text(heading) for heading in sheet.headings])
    writer.writerows([csv_value(value) for value in row] for row in sheet.rows)
    return stream.getvalue().encode("utf-8-sig")


def to_xlsx(*sheets: Sheet) -> bytes:
    """Return the sheets as a workbook: amounts are numbers, text is never a formula."""
    workbook = Workbook(write_only=True)
    for sheet in sheets:
        _write_sheet(workbook, sheet)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _write_sheet(workbook: Workbook, sheet: Sheet) -> None:
    worksheet = workbook.create_sheet(clean_text(sheet.name)[:LONGEST_SHEET_NAME])
    heading_row = len(sheet.title) + 1
    for number, width in enumerate(column_widths(sheet), start=1):
        worksheet.column_dimensions[get_column_letter(number)].width = width
    worksheet.freeze_panes = f"A{heading_row + 1}"
    if sheet.rows:
        last = get_column_letter(len(sheet.headings))
        worksheet.auto_filter.ref = f"A{heading_row}:{last}{heading_row + len(sheet.rows)}"
    for line in sheet.title:
        worksheet.append([xlsx_cell(worksheet, line, bold=True)])
    worksheet.append([xlsx_cell(worksheet, heading, bold=True) for heading in sheet.headings])
    for row in sheet.rows:
        worksheet.append([xlsx_cell(worksheet, value) for value in row])


def clean_text(text: object) -> str:
    """Return text in one line, without characters that no cell can hold."""
    return CONTROL.sub(" ", str(text))


def plain_text(text: object) -> str:
    """Return text for CSV, marked as text if a spreadsheet would take it for a formula."""
    line = clean_text(text)
    return f"'{line}" if line.lstrip().startswith(FORMULA) else line


def csv_value(value: Value) -> str:
    """Return a value as a Russian Excel writes it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return str(value) if isinstance(value, int) else plain_text(value)


def xlsx_cell(worksheet: Any, value: Value, *, bold: bool = False) -> Any:
    """Return a cell with a value of its own type."""
    if value is None:
        return None
    if isinstance(value, datetime):
        cell = WriteOnlyCell(worksheet, timezone.localtime(value).replace(tzinfo=None))
        cell.number_format = MOMENT_FORMAT
    elif isinstance(value, date):
        cell = WriteOnlyCell(worksheet, value)
        cell.number_format = DATE_FORMAT
    elif isinstance(value, Decimal | int):
        cell = WriteOnlyCell(worksheet, value)
        cell.number_format = MONEY_FORMAT if isinstance(value, Decimal) else "0"
    else:
        cell = WriteOnlyCell(worksheet, clean_text(value))
        cell.data_type = "s"
        cell.alignment = Alignment(vertical="top")
    if bold:
        cell.font = Font(bold=True)
    return cell


def column_widths(sheet: Sheet) -> list[int]:
    """Return for each column a width that shows its longest value, within reason."""
    widths = []
    for number, heading in enumerate(sheet.headings):
        longest = max((len(csv_value(row[number])) for row in sheet.rows), default=0)
        widths.append(min(max(len(heading), longest) + 2, WIDEST))
    return widths
