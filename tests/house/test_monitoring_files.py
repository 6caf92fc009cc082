"""The rules for Prometheus and the dashboard for Grafana speak only of what the site tells."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from analytics.services.monitoring import all_levels
from recommender.telemetry import Counter, Gauge, Histogram, metrics
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "monitoring"
#: What Prometheus itself adds, and what the collector looks up at the moment.
OTHERS = {"up": set(), "mmsite_redis_up": set()}
OF_PROMETHEUS = {"job", "instance"}
WORDS = {
    "by",
    "without",
    "on",
    "ignoring",
    "and",
    "or",
    "unless",
    "group_left",
    "group_right",
    "offset",
    "bool",
}
CALL = re.compile(r"\b[a-z_]+(?=\s*\()")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
SELECTED = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([^}]*)\})?")
MATCHER = re.compile(r"([a-zA-Z_]+)\s*(?:=~|!~|!=|=)\s*\"")


def told() -> dict[str, set[str]]:
    """Labels of every name that ``/metrics`` may have."""
    found = {name: set(labels) for name, labels in OTHERS.items()}
    for metric in metrics():
        labels = set(metric.label_names)
        if isinstance(metric, Histogram):
            found[f"{metric.name}_bucket"] = labels | {"le"}
            found |= {f"{metric.name}_{part}": labels for part in ("sum", "count")}
        elif isinstance(metric, Counter):
            found[f"{metric.name.removesuffix('_total')}_total"] = labels
        else:
            found[metric.name] = labels
    return found


def read(expression: str) -> tuple[dict[str, set[str]], set[str]]:
    """Names of metrics with the labels they are selected by, and the labels that are grouped by."""
    grouped = {
        label.strip()
        for labels in GROUPING.findall(expression)
        for label in labels.split(",")
        if label.strip()
    }
    bare = GROUPING.sub(" ", expression)
    bare = re.sub(r"\[[^]]*\]", " ", bare)
    bare = CALL.sub(" ", bare)
    chosen: dict[str, set[str]] = {}
    for name, matchers in SELECTED.findall(bare):
        if name not in WORDS and not name.isdigit():
            chosen.setdefault(name, set()).update(MATCHER.findall(matchers))
    return chosen, grouped


def faults(expression: str, legend: str = "") -> list[str]:
    """What of an expression, or of the text that names its series, the site does not have."""
    known = told()
    chosen, grouped = read(expression)
    found = [f"no metric {name}" for name in chosen if name not in known]
    there = set().union(OF_PROMETHEUS, *(known.get(name, set()) for name in chosen))
    for name, labels in chosen.items():
        gone = labels - known.get(name, set()) - OF_PROMETHEUS
        found += [f"{name} has no label {label}" for label in gone]
    found += [f"nothing has the label {label}" for label in grouped - there]
    named = set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", legend))
    kept = grouped or there
    found += [f"no series has the label {label}" for label in named - kept]
    return found if chosen else [*found, "no metric at all"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "prometheus-alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("dashboard", ROOT / "docs" / "dashboard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def panels() -> Iterator[dict[str, Any]]:
    for panel in json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))["panels"]:
        if panel["type"] != "row":
            yield panel


# -- the check itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("mmsite_nothing > 0", "no metric mmsite_nothing"),
        ('celery_queue_length{queue="a"} > 0', "celery_queue_length has no label queue"),
        ("sum by (view) (celery_queue_length)", "nothing has the label view"),
        ("rate(celery_task_runtime[5m])", "no metric celery_task_runtime"),
        ("1 > 0", "no metric at all"),
    ],
)
def test_a_fault_in_an_expression_is_found(expression: str, fault: str) -> None:
    assert fault in faults(expression)


def test_a_legend_names_only_labels_that_are_left() -> None:
    expression = "sum by (kind) (mmsite_catalogue_media)"
    assert faults(expression, "{{kind}}") == []
    assert faults(expression, "{{state}}") == ["no series has the label state"]


# -- the files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_speaks_of_what_the_site_tells(rule: dict[str, Any]) -> None:
    words = " ".join(rule["annotations"].values())
    assert faults(rule["expr"], words) == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert {"summary", "remedy"} <= rule["annotations"].keys()
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


def test_no_two_rules_have_one_name() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) > 15


def test_every_panel_speaks_of_what_the_site_tells() -> None:
    wrong = {
        f"{panel['title']}: {fault}"
        for panel in panels()
        for target in panel["targets"]
        for fault in faults(target["expr"], target["legendFormat"])
    }
    assert wrong == set()


def test_the_dashboard_is_as_its_program_writes_it() -> None:
    assert (FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8") == generator().written()


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_every_level_is_drawn_and_documented() -> None:
    """A gauge that nobody can see is for nothing."""
    drawn = (FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8")
    documents = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    modules = [getattr(all_levels, name) for name in all_levels.__all__]
    gauges = [one for module in modules for one in vars(module).values() if isinstance(one, Gauge)]
    assert len(gauges) > 30
    for metric in gauges:
        assert f"`{metric.name}`" in documents, metric.name
        assert metric.name in drawn, metric.name
