"""What support can mail back to a school whose file cannot be used. Dutch, because it is sent to schools."""

from collections.abc import Iterable, Mapping

from cito_numo.errors import (
    ARCHIVE_DAMAGED,
    ARCHIVE_LOCKED,
    ARCHIVE_NESTED,
    ARCHIVE_NOTHING,
    ARCHIVE_PATH,
    ARCHIVE_TOO_LARGE,
    EDEXML_NO_DATA,
    EDEXML_NO_KEYS,
    EDEXML_NO_PUPILS,
    EDEXML_ROOT,
    FILE_EMPTY,
    MAIL_CLOUD_LINK,
    MAIL_DAMAGED,
    MAIL_NOTHING,
    MAIL_TOO_LARGE,
    NOT_XML,
    PACKED_OTHERWISE,
    WINMAIL_DAT,
    XML_CHARSET,
    XML_CHARSET_UNKNOWN,
    XML_DOCTYPE,
    XML_SYNTAX,
    XML_TOO_LARGE,
    ErrorKind,
    Problem,
)

_BEGIN = "Beste collega,\n\nBedankt voor uw mail. "
_END = (
    "\n\nExporteer het Cito-importbestand (EDEXML) opnieuw uit Somtoday en stuur het als bijlage (.xml, of een .zip zonder wachtwoord) "
    "naar support@kurve.nl, met in het onderwerp alleen de korte schoolnaam in Numo. Open en bewaar het bestand niet eerst in een ander "
    "programma.\n\nMet vriendelijke groet,\nsupport@kurve.nl"
)
_DAMAGED = "Het bestand is onderweg of bij het opslaan beschadigd, of het is daarna bewerkt: wij kunnen het niet lezen."
_REFUSED = "Uit veiligheid openen wij dit bestand niet: het ziet er anders uit dan een export van een leerlingadministratie."
_OTHER = "Wat u stuurde is geen EDEXML-bestand, maar een bestand van een andere soort."

_TEKSTEN: Mapping[ErrorKind, str] = {
    ARCHIVE_LOCKED: "Het zip-bestand is met een wachtwoord beveiligd en kan daarom niet worden verwerkt.",
    ARCHIVE_NESTED: "In het zip-bestand zit weer een ingepakt bestand; dat kan niet worden verwerkt.",
    ARCHIVE_NOTHING: "In het zip-bestand zit geen EDEXML-bestand (.xml).",
    ARCHIVE_PATH: _REFUSED,
    ARCHIVE_TOO_LARGE: _REFUSED,
    ARCHIVE_DAMAGED: _DAMAGED,
    PACKED_OTHERWISE: "Het bestand is ingepakt als 7z, rar of gz; dat kan niet worden verwerkt.",
    WINMAIL_DAT: (
        "Uw bijlage kwam aan als winmail.dat, omdat Outlook de mail als RTF verstuurde. Kies in Outlook bij Tekst opmaken voor HTML of "
        "Tekst zonder opmaak."
    ),
    NOT_XML: _OTHER,
    MAIL_NOTHING: "Er zat geen bijlage bij.",
    MAIL_CLOUD_LINK: "In uw mail staat een link naar het bestand. Wij openen geen links: stuur het bestand zelf als bijlage.",
    MAIL_DAMAGED: _DAMAGED,
    MAIL_TOO_LARGE: _REFUSED,
    FILE_EMPTY: "Het bestand is leeg.",
    XML_SYNTAX: _DAMAGED,
    XML_CHARSET: _DAMAGED,
    XML_CHARSET_UNKNOWN: _DAMAGED,
    XML_DOCTYPE: _REFUSED,
    XML_TOO_LARGE: _REFUSED,
    EDEXML_ROOT: _OTHER,
    EDEXML_NO_DATA: "In het bestand staan geen leerlingen.",
    EDEXML_NO_PUPILS: "In het bestand staan geen leerlingen.",
    EDEXML_NO_KEYS: "In het bestand heeft geen enkele leerling een sleutel.",
}


def antwoord(problems: Iterable[Problem]) -> str:
    """The answer to the first of these problems that a school can do something about; empty where there is none."""
    texts = [_TEKSTEN[problem.kind] for problem in problems if problem.kind in _TEKSTEN]
    return f"{_BEGIN}{texts[0]}{_END}" if texts else ""
