"""Where a result ends, and why: the words that tables, reports and commands share. Imports nothing."""

from enum import StrEnum


class Uitkomst(StrEnum):
    """Where a result ends: exactly one for each result that was read."""

    ONGELDIG = "ongeldig"
    VORIG_SCHOOLJAAR = "vorig_schooljaar"
    NIET_GEKOPPELD = "niet_gekoppeld"
    TEGENSTRIJDIG = "tegenstrijdig"
    DUBBEL = "dubbel"
    VERVANGEN = "vervangen"
    BOVEN_TERUGSTUUROPTIE = "boven_terugstuuroptie"
    ONGEWIJZIGD = "ongewijzigd"
    LEERPLAN = "leerplan"


class Reden(StrEnum):
    """Why a result was stopped; `redenen.py` says it in Dutch."""

    RIJ_ONLEESBAAR = "rij_onleesbaar"
    VELD_ONTBREEKT = "veld_ontbreekt"
    VELD_ONLEESBAAR = "veld_onleesbaar"
    ECK_ID_IN_ANDER_VELD = "eck_id_in_ander_veld"
    SLEUTEL_ONTBREEKT = "sleutel_ontbreekt"
    DATUM_IN_TOEKOMST = "datum_in_toekomst"
    GEWEIGERD = "geweigerd"
    DOMEIN_ALLEEN = "domein_alleen"
    ANDER_SCHOOLJAAR = "ander_schooljaar"
    GEEN_LEERLING = "geen_leerling"
    NULLEN_WEG = "nullen_weg"
    NIET_IN_NUMO = "niet_in_numo"
    SLEUTEL_DUBBEL = "sleutel_dubbel"
    SLEUTELS_TEGENSTRIJDIG = "sleutels_tegenstrijdig"
    SLEUTEL_WIJKT_AF = "sleutel_wijkt_af"
    ZELFDE_RESULTAAT = "zelfde_resultaat"
    ANDER_NIVEAU_ZELFDE_DAG = "ander_niveau_zelfde_dag"
    GECORRIGEERD = "gecorrigeerd"
    BOVEN_OPTIE = "boven_optie"
    BOVEN_OPTIE_GELEVERD = "boven_optie_geleverd"
    NIEUWERE_TOETS = "nieuwere_toets"
    GEWIST = "gewist"
    INGETROKKEN = "ingetrokken"
    NUMMER_VAN_EERDER = "nummer_van_eerder"
