"""A report as a file: CSV for programs, XLSX for calculating on, PDF for reading and printing."""

from analytics.services.documents.contents import Contents, asked, gather, models_told, period
from analytics.services.documents.csv_file import csv_lines
from analytics.services.documents.pdf_file import pdf_bytes
from analytics.services.documents.xlsx_file import write_xlsx

__all__ = ["Contents", "asked", "csv_lines", "gather", "models_told", "pdf_bytes", "period", "write_xlsx"]
