"""A night, through the command: what is read, joined, held back, delivered and told."""

import json
import os
import shutil

import pytest
from conftest import EXPORT_HEADER, SchoolFolder, Workbook, WorkspaceFolder, closes, eck_id, leerling, row

from cito_numo import delivery
from cito_numo.ledger import Ledger


def delivered_levels(school: SchoolFolder, run: int = -1) -> dict[tuple[str, str], tuple[str, int]]:
    """(gebruikersnaam, onderdeel) → (functioneringsniveau, revisie) of a run."""
    return {
        (plan["gebruikersnaam"], part["onderdeel"]): (part["functioneringsniveau"], plan["revisie"])
        for plan in school.delivered(run)["leerplannen"]
        for part in plan["onderdelen"]
    }


# --- the rules, end to end -------------------------------------------------------------------------------------------


def test_havo_test_with_option_0_passes_havo_and_lower_and_holds_back_vwo(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A", "0014;;2A")
    school.cito(row("0012", fn="havo"), row("0013", fn="vmbo gl/tl"), row("0014", fn="vwo"))

    ran = workspace.sync_json()

    assert ran.exit_code == 0
    assert ran.school["status"] == "delivered"
    assert closes(ran.school["counts"])
    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == ["0012", "0013"]
    (held_back,) = school.niet_geleverd
    assert (held_back["leerling"], held_back["uitkomst"], held_back["rij"]) == ("0014", "boven_terugstuuroptie", "4")


def test_a_leerplan_says_where_to_start_and_where_to_go(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0104233;;2A")
    school.cito(
        row("0104233", toets="Toets 1", onderdeel="Begrijpend lezen", fn="kader"),
        row("0104233", toets="Toets 1", onderdeel="Taalverzorging", fn="havo"),
    )

    workspace.sync()

    (plan,) = school.delivered()["leerplannen"]
    assert (plan["klas"], plan["vak"], plan["status"], plan["revisie"]) == ("2A", "nederlands", "te_verwerken", 1)
    lezen, taal = plan["onderdelen"]
    assert lezen == {
        "onderdeel": "nederlands-leesvaardigheid",
        "toets": "T1",
        "schooljaar": "2026-2027",
        "afnamedatum": "2026-10-06",
        "toetsniveau": "havo",
        "functioneringsniveau": "vmbo-kb",
        "relatief": -2,
        "route": "ondersteuning",
        "startniveau": "vmbo-kb",
        "doelniveau": "havo",
        "prioriteit": 1,
        "domeinen": [],
    }
    assert (taal["route"], taal["startniveau"], taal["doelniveau"], taal["prioriteit"]) == ("basis", "havo", "vwo", 2)


def test_the_csv_says_the_same_as_the_json(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013", fn="vmbo-kb"), row("0013", onderdeel="Taalverzorging"))

    workspace.sync()

    from_json = [
        {
            **{key: str(value) for key, value in plan.items() if key != "onderdelen"},
            **{key: str(value) for key, value in part.items() if key != "domeinen"},
        }
        for plan in school.delivered()["leerplannen"]
        for part in plan["onderdelen"]
    ]
    assert school.delivered_csv() == from_json


def test_ids_stay_text_from_end_to_end(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "NA;;2A", "null;;2A")
    school.cito(row("0012"), row("NA"), row("null"), row("12"))

    counts = workspace.sync_json().school["counts"]

    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == ["0012", "NA", "null"]
    assert counts["niet_gekoppeld"] == 1


def test_an_eck_id_of_another_pupil_is_never_joined(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo(f"0012;{eck_id(1)};2A", f"0013;{eck_id(2)};2A")
    school.cito(row("0012", eck_id(2)), row("0012", eck_id(3)), row("0012", eck_id(1)), row("", eck_id(2)))

    counts = workspace.sync_json().school["counts"]

    assert (counts["tegenstrijdig"], counts["leerplan"]) == (2, 2)


def test_a_somtoday_school_joins_on_the_cito_key_through_edexml(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A")
    school.edexml(leerling("k1", "0012"), leerling("k2", "0013"))
    school.cito(row(key="k1"), row(key="k2", fn="vmbo-kb"), row(key="k3"))

    counts = workspace.sync_json().school["counts"]

    assert (counts["leerplan"], counts["niet_gekoppeld"]) == (2, 1)
    assert set(delivered_levels(school)) == {("0012", "rekenen-wiskunde"), ("0013", "rekenen-wiskunde")}


def test_without_numos_list_the_pupils_of_the_edexml_are_the_list(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.edexml(leerling("k1", "0012"))
    school.cito(row(key="k1"))

    assert workspace.sync_json().school["counts"]["leerplan"] == 1
    assert school.delivered()["leerplannen"][0]["klas"] == "2A"


def test_trusting_citos_number_needs_no_list(workspace: WorkspaceFolder):
    school = workspace.school(trust_leerlingnummer="true")
    school.cito(row("0012"), row("0013", eck_id(1)), row("0013", eck_id(2), onderdeel="Taalverzorging"))

    counts = workspace.sync_json().school["counts"]

    assert (counts["leerplan"], counts["tegenstrijdig"]) == (1, 2)
    assert set(delivered_levels(school)) == {("0012", "rekenen-wiskunde")}


def test_xlsx_exports_and_lists_are_read_too(workspace: WorkspaceFolder, school: SchoolFolder, xlsx: Workbook):
    school.put("inbox/numo/numo.xlsx", xlsx([["gebruikersnaam", "klas"], ["0012", "2A"], ["0013", "2A"]]))
    school.put("inbox/cito/export.xlsx", xlsx([line.split(";") for line in (EXPORT_HEADER, row("0012"), row("0013", fn="vwo"))]))

    counts = workspace.sync_json().school["counts"]

    assert (counts["leerplan"], counts["boven_terugstuuroptie"]) == (1, 1)
    assert school.niet_geleverd[0]["rij"] == "3"


# --- later nights ----------------------------------------------------------------------------------------------------


def test_a_night_with_nothing_new_delivers_nothing(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()

    again = workspace.sync_json()

    assert (again.exit_code, again.school["status"], again.school["run_id"], again.school["counts"]) == (0, "nothing_new", None, {})
    assert len(school.runs) == 1


def test_a_file_that_changes_nothing_is_read_and_delivers_nothing(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    school.cito(row("0012"), name="again.csv")

    again = workspace.sync_json()

    assert again.school["status"] == "nothing_new"
    assert (again.school["counts"]["ongewijzigd"], again.school["counts"]["dubbel"]) == (1, 1)
    assert len(school.runs) == 1


def test_only_the_leerplan_that_changed_is_delivered_with_the_next_revisie(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013"))
    workspace.sync()
    school.cito(row("0013", toets="T2", day="10-11-2026", fn="vmbo-gt"), name="later.csv")

    counts = workspace.sync_json().school["counts"]

    assert delivered_levels(school) == {("0013", "rekenen-wiskunde"): ("vmbo-gt", 2)}
    assert (counts["leerplan"], counts["ongewijzigd"], counts["vervangen"]) == (1, 1, 1)
    assert school.delivered(0)["leerplannen"][1]["leerplan_id"] == school.delivered()["leerplannen"][0]["leerplan_id"]


def test_an_export_that_vanished_takes_nothing_back(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    export = school.cito(row("0012"))
    workspace.sync()
    export.unlink()

    assert workspace.sync_json().school["status"] == "nothing_new"
    workspace.sync("--full")
    assert delivered_levels(school) == {("0012", "rekenen-wiskunde"): ("havo", 1)}


def test_a_lower_cutoff_takes_nothing_back_and_a_higher_one_passes_more_on(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013", fn="vwo"))
    workspace.sync()
    school.configure(terugstuuroptie="-1")
    assert workspace.sync_json().school["status"] == "nothing_new"
    school.configure(terugstuuroptie="+1")

    assert workspace.sync_json().school["status"] == "delivered"
    assert delivered_levels(school) == {("0013", "rekenen-wiskunde"): ("vwo", 1)}


def test_a_correction_above_the_cutoff_takes_the_onderdeel_out_for_good(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    correction = school.cito(row("0012", fn="vwo"), name="correction.csv")
    workspace.sync()
    (gone,) = school.delivered()["ingetrokken"]
    assert (gone["gebruikersnaam"], gone["vak"], gone["revisie"]) == ("0012", "rekenen", 2)
    correction.unlink()

    assert workspace.sync_json().school["status"] == "nothing_new"
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="newer.csv")
    workspace.sync()
    assert delivered_levels(school) == {("0012", "rekenen-wiskunde"): ("havo", 3)}


def test_an_old_file_that_is_copied_back_corrects_nothing(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), name="old.csv").rename(workspace.folder / "old.csv")
    old = (workspace.folder / "old.csv").read_bytes()
    school.put("inbox/cito/old.csv", old)
    workspace.sync()
    school.cito(row("0012", fn="vmbo-kb"), name="new.csv")
    workspace.sync()
    shutil.rmtree(school.folder / "inbox/cito")
    school.put("inbox/cito/copied-back.csv", old)

    assert workspace.sync_json().school["status"] == "nothing_new"
    assert len(school.runs) == 2


def test_full_delivers_all_that_is_in_force_with_the_same_revisies(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013"))
    workspace.sync()
    school.cito(row("0013", fn="vmbo-kb"), name="later.csv")
    workspace.sync()

    counts = workspace.sync_json("--full").school["counts"]

    assert delivered_levels(school) == {("0012", "rekenen-wiskunde"): ("havo", 1), ("0013", "rekenen-wiskunde"): ("vmbo-kb", 2)}
    assert counts["leerplan"] == 2
    assert workspace.sync_json().school["status"] == "nothing_new"


def test_processing_automatic_delivers_what_is_in_force_as_verwerkt(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    school.configure(processing="automatic")

    workspace.sync()

    (plan,) = school.delivered()["leerplannen"]
    assert (plan["status"], plan["revisie"]) == ("verwerkt", 2)


def test_another_klas_alone_delivers_nothing(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    school.numo("0012;;2B", name="newer.csv")

    assert workspace.sync_json().school["status"] == "nothing_new"
    workspace.sync("--full")
    assert school.delivered()["leerplannen"][0]["klas"] == "2B"


def test_a_pupil_who_comes_into_the_list_gets_what_was_waiting(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0013"))
    assert workspace.sync_json().exit_code == 3
    school.numo("0012;;2A", "0013;;2A", name="newer.csv")

    ran = workspace.sync_json()

    assert ran.exit_code == 0
    assert set(delivered_levels(school)) == {("0013", "rekenen-wiskunde")}


def test_a_date_that_was_to_come_counts_once_it_is_there(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013", day="26-11-2026"))
    assert workspace.sync_json(day="2026-11-24").school["counts"]["ongeldig"] == 1
    assert workspace.sync_json(day="2026-11-25").school["counts"] == {}

    assert workspace.sync_json(day="2026-11-26").school["status"] == "delivered"


def test_on_1_august_last_years_results_are_of_another_schooljaar_and_stay_in_force(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync(day="2027-07-31")

    counts = workspace.sync_json(day="2027-08-01").school["counts"]

    assert counts["vorig_schooljaar"] == 1
    assert [line["uitkomst"] for line in school.niet_geleverd] == ["vorig_schooljaar"]
    workspace.sync("--full", day="2027-08-01")
    assert set(delivered_levels(school)) == {("0012", "rekenen-wiskunde")}


# --- what a school and a script are told -----------------------------------------------------------------------------


def test_the_report_says_in_dutch_why_and_what_to_do(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", *(f"{number};;2A" for number in range(100, 120)))
    school.cito(*(row(str(number)) for number in range(100, 120)), row("0012", fn="M5"), row("0099"))

    workspace.sync()

    invalid, stranger = school.niet_geleverd
    assert (invalid["bestand"], invalid["rij"], invalid["uitkomst"]) == ("export.csv", "22", "ongeldig")
    assert "Functioneringsniveau" in invalid["reden"]
    assert "M5" in invalid["reden"]
    assert (stranger["leerling"], stranger["uitkomst"]) == ("0099", "niet_gekoppeld")
    assert "support@kurve.nl" in stranger["wat_te_doen"]


def test_the_report_never_shows_an_eck_id(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"), row("0013"), row("", eck_id(77)))

    workspace.sync("-v")

    written = "".join(path.read_text("utf-8-sig") for folder in ("report", "outbox") for path in school.folder.rglob(f"{folder}/**/*.*"))
    assert [line["leerling"] for line in school.niet_geleverd] == [""]
    assert f"{77:0128x}" not in written
    assert f"{77:0128x}".encode() not in (school.folder / ".cito-numo/ledger.sqlite").read_bytes()


def test_the_manifest_tells_what_was_read_and_written(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))

    run_id = workspace.sync_json().school["run_id"]

    manifest = json.loads((school.runs[0] / "manifest.json").read_text())
    assert (manifest["format"], manifest["run_id"], manifest["status"]) == ("cito-numo/manifest", run_id, "delivered")
    assert [item["path"] for item in manifest["inputs"]] == ["inbox/cito/export.csv", "inbox/numo/numo.csv"]
    assert [item["path"] for item in manifest["outputs"]] == ["leerplannen.json", "leerplannen.csv"]
    assert manifest["outputs"][0]["size"] == (school.runs[0] / "leerplannen.json").stat().st_size
    assert manifest["match"]["leerlingnummer"] == {"tried": 1, "matched": 1}
    assert school.manifest["counts"] == manifest["counts"]
    assert (school.folder / "outbox/latest").resolve() == school.runs[0]


def test_silence_when_all_is_well(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))

    ran = workspace.sync()

    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")


def test_a_lasting_problem_is_told_once(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0099"))

    first, second = workspace.sync(), workspace.sync()
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="later.csv")
    third = workspace.sync()

    assert (first.exit_code, second.exit_code, third.exit_code) == (3, 3, 3)
    assert "could not be joined" in first.stderr
    assert (second.stderr, third.stderr) == ("", "")


def test_a_dry_run_writes_nothing_and_tells_what_it_would_do(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    before = sorted(workspace.folder.rglob("*"))

    ran = workspace.sync_json("--dry-run")

    assert (ran.exit_code, ran.school["status"], ran.school["counts"]["leerplan"]) == (0, "dry_run", 1)
    assert sorted(workspace.folder.rglob("*")) == before


def test_a_dry_run_after_a_delivery_sees_what_is_in_force(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()

    assert workspace.sync_json("--dry-run").school["counts"]["ongewijzigd"] == 1


# --- waiting, failing, held ------------------------------------------------------------------------------------------


def test_a_school_that_is_signed_up_but_not_active_waits(workspace: WorkspaceFolder):
    school = workspace.school(active_from=None)
    school.cito(row("0012"))

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"], ran.school["counts"]) == (0, "waiting", {})
    assert "active_from" in ran.school["message"]
    assert workspace.sync().stderr == ""
    assert "waiting" in workspace.sync("-v").stderr


def test_a_school_that_becomes_active_later_waits_until_then(workspace: WorkspaceFolder):
    school = workspace.school(active_from="2026-12-01")
    school.numo("0012;;2A")
    school.cito(row("0012"))

    assert workspace.sync_json(day="2026-11-30").school["status"] == "waiting"
    assert workspace.sync_json(day="2026-12-01").school["status"] == "delivered"


def test_a_school_without_results_waits(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")

    assert workspace.sync_json().school["status"] == "waiting"
    assert school.manifest["status"] == "waiting"
    assert school.niet_geleverd == []


def test_a_somtoday_school_without_key_table_is_told_which_file_is_needed_and_from_whom(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    school.cito(row(key="k1"))

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (0, "waiting")
    assert "EDEXML" in ran.school["message"]
    assert "Somtoday administrator" in ran.school["message"]


def test_keys_stay_known_when_the_edexml_is_gone(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    edexml = school.edexml(leerling("k1", "0012"))
    school.cito(row(key="k1"))
    workspace.sync()
    edexml.unlink()
    school.cito(row(key="k1", toets="T2", day="10-11-2026"), name="later.csv")

    assert workspace.sync_json().school["counts"]["leerplan"] == 1


def test_an_error_in_one_school_stops_that_school_only(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    broken = workspace.school("other-college", terugstuuroptie="3")

    ran = workspace.sync_json()

    assert ran.exit_code == 78
    assert [(each["status"], each["exit_code"]) for each in ran.json["schools"]] == [("delivered", 0), ("failed", 78)]
    assert "terugstuuroptie" in ran.json["schools"][1]["message"]
    assert broken.manifest["status"] == "failed"
    assert broken.niet_geleverd == []


def test_an_unusable_file_among_others_asks_for_a_look(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.put("inbox/cito/other.csv", "Naam;Cijfer\r\nDemo;7\r\n")

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (3, "delivered")
    assert "other.csv" in ran.school["message"]


def test_nothing_but_unusable_files_fails_the_school(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.put("inbox/cito/other.csv", "Naam;Cijfer\r\nDemo;7\r\n")

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"]) == (65, "failed")
    assert school.manifest["exit_code"] == 65


def test_an_unusable_newest_list_gives_way_to_the_one_before(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.put("inbox/numo/newer.xlsx", b"no workbook")

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["counts"]["leerplan"]) == (3, 1)


def test_most_results_matching_nobody_is_held_until_a_person_agrees(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0098"), row("0099"))

    held = workspace.sync_json()

    assert (held.exit_code, held.school["status"], school.runs) == (4, "held", [])
    assert len(school.niet_geleverd) == 2
    code = held.school["message"].split("--accept ")[1].split()[0]
    assert workspace.sync_json("--accept", "00000000").exit_code == 4
    accepted = workspace.sync_json("--accept", code)
    assert (accepted.exit_code, accepted.school["status"]) == (3, "delivered")


def test_a_list_that_shrinks_is_held_and_the_delivery_stays(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo(*(f"00{number};;2A" for number in range(10, 20)))
    school.cito(row("0012"))
    workspace.sync()
    school.numo("0012;;2A", name="newer.csv")

    for _night in range(2):
        assert workspace.sync_json().school["status"] == "held"
    assert len(school.runs) == 1


def test_a_known_key_that_points_at_another_pupil_is_held(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A", "0013;;2A")
    school.edexml(leerling("k1", "0012"), leerling("k2", "0013"))
    school.cito(row(key="k1"))
    workspace.sync()
    school.edexml(leerling("k1", "0013"), leerling("k2", "0012"), name="newer.xml")

    held = workspace.sync_json()

    assert (held.school["status"], held.exit_code) == ("held", 4)
    assert "0013" not in held.stdout


def test_an_edexml_of_another_school_is_held(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    school.edexml(leerling("k1", "0012"), brin="99ZZ")
    school.cito(row(key="k1"))

    held = workspace.sync_json()

    assert (held.exit_code, held.school["counts"]["leerplan"]) == (4, 0)


def test_an_edexml_that_was_accepted_is_not_held_again_on_a_later_night(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    school.edexml(leerling("k1", "0012"), brin="99ZZ")
    school.cito(row(key="k1"))
    code = workspace.sync_json().school["message"].split("--accept ")[1].split()[0]
    assert workspace.sync_json("--accept", code).school["status"] == "delivered"
    school.cito(row(key="k1", toets="T2", day="10-11-2026"), name="later.csv")

    assert workspace.sync_json().school["status"] == "delivered"


@pytest.mark.parametrize("folder", ["cito", "numo"])
def test_a_file_without_headers_gives_no_pupil_away(workspace: WorkspaceFolder, school: SchoolFolder, folder: str):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    school.put(f"inbox/{folder}/headless.csv", "Canary;0104233;2A;havo\r\nOther;0104234;2A;vwo\r\n")

    ran = workspace.sync_json("-v")

    assert "headless.csv" in ran.school["message"]
    assert "4 columns" in ran.school["message"]
    assert "Canary" not in ran.stdout + ran.stderr + (school.folder / "report/manifest.json").read_text()


def test_a_named_school_runs_alone_and_an_unknown_one_is_a_usage_error(workspace: WorkspaceFolder, school: SchoolFolder):
    workspace.school("other-college")

    assert [each["korte_naam"] for each in workspace.sync_json("other-college").json["schools"]] == ["other-college"]
    unknown = workspace.sync("demo-colege")
    assert unknown.exit_code == 2
    assert "Did you mean 'demo-college'?" in unknown.stderr


# --- whole or not at all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["build", "publish"])
def test_a_crash_before_the_run_appears_delivers_it_once_on_the_next_night(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch, moment: str
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    with monkeypatch.context() as crash:
        crash.setattr(delivery, moment, _fails)
        assert workspace.sync_json().exit_code == 74
    assert school.runs == []

    workspace.sync()

    assert len(school.runs) == 1
    assert delivered_levels(school) == {("0012", "rekenen-wiskunde"): ("havo", 1)}
    assert workspace.sync_json().school["status"] == "nothing_new"
    assert [entry.name for entry in (school.folder / "outbox").iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize("taken", [False, True])
def test_a_crash_after_the_run_appeared_does_not_deliver_it_twice(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch, *, taken: bool
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    mark = Ledger.mark
    with monkeypatch.context() as crash:
        crash.setattr(Ledger, "mark", lambda ledger, run_id, state: _fails() if state == "delivered" else mark(ledger, run_id, state))
        assert workspace.sync_json().exit_code == 74
    (run,) = school.runs
    if taken:
        shutil.rmtree(run)

    assert workspace.sync_json().school["run_id"] == run.name
    assert workspace.sync_json().school["status"] == "nothing_new"
    assert school.runs == ([] if taken else [run])


def test_a_full_disk_is_one_sentence_and_leaves_the_last_delivery(
    workspace: WorkspaceFolder, school: SchoolFolder, monkeypatch: pytest.MonkeyPatch
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    before = school.delivered()
    school.cito(row("0012", fn="vmbo-kb"), name="later.csv")
    with monkeypatch.context() as full:
        full.setattr(delivery, "build", _fails)
        ran = workspace.sync()

    assert ran.exit_code == 74
    assert ran.stderr.count("\n") == 1
    assert "No space left" in ran.stderr
    assert school.delivered() == before


def test_a_run_that_the_importer_took_is_not_delivered_again(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    shutil.rmtree(school.runs[0])
    school.cito(row("0012"), name="again.csv")

    assert workspace.sync_json().school["status"] == "nothing_new"
    assert not (school.folder / "outbox/latest").is_symlink()


def test_files_are_private_whatever_the_umask(workspace: WorkspaceFolder, school: SchoolFolder, umask: int):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()

    made = [school.folder / name for name in ("outbox", "report", ".cito-numo")]
    entries = [entry for folder in made for entry in (folder, *folder.rglob("*")) if not entry.is_symlink()]
    modes = (
        {entry.stat().st_mode & 0o777 for entry in entries if entry.is_file()},
        {entry.stat().st_mode & 0o777 for entry in entries if entry.is_dir()},
    )
    assert modes == ({0o600}, {0o700})


def _fails(*_arguments: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture(params=[0o000, 0o077])
def umask(request: pytest.FixtureRequest):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)
