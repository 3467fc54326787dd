"""EDEXML files and mails that hold them, for tests: as short as can be, with what a test is about filled in."""

import io
import zipfile
from email.message import EmailMessage

FIRST_LINE = 6
"""The line of the first pupil in a `document`; each pupil stands on one line."""
MAIL_HOST = "mx.kurve.example"
SENDER = "beheer@demo-college.example"


def document(
    *leerlingen: str,
    brin: str = "99XX",
    schooljaar: str = "2026-2027",
    made: str = "2026-11-01T08:00:00",
    groepen: str = '<groep key="g1"><naam>2A</naam><jaargroep>12</jaargroep></groep>',
) -> str:
    """An EDEXML 2.1 of `leerling` elements."""
    school = f"<schooljaar>{schooljaar}</schooljaar><brincode>{brin}</brincode><aanmaakdatum>{made}</aanmaakdatum>"
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<EDEX>",
            f"<school>{school}<xsdversie>2.1</xsdversie></school>",
            f"<groepen>{groepen}</groepen>",
            "<leerlingen>",
            *leerlingen,
            "</leerlingen>",
            "</EDEX>",
            "",
        )
    )


def zipped(*files: tuple[str, str]) -> bytes:
    """A zip of (name, text); the same bytes each time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files:
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


def locked(archive: bytes) -> bytes:
    """A zip of one file, marked as locked with a password."""
    central = archive.rindex(b"PK\x01\x02")
    content = bytearray(archive)
    content[6] |= 1
    content[central + 8] |= 1
    return bytes(content)


def mail(
    *attachments: tuple[str, str | bytes], subject: str = "demo-college", sender: str = SENDER, confirmed: str | None = SENDER
) -> bytes:
    """A mail with attachments (name, content) as the mail host hands it over; `confirmed` is the address that it confirms."""
    message = EmailMessage()
    message["From"] = f"Beheer Demo College <{sender}>"
    message["To"] = "support@kurve.example"
    message["Subject"] = subject
    message.set_content("Hierbij het Cito-importbestand.")
    for name, content in attachments:
        data = content if isinstance(content, bytes) else content.encode()
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    if attachments:
        message.set_boundary("=====deel=====")  # else it is another one each time
    result = f"dkim=pass header.d={confirmed.partition('@')[2]}" if confirmed else "dkim=none"
    return f"Authentication-Results: {MAIL_HOST}; {result}\n".encode() + message.as_bytes()
