"""`import`: results of an earlier schooljaar fill what is missing and replace what is older, after a request to Cito's klantenservice."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import DAY, EXPORT_HEADER, Ran, SchoolFolder, WorkspaceFolder, closes, eck_id, leerling, on_a_terminal, row, texts

from cito_numo.importing import is_aanvraag, is_earlier

Export = Callable[..., Path]
PRIOR, LAST = "2024-2025", "2025-2026"
THEN, LAST_YEAR = "10-10-2024", "10-10-2025"


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Write an export outside the inbox."""

    def write(*rows: str, name: str = "prior.csv") -> Path:
        path = tmp_path / name
        path.write_text("\r\n".join((EXPORT_HEADER, *rows)) + "\r\n")
        return path

    return write


def imported(workspace: WorkspaceFolder, *arguments: object, schooljaar: str = PRIOR, school: str = "demo-college") -> Ran:
    """What `import --json` says; the request has a number."""
    options = ("--school", school, "--schooljaar", schooljaar, "--aanvraag", "0012345", "--json", "--date", DAY)
    return workspace.run("import", "--config", str(workspace.folder / "cito-numo.yaml"), *map(str, arguments), *options)


def onderdelen(school: SchoolFolder, run: int = -1) -> dict[tuple[str, str], tuple[str, str]]:
    """What a run delivered: toets and afnamedatum by gebruikersnaam and onderdeel."""
    return {
        (plan["gebruikersnaam"], each["onderdeel"]): (each["toets"], each["afnamedatum"])
        for plan in school.delivered(run)["leerplannen"]
        for each in plan["onderdelen"]
    }


