"""Tests empty the folder that the settings name, so it must never be the one that somebody works in."""

from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings

from tests.conftest import ROOT


def test_the_folder_of_the_tests_is_not_that_of_the_site() -> None:
    assert ROOT not in settings.VAR_DIR.resolve().parents


def test_settings_in_the_environment_do_not_reach_the_tests() -> None:
    test = f"{__file__}::{test_the_folder_of_the_tests_is_not_that_of_the_site.__name__}"
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "mmsite.settings"}
    env.pop("MMSITE_VAR", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", test], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
