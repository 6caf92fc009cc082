"""Forms of alert rules and silences: what is wrong is said at its field."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import AlertRule
from analytics.services.monitoring.measures import measure_named, measures
from analytics.services.monitoring.rules_decide import label_names
from analytics.services.monitoring.rules_words import duration, subject_named, title, unit_name
from recommender.models.telling import translated

WINDOWS = (30, 60, 300, 600, 1800, 3600, 21_600)
HOLDS = (0, 30, 60, 300, 600, 1800, 3600)
LABELS_MOST, LABEL_LENGTH = 4, 100
_GROUPS = {
    "web": gettext_lazy("Web pages"),
    "tasks": gettext_lazy("Background tasks"),
    "queues": gettext_lazy("Task queues"),
    "workers": gettext_lazy("Worker processes"),
    "lights": gettext_lazy("Traffic lights"),
    "recommender": gettext_lazy("Recommendation quality"),
    "encoder": gettext_lazy("Encoding speed"),
    "index": gettext_lazy("Vector index"),
    "drift": gettext_lazy("Data drift"),
    "system": gettext_lazy("The machine"),
}


def measure_choices(present: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The measures by group, each with its unit; ``present`` stays among them when nothing measures it."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in measures():
        group = one.key.split(".", maxsplit=1)[0]
        unit = unit_name(one.unit)
        label = _("{measure} ({unit})").format(measure=one.title, unit=unit) if unit else str(one.title)
        groups.setdefault(str(_GROUPS.get(group, group)), []).append((one.key, label))
    if present and measure_named(present) is None:
        groups[_("Not measured here")] = [(present, present)]
    return list(groups.items())


class LabelsField(forms.CharField):
    """Label values, ``name=value`` a line, as a dict."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        labels: dict[str, str] = {}
        for line in filter(None, (one.strip() for one in str(value or "").splitlines())):
            name, equals, wanted = (part.strip() for part in line.partition("="))
            if not (name and equals and wanted) or len(wanted) > LABEL_LENGTH:
                raise forms.ValidationError(_("“%(line)s” is not name=value.") % {"line": line[:60]})
            if name in labels:
                raise forms.ValidationError(_("The label %(name)s is named twice.") % {"name": name[:60]})
            labels[name] = wanted
        return labels

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


#: Worded when it is shown, in the reader's language.
_length = lazy(lambda seconds: translated(duration(seconds)), str)


def _seconds(label: Any, values: tuple[int, ...]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        coerce=int,
        choices=[(one, _length(one) if one else gettext_lazy("at once")) for one in values],
    )


class RuleForm(forms.ModelForm):
    """An alert rule."""

    measure = forms.ChoiceField(label=gettext_lazy("Measure"))
    labels = LabelsField(
        label=gettext_lazy("Limited to"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "One name=value a line; name=* looks at each value by itself, 5* is all that begin so."
        ),
    )
    threshold = forms.FloatField(
        label=gettext_lazy("Threshold"),
        required=False,
        help_text=gettext_lazy(
            "In the unit of the measure; 0.05 is 5 per cent. Of a change: -0.5 is half, 1 is double."
        ),
    )
    window = _seconds(gettext_lazy("Taken over"), WINDOWS)
    fewest = forms.IntegerField(
        label=gettext_lazy("Of at least"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text=gettext_lazy(
            "Events in that time, of which a share, mean or percentile has to be; of fewer nobody is told."
        ),
    )
    hold = _seconds(gettext_lazy("Has to hold for"), HOLDS)

    class Meta:
        model = AlertRule
        fields = (
            "name", "measure", "labels", "condition", "threshold", "window", "fewest", "hold", "severity",
            "remedy", "by_mail", "by_webhook",
        )  # fmt: skip
        widgets = {"remedy": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["measure"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = measure_choices(self.instance.measure)
        self.fields["labels"].widget.attrs.update(rows=2, spellcheck="false", autocomplete="off")
        for name in ("window", "hold"):
            self._keep_present(name)
        for one in self.fields.values():
            one.label = capfirst(str(one.label))

    def _keep_present(self, name: str) -> None:
        """A time that no choice offers stays as it is."""
        field, present = self.fields[name], getattr(self.instance, name)
        assert isinstance(field, forms.TypedChoiceField)
        offered = list(field.choices)
        if self.instance.pk and present not in dict(offered):
            field.choices = [*offered, (present, translated(duration(present)))]

    def clean_fewest(self) -> int:
        """As many as by default where nothing is said."""
        given = self.cleaned_data["fewest"]
        return int(AlertRule._meta.get_field("fewest").get_default() if given is None else given)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        self._check_labels(given)
        self._check_threshold(given)
        return given

    def _check_labels(self, given: dict[str, Any]) -> None:
        labels, measure = given.get("labels") or {}, measure_named(given.get("measure", ""))
        given["labels"] = labels
        if len(labels) > LABELS_MOST:
            self.add_error("labels", _("At most %(most)d labels.") % {"most": LABELS_MOST})
        if measure is None or not labels:
            return
        names = label_names(measure)
        for name in set(labels) - set(names):
            text = _("This measure has no label %(name)s; it has: %(names)s.")
            self.add_error("labels", text % {"name": name[:60], "names": ", ".join(names) or "–"})

    def _check_threshold(self, given: dict[str, Any]) -> None:
        condition = given.get("condition")
        if condition == AlertRule.Condition.ABSENT or "threshold" in self.errors:
            given["threshold"] = given.get("threshold") or 0.0
            return
        threshold = given.get("threshold")
        if threshold is None:
            self.add_error("threshold", _("A number is needed."))
        elif condition == AlertRule.Condition.CHANGED and (threshold == 0 or threshold < -1):
            self.add_error("threshold", _("Of a change: from -1 (gone) up, but not 0."))


class SilenceForm(forms.Form):
    """For how long nobody is told of what."""

    CUSTOM = "until"
    MINUTES = ("15", "60", "480", "1440")
    LONGEST = timedelta(days=366)

    rule = forms.ModelChoiceField(
        label=gettext_lazy("Rule"),
        queryset=AlertRule.objects.all(),
        required=False,
        empty_label=gettext_lazy("All rules"),
    )
    subject = forms.CharField(
        label=gettext_lazy("Only about"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("As the alert names it; empty for all that the rule finds."),
    )
    length = forms.ChoiceField(
        label=gettext_lazy("For how long"),
        choices=[
            *((one, _length(60 * int(one))) for one in MINUTES),
            (CUSTOM, gettext_lazy("until the time below")),
        ],
        initial="60",
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["rule"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.label_from_instance = title

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["subject"] = subject_named(given.get("rule"), given.get("subject", ""))
        now, length = timezone.now(), given.get("length")
        if length in self.MINUTES:
            given["until"] = now + timedelta(minutes=int(length))
        elif length == self.CUSTOM and "until" not in self.errors:
            self._check_until(given.get("until"), now)
        return given

    def _check_until(self, until: datetime | None, now: datetime) -> None:
        if until is None:
            self.add_error("until", _("A time is needed."))
        elif until <= now:
            self.add_error("until", _("That is over already."))
        elif until > now + self.LONGEST:
            self.add_error("until", _("At most a year; a rule that nobody needs is switched off."))
