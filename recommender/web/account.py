"""Accounts: signing up, logging in and out, the profile."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from recommender.models import Profile, Role
from recommender.services import accounts
from recommender.web import explain
from recommender.web.access import signed_in
from recommender.web.actor import COOKIE, visitor_of
from recommender.web.back import asked_back
from recommender.web.context import NAME_KEY
from recommender.web.forms import LogInForm, PasswordForm, ProfileForm, SignUpForm
from recommender.web.mixture import KEY, mixture_of
from recommender.web.preferences import remember_language, remember_theme


def _settle_in(request: HttpRequest, response: HttpResponseBase, visitor: str) -> None:
    """After logging in: what the guest did becomes the member's, and the site looks as they left it."""
    if visitor:
        accounts.adopt_visitor(request.user, visitor)
        response.delete_cookie(COOKIE, samesite="Lax")
    profile = Profile.objects.filter(user=request.user).first()
    request.session.pop(KEY, None)
    if profile is None:
        return
    request.session[NAME_KEY] = profile.display_name
    if profile.language:
        remember_language(request, response, profile.language)
    if profile.theme != Profile.Theme.AUTO:
        remember_theme(response, profile.theme)


class LogIn(LoginView):
    """The log-in page; somebody who is in already is sent on."""

    template_name = "account/form.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        visitor = visitor_of(self.request)
        response = super().form_valid(form)
        _settle_in(self.request, response, visitor)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "section": "login",
            "heading": _("Welcome back"),
            "lead": _("Your feed, your saved things and your history are where you left them."),
            "action": _("Log in"),
            "other_text": _("New here?"),
            "other_action": _("Sign up"),
            "other_url": reverse("sign_up"),
        }


def sign_up(request: HttpRequest) -> HttpResponseBase:
    """A new member; what they did as a guest comes along."""
    if request.user.is_authenticated:
        return redirect("feed")
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        visitor = visitor_of(request)
        user = accounts.sign_up(
            form.cleaned_data["username"],
            form.cleaned_data["password1"],
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
        )
        login(request, user)
        response = redirect(asked_back(request, reverse("feed")))
        _settle_in(request, response, visitor)
        return response
    context = {
        "form": form,
        "section": "login",
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "heading": _("Make it yours"),
        "lead": _("A name and a password are enough. What you liked as a guest comes along."),
        "action": _("Sign up"),
        "other_text": _("You have an account?"),
        "other_action": _("Log in"),
        "other_url": reverse("login"),
    }
    return render(request, "account/form.html", context, status=422 if form.errors else 200)


@signed_in
def profile(request: HttpRequest) -> HttpResponseBase:
    """Name, language and theme; the mixture has a form of its own on the same page."""
    own, _created = Profile.objects.get_or_create(user=request.user)
    form = ProfileForm(request.POST or None, instance=own)
    if request.method == "POST" and form.is_valid():
        form.save()
        request.session[NAME_KEY] = own.display_name
        with override(own.language or None):
            messages.success(request, _("Your profile is kept."))
        response = redirect("profile")
        if own.language:
            remember_language(request, response, own.language)
        remember_theme(response, own.theme)
        return response
    held = set(request.user.groups.values_list("name", flat=True))
    context = {
        "section": "profile",
        "form": form,
        "mixer": explain.mixer(mixture_of(request)),
        "roles": [role.label for role in Role if role.value in held],
    }
    return render(request, "account/profile.html", context, status=422 if form.errors else 200)


class ChangePassword(PasswordChangeView):
    """A new password; other sessions of the account end."""

    template_name = "account/form.html"
    form_class = PasswordForm
    success_url = reverse_lazy("profile")
    extra_context = {
        "heading": gettext_lazy("Change the password"),
        "action": gettext_lazy("Change it"),
        "section": "profile",
    }

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The password is changed."))
        return super().form_valid(form)
