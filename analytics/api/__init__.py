"""What programs ask of analytics; mounted below ``/api/v1/analytics``."""

from ninja import Router

from analytics.api import changes, exports, labels, report, scores

routers: list[Router] = [scores.router, labels.router, report.router, changes.router, exports.router]
