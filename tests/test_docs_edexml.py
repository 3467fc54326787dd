"""The page on EDEXML: each command in it is run in the demo, in this order, and says what the page shows."""

import os
import re
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from limits import uncounted

from cito_numo.cli import run

PAGE = Path(__file__).parent.parent / "docs/edexml.md"


def mail(sender: str, edexml: bytes) -> bytes:
    """A mail as a Somtoday administrator sends it."""
    message = EmailMessage()
    message["From"], message["To"] = sender, "support@kurve.nl"
    message["Subject"] = "Cito-importbestand o.v.v. Demo-Lyceum"
    message.set_content("Hierbij het bestand.")
    message.add_attachment(edexml, maintype="application", subtype="xml", filename="cito-importbestand.xml")
    message.set_boundary("=-=-=")
    return bytes(message)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo, with the EDEXML of its Somtoday school in mails instead of the inbox."""
    folder = tmp_path / "demo"
    run(["init", str(folder), "--demo", "--date", "2026-11-24"])
    arrived = folder / "schools/demo-lyceum/inbox/edexml/cito-importbestand.xml"
    (folder / "mail.eml").write_bytes(mail("beheer@demo-lyceum.example", arrived.read_bytes()))
    (folder / "stranger.eml").write_bytes(mail("iemand@elders.example", arrived.read_bytes()))
    arrived.rename(folder / "edexml.xml")
    (folder / "other.xml").write_bytes((folder / "edexml.xml").read_bytes().replace(b"99XX", b"99YY"))
    return folder


def test_the_page_shows_what_the_commands_say(demo: Path):
    blocks = re.findall(r"```console\n\$ (.*?)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    environment = {**uncounted(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    said = []
    for command, _shown in blocks:
        ran = subprocess.run(command, shell=True, cwd=demo, env=environment, capture_output=True, text=True, check=False)  # noqa: S602
        said.append(re.sub(r"--accept [0-9a-f]{8}", "--accept CODE", ran.stdout + ran.stderr).replace(f"{demo}/", ""))

    assert len(blocks) == 5
    assert said == [shown for _command, shown in blocks]
