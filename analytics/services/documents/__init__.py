"""A report as a file: CSV for programs, XLSX for calculating on, PDF for reading and printing."""

from analytics.services.documents.contents import Contents, asked, gather, models_told, period
from analytics.services.documents.csv_file import csv_lines, table_lines
from analytics.services.documents.pdf_file import pdf_bytes, pdf_bytes_of_tables
from analytics.services.documents.tables import Tables, gather_tables
from analytics.services.documents.xlsx_file import write_xlsx, write_xlsx_tables

__all__ = [
    "Contents",
    "Tables",
    "asked",
    "csv_lines",
    "gather",
    "gather_tables",
    "models_told",
    "pdf_bytes",
    "pdf_bytes_of_tables",
    "period",
    "table_lines",
    "write_xlsx",
    "write_xlsx_tables",
]
