"""What programs ask of analytics; mounted below ``/api/v1/analytics``."""

from ninja import Router

from analytics.api import changes, disagreements, exports, labels, report, scores

routers: list[Router] = [
    scores.router,
    labels.router,
    disagreements.router,
    report.router,
    changes.router,
    exports.router,
]