def test_results_of_an_earlier_schooljaar_fill_what_is_missing(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012"))
    workspace.sync()

    ran = imported(workspace, export(row("0012", day=THEN), row("0012", onderdeel="Taalverzorging", day=THEN), row("0013", day=THEN)))

    assert ran.exit_code == 0
    assert ran.school["status"] == "delivered"
    assert closes(ran.school["counts"])
    assert onderdelen(school) == {
        ("0012", "taalverzorging"): ("T1", "2024-10-10"),
        ("0013", "rekenen-wiskunde"): ("T1", "2024-10-10"),
    }
    assert ran.school["counts"]["vervangen"] == 1, "of the onderdeel of which a newer toets counts"


def test_the_request_stands_in_the_manifest_of_the_run_and_in_that_of_the_report(
    workspace: WorkspaceFolder, school: SchoolFolder, export: Export
):
    school.numo("0012;;2A")
    path = export(row("0012", day=THEN), row("0099", day=THEN))

    workspace.run(
        *("import", "--config", str(workspace.folder / "cito-numo.yaml"), str(path), "--school", "demo-college", "--date", DAY),
        *("--schooljaar", PRIOR, "--aanvraag", "Klantenservice, 12-11-2026"),
    )

    for manifest in (school.runs[0] / "manifest.json", school.folder / f"report/{PRIOR}/manifest.json"):
        text = manifest.read_text("utf-8")
        assert '"aanvraag": "Klantenservice, 12-11-2026"' in text
        assert f'"schooljaar": "{PRIOR}"' in text
        assert '"action": "import"' in text
    listed = (school.folder / f"report/{PRIOR}/niet-geleverd.csv").read_text("utf-8-sig")
    assert "prior.csv;3;0099;" in listed
    assert not (school.folder / "report/niet-geleverd.csv").exists(), "the report of the night is the night's"


def test_only_results_of_the_schooljaar_are_taken(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")

    ran = imported(workspace, export(row("0012", day=LAST_YEAR), row("0012", onderdeel="Taalverzorging", day=THEN), row("0012")))

    assert ran.school["counts"]["vorig_schooljaar"] == 2
    assert list(onderdelen(school)) == [("0012", "taalverzorging")]


def test_a_newer_result_stays_whichever_comes_first(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    last_year, year_before = export(row("0012", day=LAST_YEAR), name="last.csv"), export(row("0012", day=THEN), name="prior.csv")

    assert imported(workspace, last_year, schooljaar=LAST).school["status"] == "delivered"
    assert imported(workspace, year_before).school["status"] == "nothing_new"
    assert len(school.runs) == 1

    school.cito(row("0012", day="06-10-2026"))
    workspace.sync()
    assert onderdelen(school) == {("0012", "rekenen-wiskunde"): ("T1", "2026-10-06")}
    assert imported(workspace, last_year, schooljaar=LAST).school["status"] == "nothing_new"


def test_an_older_result_is_replaced(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    imported(workspace, export(row("0012", day=THEN)))

    imported(workspace, export(row("0012", day=LAST_YEAR), name="last.csv"), schooljaar=LAST)

    (plan,) = school.delivered()["leerplannen"]
    assert plan["revisie"] == 2
    assert onderdelen(school) == {("0012", "rekenen-wiskunde"): ("T1", "2025-10-10")}


def test_a_correction_counts_unless_what_is_in_force_was_taken_later(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    imported(workspace, export(row("0012", day="12-10-2024", fn="vmbo-gt")))

    earlier = imported(workspace, export(row("0012", day="11-10-2024", fn="vmbo-bb"), name="earlier.csv"))
    assert (earlier.school["status"], earlier.school["counts"]["vervangen"]) == ("nothing_new", 1)
    above = imported(workspace, export(row("0012", day="11-10-2024", fn="vwo"), name="above.csv"))
    assert above.school["status"] == "nothing_new", "nor does one above the cutoff take it out"

    corrected = imported(workspace, export(row("0012", day="12-10-2024", fn="vmbo-kb"), name="corrected.csv"))
    assert corrected.school["status"] == "delivered"


def test_an_import_can_be_done_again_without_harm(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A", "0013;;2A")
    path = export(row("0012", day=THEN), row("0013", day=THEN, fn="vwo"))
    imported(workspace, path)
    again = imported(workspace, path)

    assert (again.exit_code, again.school["status"]) == (0, "nothing_new")
    assert again.school["counts"]["ongewijzigd"] == 1
    assert len(school.runs) == 1
    school.cito(row("0012"))
    workspace.sync()
    assert imported(workspace, path).school["status"] == "nothing_new"
    assert len(school.runs) == 2


def test_a_dry_run_writes_nothing(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    path = export(row("0012", day=THEN))
    before = sorted(workspace.folder.rglob("*"))

    ran = imported(workspace, path, "--dry-run")

    assert ran.school["status"] == "dry_run"
    assert ran.school["counts"]["leerplan"] == 1
    assert sorted(workspace.folder.rglob("*")) == before


@pytest.mark.parametrize("aanvraag", [(), ("--aanvraag", ""), ("--aanvraag", "ja"), ("--aanvraag", "12-11-2026")])
def test_without_a_request_it_refuses_and_says_whom_to_ask(
    workspace: WorkspaceFolder, school: SchoolFolder, export: Export, aanvraag: Sequence[str]
):
    school.numo("0012;;2A")
    options = ("--school", "demo-college", "--schooljaar", PRIOR, "--date", DAY, *aanvraag)
    ran = workspace.run("import", "--config", str(workspace.folder / "cito-numo.yaml"), str(export(row("0012", day=THEN))), *options)

    assert ran.exit_code == 2
    assert "klantenservice@cito.nl" in ran.stderr
    assert "--aanvraag" in ran.stderr
    assert school.runs == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(("0012345", True), ("C-2026-118", True), ("#12", True), ("J. Voorbeeld, 12-11-2026", True), ("Klantenservice 3 november", True)),
        *(("Voorbeeld 2026-11-12", True), ("", False), ("ja", False), ("12-11-2026", False), ("Voorbeeld", False), ("een aanvraag", False)),
        *(("0012345\n", False), ("1" * 200, False), ("Voorbeeld 0104233, 12-11-2026", False)),
    ],
)
def test_a_request_is_a_number_or_a_name_and_a_date(text: str, *, is_one: bool):
    assert is_aanvraag(text) == is_one


@pytest.mark.parametrize("schooljaar", ["2026-2027", "2027-2028", "2024-2026", "2024", "24-25", "2024/2025", ""])
def test_only_an_earlier_schooljaar_can_be_imported(workspace: WorkspaceFolder, school: SchoolFolder, export: Export, schooljaar: str):
    ran = imported(workspace, export(row("0012", day=THEN)), schooljaar=schooljaar)

    assert ran.exit_code == 2
    assert "2024-2025" in ran.stderr
    assert not is_earlier(schooljaar, "2026-2027")


def test_files_without_a_result_of_that_schooljaar_are_no_usable_input(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    ran = imported(workspace, export(row("0012"), row("0012", day=LAST_YEAR)))

    assert ran.exit_code == 65
    assert "no result of 2024-2025" in ran.school["message"]
    assert "2025-2026, 2026-2027" in ran.school["message"]


def test_a_file_that_is_not_there_and_one_that_cannot_be_read_are_told(
    workspace: WorkspaceFolder, school: SchoolFolder, export: Export, tmp_path: Path
):
    school.numo("0012;;2A")
    (tmp_path / "broken.csv").write_text("a;b\r\n1;2\r\n")

    ran = imported(workspace, tmp_path / "nowhere.csv", tmp_path / "broken.csv")
    assert ran.exit_code == 65
    assert ran.school["status"] == "failed"
    assert "nowhere.csv" in ran.school["message"]
    assert "broken.csv" in ran.school["message"]

    one = imported(workspace, tmp_path / "nowhere.csv", export(row("0012", day=THEN)))
    assert (one.exit_code, one.school["status"]) == (3, "delivered")


def test_a_school_that_is_not_active_waits(workspace: WorkspaceFolder, export: Export):
    school = workspace.school(active_from=None)
    school.numo("0012;;2A")
    ran = imported(workspace, export(row("0012", day=THEN)))

    assert (ran.exit_code, ran.school["status"]) == (0, "waiting")
    assert school.runs == []


def test_a_somtoday_school_joins_on_the_keys_it_has_now(workspace: WorkspaceFolder, export: Export):
    school = workspace.school(administratie="somtoday")
    assert imported(workspace, export(row(key="k1", day=THEN))).school["status"] == "waiting"

    school.edexml(leerling("k1", "0012"), leerling("k2", "0013"))
    school.numo("0012;;2A", "0013;;2A")
    assert imported(workspace, export(row(key="k1", day=THEN))).school["status"] == "delivered"
    assert list(onderdelen(school)) == [("0012", "rekenen-wiskunde")]


def test_pupils_of_one_klas_of_then_may_be_in_many_klassen_of_now(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo(*(f"00{number};;{klas}" for number, klas in zip(range(11, 17), "ABCDEF", strict=True)))
    ran = imported(workspace, export(*(row(f"00{number}", klas="1A", day=THEN) for number in range(11, 17))))

    assert (ran.exit_code, ran.school["status"]) == (0, "delivered")


def test_results_that_match_nobody_are_held_with_a_command_that_goes_on(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    path = export(row("0012", day=THEN), row("0098", day=THEN), row("0099", day=THEN))

    held = imported(workspace, path)
    assert (held.exit_code, held.school["status"]) == (4, "held")
    message = held.school["message"]
    assert f"import {path} --school demo-college --schooljaar {PRIOR} --aanvraag 0012345" in message
    code = message.split("--accept ")[1].split()[0]

    assert imported(workspace, path, "--accept", code).school["status"] == "delivered"


def test_a_leerlingnummer_of_before_a_fusion_joins_nobody_without_an_eck_id(workspace: WorkspaceFolder, export: Export):
    school = workspace.school(leerlingnummers_valid_from="2025-08-01", tolerance="{unmatched_hold: 1}")
    school.numo(f"0012;{eck_id(1)};2A", "0013;;2A")

    rows = (row("0012", eck_id(1), day=THEN), row("0013", day=THEN), row("0777", eck_id(1), onderdeel="Taalverzorging", day=THEN))
    ran = imported(workspace, export(*rows))

    assert onderdelen(school).keys() == {("0012", "rekenen-wiskunde"), ("0012", "taalverzorging")}
    assert ran.school["counts"]["niet_gekoppeld"] == 1
    listed = (school.folder / f"report/{PRIOR}/niet-geleverd.csv").read_text("utf-8-sig")
    assert "prior.csv;3;0013;" in listed
    assert "ECK iD" in listed
    assert eck_id(1) not in listed

    last_year = export(row("0013", day=LAST_YEAR), name="last.csv")
    assert imported(workspace, last_year, schooljaar=LAST).school["status"] == "delivered", "a number of after it is the pupil's"


def test_the_night_after_an_import_takes_nothing_back(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    imported(workspace, export(row("0012", onderdeel="Taalverzorging", day=THEN)))

    assert workspace.sync_json().school["status"] == "nothing_new"
    assert workspace.run("verify", "--config", str(workspace.folder / "cito-numo.yaml")).exit_code == 0
    school.cito(row("0012", toets="T2", day="10-11-2026"), name="b.csv")
    workspace.sync()
    (plan,) = school.delivered()["leerplannen"]
    assert (plan["vak"], plan["revisie"]) == ("rekenen", 2)


def test_a_lost_ledger_is_built_anew_with_what_was_imported(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    path = export(row("0012", day=THEN))
    imported(workspace, path)
    (school.folder / ".cito-numo/ledger.sqlite").unlink()

    assert imported(workspace, path).exit_code == 4
    workspace.sync("--rebuild")
    assert imported(workspace, path).school["status"] == "nothing_new"


def test_what_was_purged_does_not_come_back_by_an_import(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A", "0013;;2A")
    path = export(row("0012", day=THEN), row("0013", day=THEN, fn="vwo"), row("0099", day=THEN))
    imported(workspace, path)
    config = ("--config", str(workspace.folder / "cito-numo.yaml"))
    purged = workspace.run("purge", *config, "--yes", "demo-college", "--leerling", "0013")

    assert purged.exit_code == 0
    listed = school.folder / f"report/{PRIOR}/niet-geleverd.csv"
    assert "0013" not in listed.read_text("utf-8-sig")
    assert ";0099;" in listed.read_text("utf-8-sig")
    imported(workspace, path)
    assert "0013" not in listed.read_text("utf-8-sig")

    assert workspace.run("purge", *config, "--yes", "--older-than", "1 days").exit_code == 0
    assert ";0099;" not in listed.read_text("utf-8-sig")


def test_an_export_from_which_another_school_got_results_is_held(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    other = workspace.school("demo-lyceum")
    for one in (school, other):
        one.numo("0012;;2A")
    path = export(row("0012", day=THEN))
    assert imported(workspace, path).school["status"] == "delivered"

    held = imported(workspace, path, school="demo-lyceum")

    assert (held.exit_code, held.school["status"]) == (4, "held")
    assert "demo-college" in held.school["message"]
    assert other.runs == []


def numbers(*klassen: str) -> list[str]:
    return [f"00{number};;{klas}" for number, klas in enumerate(klassen, 10)]


@pytest.mark.parametrize(
    ("then", "now", "status"),
    [
        ("1A", ("3A", "3B", "h3c", "3D"), "delivered"),
        ("1A", ("3A", "2B", "4C", "3D"), "delivered"),  # doubled; went up early
        ("2A", ("4A", "4B", "4C", "1D"), "held"),  # the number is another pupil's
        ("3A", ("3A", "3A", "3A", "3B"), "delivered"),  # an export of the klas of now
        ("4V", ("1C", "1C", "1D", "1D"), "held"),
        ("", ("1C", "1C", "1D", "1D"), "delivered"),
        ("A", ("1C", "1C", "1D", "1D"), "delivered"),
        ("3G2", ("5A", "5A", "5B", "5B"), "delivered"),
    ],
)
def test_pupils_in_a_leerjaar_where_they_cannot_be_are_held(
    workspace: WorkspaceFolder, school: SchoolFolder, export: Export, then: str, now: Sequence[str], status: str
):
    school.numo(*numbers(*now))
    path = export(*(row(f"00{number}", klas=then, day=THEN) for number in range(10, 14)))

    ran = imported(workspace, path)

    assert ran.school["status"] == status
    assert ("leerjaar" in ran.school["message"]) == (status == "held")


def test_a_number_of_before_a_fusion_is_not_taken_on_trust_either(workspace: WorkspaceFolder, export: Export):
    school = workspace.school(leerlingnummers_valid_from="2025-08-01", trust_leerlingnummer="true", tolerance="{unmatched_hold: 1}")

    ran = imported(workspace, export(row("0013", eck_id(1), day=THEN)))

    assert ran.school["counts"]["niet_gekoppeld"] == 1
    assert school.runs == []


def test_who_agreed_to_one_schooljaar_did_not_agree_to_another(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    nobody = [row(f"009{number}", day=day) for number in range(3) for day in (THEN, LAST_YEAR)]
    path = export(row("0012", day=THEN), row("0012", day=LAST_YEAR), *nobody)
    code = imported(workspace, path).school["message"].split("--accept ")[1].split()[0]

    assert imported(workspace, path, "--accept", code).school["status"] == "delivered"
    assert imported(workspace, path, schooljaar=LAST).school["status"] == "held"
    assert imported(workspace, path, "--accept", code, schooljaar=LAST).school["status"] == "held"


def test_the_request_stands_in_no_log(workspace: WorkspaceFolder, school: SchoolFolder, export: Export, tmp_path: Path):
    school.numo("0012;;2A")
    path = export(row("0012", day=THEN), row("0098", day=THEN), row("0099", day=THEN))
    config = str(workspace.folder / "cito-numo.yaml")

    ran = workspace.run(
        *("import", str(path), "--config", config, "--school", "demo-college", "--schooljaar", PRIOR, "--date", DAY),
        *("--aanvraag", "Voorbeeldnaam, 12-11-2026", "--log", str(tmp_path / "log")),
    )

    assert ran.exit_code == 4
    assert "Voorbeeldnaam" in ran.stderr, "the command that goes on names it"
    assert "hold-unmatched" in (tmp_path / "log").read_text()
    assert "Voorbeeldnaam" not in (tmp_path / "log").read_text()


def test_imports_of_other_files_of_a_schooljaar_have_reports_of_their_own(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    one, two = (
        export(row("0012", day=THEN), row("0099", day=THEN)),
        export(row("0012", onderdeel="Taalverzorging", day=THEN), name="two.csv"),
    )

    reports = [imported(workspace, path).school["report"] for path in (one, two, one, two)]

    assert [Path(report).parent.name for report in reports] == [PRIOR, f"{PRIOR}-2", PRIOR, f"{PRIOR}-2"]
    assert ";0099;" in (school.folder / f"report/{PRIOR}/niet-geleverd.csv").read_text("utf-8-sig")


# --- many at once ----------------------------------------------------------------------------------------------------


def many(workspace: WorkspaceFolder, path: Path, *arguments: str) -> Ran:
    return workspace.run("import", "--config", str(workspace.folder / "cito-numo.yaml"), "--list", str(path), "--date", DAY, *arguments)


@pytest.fixture
def two_schools(workspace: WorkspaceFolder) -> tuple[SchoolFolder, SchoolFolder]:
    schools = (workspace.school("demo-college"), workspace.school("demo-lyceum"))
    for school in schools:
        school.numo("0012;;2A")
    return schools


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8-sig"), (",", "utf-8"), (";", "windows-1252"), ("\t", "utf-16")])
def test_many_imports_at_once_from_a_list_as_excel_saves_it(
    workspace: WorkspaceFolder,
    two_schools: tuple[SchoolFolder, SchoolFolder],
    export: Export,
    tmp_path: Path,
    separator: str,
    encoding: str,
):
    export(row("0012", day=THEN), name="één.csv")
    export(row("0012", day=LAST_YEAR), name="twee.csv")
    lines = (
        ("School", "Schooljaar", "Aanvraag", "File"),
        ("demo-college", PRIOR, "0012345", "één.csv"),
        ("demo-lyceum", LAST, "Klantenservice 12-11-2026", "twee.csv"),
    )
    listed = tmp_path / "imports.csv"
    listed.write_bytes("".join(f"{separator.join(line)}\r\n" for line in lines).encode(encoding))

    ran = many(workspace, listed)

    assert ran.exit_code == 0
    assert "demo-college 2024-2025: delivered, 1 result read" in ran.stderr
    assert "demo-lyceum 2025-2026: delivered, 1 result read" in ran.stderr
    assert [onderdelen(school) for school in two_schools] == [
        {("0012", "rekenen-wiskunde"): ("T1", "2024-10-10")},
        {("0012", "rekenen-wiskunde"): ("T1", "2025-10-10")},
    ]


def test_one_school_of_a_list_never_stops_another(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder], export: Export, tmp_path: Path
):
    export(row("0012", day=THEN))
    listed = tmp_path / "imports.csv"
    rows = (f"demo-college;{PRIOR};12345;nowhere.csv", f"demo-lyceum;{PRIOR};12345;prior.csv")
    listed.write_text("\r\n".join(("school;schooljaar;aanvraag;file", *rows)))

    ran = many(workspace, listed, "--json")

    assert ran.exit_code == 65
    assert texts(ran.json["schools"], "status") == ["failed", "delivered"]


def test_every_mistake_of_a_list_is_told_and_nothing_of_it_is_imported(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder], export: Export, tmp_path: Path
):
    export(row("0012", day=THEN))
    listed = tmp_path / "imports.csv"
    rows = (f"demo-college;{PRIOR};12345;prior.csv", f"demo-lyceum;{PRIOR};;prior.csv", "demo-lyceum;2024;12345;prior.csv")
    listed.write_text("\r\n".join(("school;schooljaar;aanvraag;file", *rows)))

    ran = many(workspace, listed)

    assert ran.exit_code == 2
    assert f"{listed}, row 3" in ran.stderr
    assert f"{listed}, row 4" in ran.stderr
    assert [school.runs for school in two_schools] == [[], []]

    listed.write_text(f"school;schooljaar;aanvraag;file\r\nother-school;{PRIOR};12345;prior.csv\r\n")
    assert "other-school" in many(workspace, listed).stderr


def test_one_export_for_two_schools_is_held_at_both(
    workspace: WorkspaceFolder, two_schools: tuple[SchoolFolder, SchoolFolder], export: Export, tmp_path: Path
):
    export(row("0012", day=THEN))
    listed = tmp_path / "imports.csv"
    rows = (f"demo-college;{PRIOR};12345;prior.csv", f"demo-lyceum;{PRIOR};12345;prior.csv")
    listed.write_text("\r\n".join(("school;schooljaar;aanvraag;file", *rows)))

    ran = many(workspace, listed, "--json")

    assert ran.exit_code == 4
    assert texts(ran.json["schools"], "status") == ["held", "held"]
    assert "demo-lyceum" in ran.json["schools"][0]["message"]


def test_on_a_terminal_it_tells_the_same(workspace: WorkspaceFolder, school: SchoolFolder, export: Export):
    school.numo("0012;;2A")
    path = export(row("0012", day=THEN))
    config = str(workspace.folder / "cito-numo.yaml")
    shown = on_a_terminal(
        "import", str(path), "--school", "demo-college", "--schooljaar", PRIOR, "--aanvraag", "0012345", "--config", config, "--date", DAY
    )

    assert "demo-college 2024-2025: delivered, 1 result read, leerplan 1, outbox/" in shown
    assert f"report/{PRIOR}/niet-geleverd.csv" in shown


def test_files_without_a_result_of_that_schooljaar_deliver_nothing_whatever_else_changed(
    workspace: WorkspaceFolder, school: SchoolFolder, export: Export
):
    school.numo("0012;;2A")
    school.cito(row("0012"))
    workspace.sync()
    school.configure(processing="automatic")

    ran = imported(workspace, export(row("0012", onderdeel="Taalverzorging")))

    assert (ran.exit_code, ran.school["status"], len(school.runs)) == (65, "nothing_new", 1)


@pytest.mark.parametrize(
    "words",
    [["prior.csv"], ["prior.csv", "--school", "demo-college"], ["prior.csv", "--list", "imports.csv"], []],
    ids=["no school", "no schooljaar", "a file beside a list", "nothing"],
)
def test_what_is_not_said_of_an_import_is_asked_for(workspace: WorkspaceFolder, school: SchoolFolder, words: list[str]):
    assert workspace.run("import", "--config", str(workspace.folder / "cito-numo.yaml"), *words).exit_code == 2


def test_a_pipe_in_the_place_of_a_list_is_told_and_waited_for_by_nobody(workspace: WorkspaceFolder, school: SchoolFolder, tmp_path: Path):
    os.mkfifo(tmp_path / "imports.csv")
    ran = many(workspace, tmp_path / "imports.csv")

    assert ran.exit_code == 65
    assert "imports.csv" in ran.stderr


def test_of_very_many_mistakes_the_first_are_told(workspace: WorkspaceFolder, school: SchoolFolder, tmp_path: Path):
    listed = tmp_path / "imports.csv"
    listed.write_text("\r\n".join(("school;schooljaar;aanvraag;file", *(f"demo-college;{PRIOR}-{n};{n}1;a.csv" for n in range(150)))))
    lines = many(workspace, listed).stderr.splitlines()

    assert (len(lines), lines[-1]) == (101, "… and 50 more.")


def test_an_older_copy_of_a_toets_that_was_withdrawn_does_not_bring_it_back(
    workspace: WorkspaceFolder, school: SchoolFolder, export: Export
):
    school.numo("0012;;2A")
    imported(workspace, export(row("0012", day="12-10-2024")))
    withdraw = ("plans", "withdraw", "--school", "demo-college", "--leerling", "0012", "--reden", "Fout", "--yes")
    workspace.run(*withdraw, "--config", str(workspace.folder / "cito-numo.yaml"))

    assert imported(workspace, export(row("0012", day="11-10-2024"), name="older.csv")).school["status"] == "nothing_new"
    assert imported(workspace, export(row("0012", day="13-10-2024"), name="newer.csv")).school["status"] == "delivered"
