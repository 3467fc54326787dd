"""The command of `on_failure`: run after a night that needs a person, with what there is to tell."""

import os
import shlex
import subprocess
from collections.abc import Mapping

from cito_numo.errors import ON_FAILURE, Problem
from cito_numo.language import _

_SECONDS = 60


def run_on_failure(command: str, facts: Mapping[str, str], text: str) -> Problem | None:
    """Run a command without a shell: `facts` in its environment as CITO_NUMO_<NAME>, `text` on its standard input.

    A problem where it does not work: it cannot be started, ends with another exit code than 0, or not within a minute.
    """
    environment = {**os.environ, **{f"CITO_NUMO_{name.upper()}": value for name, value in facts.items()}}
    try:
        words = shlex.split(command)
        ran = subprocess.run(  # noqa: S603  the config may be written by this user or root alone
            words, input=text.encode(), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return _problem(_("it was still running after {seconds} seconds").format(seconds=_SECONDS))
    except OSError as error:
        return _problem(error.strerror or type(error).__name__)
    except (ValueError, IndexError):
        return _problem(_("it cannot be read as words; check the quotes"))
    return _problem(_("it ended with exit code {code}").format(code=ran.returncode)) if ran.returncode else None


def _problem(detail: str) -> Problem:
    return Problem(ON_FAILURE, "", {"detail": detail})
