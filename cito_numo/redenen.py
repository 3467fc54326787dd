"""What a school reads about a result that was not delivered: why, and what to do. Dutch, because it is sent to schools."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from cito_numo.uitkomst import Reden


class Tekst(NamedTuple):
    """The text of a reason: templates over the columns of the results table."""

    reden: str
    wat_te_doen: str


_KLANTENSERVICE = "Cito's klantenservice (klantenservice@cito.nl)"
_SUPPORT = "support@kurve.nl"

_VELD = {
    "leerlingnummer": "Leerlingnummer",
    "eck_id": "ECK iD",
    "cito_key": "Cito-leerlingkey",
    "klas": "Klas",
    "toets": "Toets",
    "toetsniveau": "Toetsniveau",
    "onderdeel": "Onderdeel",
    "afnamedatum": "Afnamedatum",
    "functioneringsniveau": "Functioneringsniveau",
    "domein": "Domein",
}

_TEKSTEN: Mapping[Reden, Tekst] = {
    Reden.RIJ_ONLEESBAAR: Tekst(
        "Deze rij heeft een ander aantal cellen dan de kop van het bestand.",
        "Download de gegevens opnieuw uit Leerling in beeld en bewerk het bestand niet.",
    ),
    Reden.ECK_ID_IN_ANDER_VELD: Tekst(
        "In de kolom {veld} staat een ECK iD.",
        "Controleer de kolommen van dit bestand: een ECK iD hoort alleen in zijn eigen kolom te staan.",
    ),
    Reden.VELD_ONTBREEKT: Tekst(
        "{veld} ontbreekt{er_staat}.",
        "Vul dit aan in Leerling in beeld. Is de toets niet gemaakt, dan hoeft u niets te doen.",
    ),
    Reden.VELD_ONLEESBAAR: Tekst(
        "{veld} is niet te lezen: '{waarde}'.",
        f"Controleer deze waarde in Leerling in beeld; vraag het zo nodig aan {_KLANTENSERVICE}.",
    ),
    Reden.SLEUTEL_ONTBREEKT: Tekst(
        "Leerlingnummer, ECK iD en Cito-leerlingkey ontbreken alle drie.",
        "Vul in Leerling in beeld het leerlingnummer of het ECK iD van deze leerling aan.",
    ),
    Reden.DATUM_IN_TOEKOMST: Tekst("Afnamedatum ligt in de toekomst: '{waarde}'.", "Verbeter de afnamedatum in Leerling in beeld."),
    Reden.GEWEIGERD: Tekst(
        "In dit bestand staan resultaten over {soorten}. Die worden nooit verwerkt en zijn niet bewaard.",
        "Download de gegevens opnieuw, zonder deze onderdelen.",
    ),
    Reden.DOMEIN_ALLEEN: Tekst(
        "Dit is het niveau van een domein ('{waarde}'); het resultaat van het hele onderdeel staat niet in dit bestand.",
        "Download de gegevens opnieuw, met het resultaat van het onderdeel erbij.",
    ),
    Reden.ANDER_SCHOOLJAAR: Tekst(
        "In dit bestand staan resultaten van een ander schooljaar: {schooljaren}.",
        f"Resultaten van een eerder schooljaar worden gekoppeld na een aanvraag bij {_KLANTENSERVICE}: geef die door aan {_SUPPORT}. "
        "Die van dit schooljaar worden 's nachts verwerkt, als de download in de map inbox/cito staat.",
    ),
    Reden.GEEN_LEERLING: Tekst(
        "Geen leerling in Numo heeft deze sleutel.",
        f"Controleer of de leerling in Numo staat, met hetzelfde leerlingnummer of ECK iD als bij Cito. Vragen: {_SUPPORT}.",
    ),
    Reden.NULLEN_WEG: Tekst(
        "Aan het begin van het leerlingnummer ontbreken nullen die in Numo wel staan: het bestand is opgeslagen vanuit Excel, "
        "dat ze weglaat.",
        "Download de gegevens opnieuw uit Leerling in beeld en sla het bestand niet op vanuit Excel. Er wordt niets aangevuld.",
    ),
    Reden.NIET_IN_NUMO: Tekst(
        "Deze leerling staat wel in het EDEXML-bestand, maar niet in Numo.",
        f"Controleer of de leerling in Numo staat, met dezelfde gebruikersnaam. Vragen: {_SUPPORT}.",
    ),
    Reden.SLEUTEL_DUBBEL: Tekst(
        "{veld} hoort bij meer dan één leerling.",
        f"Zorg dat iedere leerling in Numo één keer en met een eigen {{veld}} voorkomt. Vragen: {_SUPPORT}.",
    ),
    Reden.SLEUTELS_TEGENSTRIJDIG: Tekst(
        "De sleutels van dit resultaat horen bij verschillende leerlingen.",
        f"Vergelijk leerlingnummer en ECK iD van deze leerling bij Cito en in Numo. Vragen: {_SUPPORT}.",
    ),
    Reden.SLEUTEL_WIJKT_AF: Tekst(
        "{veld} bij Cito is anders dan bij de leerling in Numo die bij de andere sleutel hoort.",
        f"Vergelijk leerlingnummer en ECK iD van deze leerling bij Cito en in Numo. Vragen: {_SUPPORT}.",
    ),
    Reden.ANDER_NIVEAU_ZELFDE_DAG: Tekst(
        "Deze toets staat twee keer in het bestand, op dezelfde dag maar met een ander niveau.",
        "Zoek in Leerling in beeld uit welk resultaat klopt en download de gegevens opnieuw.",
    ),
    Reden.BOVEN_OPTIE: Tekst(
        "Functioneringsniveau {functioneringsniveau} ligt boven wat de school laat terugsturen bij toetsniveau {toetsniveau} "
        "(relatief {relatief}, terugstuuroptie {terugstuuroptie}).",
        "Zo ingesteld door de school. Wilt u dit resultaat wel in Numo, pas dan de terugstuuroptie aan in Leerling in beeld "
        f"en meld het aan {_SUPPORT}.",
    ),
    Reden.BOVEN_OPTIE_GELEVERD: Tekst(
        "Functioneringsniveau {functioneringsniveau} ligt boven wat de school nu laat terugsturen bij toetsniveau {toetsniveau} "
        "(relatief {relatief}, terugstuuroptie {terugstuuroptie}), maar is eerder geleverd en blijft in Numo.",
        f"U hoeft niets te doen. Moet het uit Numo, meld het dan aan {_SUPPORT}.",
    ),
    Reden.ZELFDE_RESULTAAT: Tekst("Dit resultaat is meer dan eens gelezen.", ""),
    Reden.GECORRIGEERD: Tekst("Een nieuwere download corrigeert dit resultaat.", ""),
    Reden.NIEUWERE_TOETS: Tekst("Een nieuwere toets van dit onderdeel telt.", ""),
    Reden.NUMMER_VAN_EERDER: Tekst(
        "Deze toets is gemaakt voordat de leerlingnummers van nu golden, en er is geen ECK iD dat bij een leerling in Numo hoort.",
        "Hetzelfde nummer kan toen van een andere leerling zijn geweest. Download de gegevens opnieuw, met het ECK iD erbij.",
    ),
    Reden.INGETROKKEN: Tekst("Dit resultaat is geleverd en daarna ingetrokken. Alleen een nieuwer resultaat komt terug.", ""),
    Reden.GEWIST: Tekst("Dit resultaat is gewist, en wordt niet opnieuw geleverd.", ""),
}

INGETROKKEN_BOVEN_OPTIE = "Een correctie van het laatste resultaat ligt boven de terugstuuroptie van de school."
INGETROKKEN_VERPLAATST = "De onderdelen van dit leerplan horen nu bij een ander vak."

_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){5,}")
_LONGER_THAN_A_DATE = re.compile(r"\d(?:[ .-]?\d){8,}")
_MAX_WAARDE = 60


def tekst(reden: Reden, values: Mapping[str, object]) -> Tekst:
    """The text of a reason with the values of one result in it."""
    veld, waarde = _VELD.get(str(values.get("veld")), ""), str(values.get("waarde") or "")[:_MAX_WAARDE]
    number = _LONGER_THAN_A_DATE if values.get("veld") == "afnamedatum" else _LONG_NUMBER  # it may be a BSN in the wrong column
    waarde = number.sub(lambda found: f"{found[0][:2]}…", waarde)
    known = {**values, "veld": veld, "waarde": waarde, "er_staat": f" (er staat: '{waarde}')" if waarde else ""}
    template = _TEKSTEN[reden]
    return Tekst(template.reden.format(**known), template.wat_te_doen.format(**known))


def tekst_van(result: Mapping[str, object], terugstuuroptie: int) -> Tekst:
    """The text of the reason why a result was stopped."""
    relatief = result["relatief"]
    shown = "" if relatief is None else niveau_met_teken(int(str(relatief)))
    return tekst(Reden(str(result["reden"])), {**result, "relatief": shown, "terugstuuroptie": niveau_met_teken(terugstuuroptie)})


def niveau_met_teken(relatief: int) -> str:
    """A relative level or terugstuuroptie as people write it: +2, +1, 0, -1, -2."""
    return f"{relatief:+d}" if relatief else "0"
