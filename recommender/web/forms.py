"""What people send, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from recommender.models import Profile, Review
from recommender.services.reviews import PHOTO_BYTES, PHOTOS_MAX, VOICE_BYTES


class LogInForm(AuthenticationForm):
    """Django's own, without the autofocus that would scroll a phone."""


class SignUpForm(BaseUserCreationForm):
    """A name and a password."""

    class Meta:
        model = User
        fields = ("username",)

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("This name is taken. Choose another one."))
        return name


class PasswordForm(PasswordChangeForm):
    """The old password and the new one twice."""


class ProfileForm(forms.ModelForm):
    """Name, language and theme."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("like my browser")), *settings.LANGUAGES]
    )

    class Meta:
        model = Profile
        fields = ("display_name", "language", "theme")
        labels = {"display_name": _("Name shown"), "theme": _("Theme")}


class _ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files of one kind, each no larger than ``most_bytes``."""

    widget = _ManyFiles

    def __init__(
        self, *, most_files: int, most_bytes: int, kind: str | tuple[str, ...], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.most_files, self.most_bytes, self.kind = most_files, most_bytes, kind

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given: Iterable[Any] = data if isinstance(data, list | tuple) else [data]
        files = [super(_FilesField, self).clean(one, initial) for one in given if one]
        if len(files) > self.most_files:
            raise forms.ValidationError(_("At most %(n)d files, please."), params={"n": self.most_files})
        for file in files:
            if file.size > self.most_bytes:
                raise forms.ValidationError(
                    _("%(name)s is larger than %(mb)d MB. Choose a smaller file."),
                    params={"name": file.name, "mb": self.most_bytes // 1024**2},
                )
            if not (file.content_type or "").startswith(self.kind):
                raise forms.ValidationError(
                    _("%(name)s is not of the right kind."), params={"name": file.name}
                )
        return files


class ReviewForm(forms.ModelForm):
    """Words, stars, photos or a voice: at least one of them."""

    photos = _FilesField(most_files=PHOTOS_MAX, most_bytes=PHOTO_BYTES, kind="image/", required=False)
    voice = _FilesField(most_files=1, most_bytes=VOICE_BYTES, kind=("audio/", "video/webm"), required=False)

    class Meta:
        model = Review
        fields = ("text", "rating")

    def clean_text(self) -> str:
        return self.cleaned_data["text"].strip()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.get(name) for name in ("text", "rating", "photos", "voice")):
            raise forms.ValidationError(_("Write something, give stars, or add a photo or your voice."))
        return cleaned
