"""Addresses of accounts."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from recommender.web import account

urlpatterns: list[URLPattern] = [
    path("login/", account.LogIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("sign-up/", account.sign_up, name="sign_up"),
    path("profile/", account.profile, name="profile"),
    path("password/", account.ChangePassword.as_view(), name="password_change"),
]
