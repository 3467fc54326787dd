"""Exports of one school that overlap: from two platforms, late, corrected, repeated, of last year. What counts, and what is delivered."""

from conftest import SchoolFolder, Workbook, WorkspaceFolder, closes, row

WIDE = (
    "Leerlingnummer",
    "Klas",
    "Toets 1 Rekenen-Wiskunde functioneringsniveau",
    "Toets 1 Rekenen-Wiskunde toetsniveau",
    "Toets 1 Rekenen-Wiskunde afnamedatum",
    "Toets 1 Engels leesvaardigheid functioneringsniveau",
    "Toets 1 Engels leesvaardigheid toetsniveau",
    "Toets 1 Engels leesvaardigheid afnamedatum",
)
ENGELS = "Engels leesvaardigheid"


def uwlr(*results: tuple[str, str, str], made: str = "2026-11-20T10:00:00") -> str:
    """Results of Toets 1 havo of 6 October: leerlingid, onderdeel, functioneringsniveau."""
    afnames = "".join(
        f"<toetsafname><leerlingid>{leerling}</leerlingid><resultaten><resultaat key='{number}'><afnamedatum>2026-10-06</afnamedatum>"
        f"<toetscode>{onderdeel}</toetscode><osoresultaat><referentiescore><codereferentiescore>FN</codereferentiescore>"
        f"<codevergelijkingsgroep>HAVO</codevergelijkingsgroep><waarde>{fn}</waarde></referentiescore></osoresultaat>"
        "</resultaat></resultaten></toetsafname>"
        for number, (leerling, onderdeel, fn) in enumerate(results)
    )
    toetsen = "".join(
        f"<toets><toetscode>{code}</toetscode><toetsnaam>Toets 1 {code}</toetsnaam></toets>" for code in ("Rekenen-Wiskunde", ENGELS)
    )
    school = f"<school><schooljaar>2026-2027</schooljaar><brincode>99XX</brincode><aanmaakdatum>{made}</aanmaakdatum></school>"
    body = f"{school}<toetsafnames>{afnames}</toetsafnames><toetsen>{toetsen}</toetsen>"
    return f'<leerresultaten_verzoek xmlns="http://www.edustandaard.nl/leerresultaten/2/leerresultaten">{body}</leerresultaten_verzoek>'


def first_night(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """Two pupils, rekenen and Engels, by the old platform's long CSV."""
    school.numo("0012;;2A", "0013;;2A")
    school.cito(*(row(pupil, onderdeel=part) for pupil in ("0012", "0013") for part in ("Rekenen", ENGELS)))
    assert workspace.sync_json(day="2026-11-17").school["counts"]["leerplan"] == 4


def test_the_same_results_from_the_new_platform_deliver_nothing(workspace: WorkspaceFolder, school: SchoolFolder, xlsx: Workbook):
    first_night(workspace, school)
    levels = ("havo", "havo", "2026-10-06")
    school.put("inbox/cito/nieuw.xlsx", xlsx([WIDE, ("0012", "2A", *levels, *levels), ("0013", "2A", *levels, *levels)]))
    school.put("inbox/cito/nieuw.xml", uwlr(("0012", "Rekenen-Wiskunde", "HAVO"), ("0013", ENGELS, "HAVO")))

    night = workspace.sync_json(day="2026-11-19").school

    assert night["status"] == "nothing_new"
    assert (night["counts"]["read"], night["counts"]["dubbel"], night["counts"]["ongewijzigd"]) == (10, 6, 4)
    assert len(school.runs) == 1


def test_a_correction_from_the_new_platform_is_a_new_revisie_of_just_that_leerplan(
    workspace: WorkspaceFolder, school: SchoolFolder, xlsx: Workbook
):
    first_night(workspace, school)
    same, lower = ("havo", "havo", "2026-10-06"), ("vmbo gt", "havo", "2026-10-06")
    school.put("inbox/cito/nieuw.xlsx", xlsx([WIDE, ("0012", "2A", *lower, *same), ("0013", "2A", *same, *same)]))

    counts = workspace.sync_json(day="2026-11-19").school["counts"]

    (plan,) = school.delivered()["leerplannen"]
    assert (plan["gebruikersnaam"], plan["vak"], plan["revisie"]) == ("0012", "rekenen", 2)
    assert plan["onderdelen"][0]["functioneringsniveau"] == "vmbo-gt"
    assert closes(counts)
    assert counts["vervangen"] == 1  # what the old platform said


def test_a_correction_above_the_cutoff_takes_the_onderdeel_out(workspace: WorkspaceFolder, school: SchoolFolder):
    first_night(workspace, school)
    school.put("inbox/cito/nieuw.xml", uwlr(("0013", ENGELS, "VWO")))

    counts = workspace.sync_json(day="2026-11-19").school["counts"]

    assert school.delivered()["leerplannen"] == []
    (gone,) = school.delivered()["ingetrokken"]
    assert (gone["gebruikersnaam"], gone["vak"], gone["revisie"]) == ("0013", "engels", 2)
    assert (counts["boven_terugstuuroptie"], counts["vervangen"]) == (1, 1)


def test_an_old_export_that_is_copied_back_under_another_name_corrects_nothing(workspace: WorkspaceFolder, school: SchoolFolder):
    first_night(workspace, school)
    old = (school.folder / "inbox/cito/export.csv").read_bytes()
    school.put("inbox/cito/nieuw.xml", uwlr(("0012", "Rekenen-Wiskunde", "VMBO GT")))
    workspace.sync(day="2026-11-19")

    school.put("inbox/cito/export (1).csv", old)
    night = workspace.sync_json(day="2026-11-20").school

    assert night["status"] == "nothing_new"
    assert len(school.runs) == 2


def test_what_was_delivered_stays_when_all_exports_vanish(workspace: WorkspaceFolder, school: SchoolFolder):
    first_night(workspace, school)
    (school.folder / "inbox/cito/export.csv").unlink()
    school.put("inbox/cito/nieuw.xml", uwlr(("0012", "Rekenen-Wiskunde", "HAVO")))

    night = workspace.sync_json(day="2026-11-19").school

    assert night["status"] == "nothing_new"
    assert workspace.sync_json("--full", day="2026-11-19").school["status"] == "delivered"
    assert len(school.delivered()["leerplannen"]) == 4


def test_a_paper_test_that_comes_weeks_later_is_added_to_what_is_there(workspace: WorkspaceFolder, school: SchoolFolder):
    first_night(workspace, school)
    school.cito(row("0012", onderdeel="Taalverzorging", day="05-10-2026"), name="papier.csv")

    workspace.sync(day="2026-11-20")

    (plan,) = school.delivered()["leerplannen"]
    assert (plan["vak"], plan["revisie"], [part["onderdeel"] for part in plan["onderdelen"]]) == ("nederlands", 1, ["taalverzorging"])


def test_last_years_tests_under_this_years_class_have_one_line_for_the_file(
    workspace: WorkspaceFolder, school: SchoolFolder, xlsx: Workbook
):
    first_night(workspace, school)
    old = ("vwo", "havo", "2026-06-10")
    school.put("inbox/cito/klas-3a.xlsx", xlsx([WIDE, ("0012", "3A", *old, *old), ("0013", "3A", *old, *old)]))

    counts = workspace.sync_json(day="2026-11-19").school["counts"]

    assert counts["vorig_schooljaar"] == 4
    assert [(line["bestand"], line["rij"], line["uitkomst"]) for line in school.niet_geleverd] == [("klas-3a.xlsx", "", "vorig_schooljaar")]


def test_of_two_new_uwlr_files_the_one_that_was_made_later_counts_whatever_its_name_and_time(
    workspace: WorkspaceFolder, school: SchoolFolder
):
    school.numo("0012;;2A")
    school.put("inbox/cito/a.xml", uwlr(("0012", "Rekenen-Wiskunde", "VMBO GT"), made="2026-11-21T10:00:00+01:00"))
    school.put("inbox/cito/b.xml", uwlr(("0012", "Rekenen-Wiskunde", "HAVO"), made="2026-11-20T10:00:00+01:00"))

    workspace.sync()

    assert school.delivered()["leerplannen"][0]["onderdelen"][0]["functioneringsniveau"] == "vmbo-gt"


def test_zeros_that_a_spreadsheet_left_out_are_told_and_never_filled_in(workspace: WorkspaceFolder, school: SchoolFolder, xlsx: Workbook):
    school.numo("0012;;2A", "0013;;2A", "99;;2A")
    levels = ("havo", "havo", "2026-10-06")
    school.put("inbox/cito/uit-excel.xlsx", xlsx([WIDE[:5], (12, "2A", *levels), ("0013", "2A", *levels), ("99", "2A", *levels)]))

    night = workspace.sync_json().school

    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == ["0013", "99"]
    (line,) = school.niet_geleverd
    assert (line["rij"], line["uitkomst"]) == ("2", "niet_gekoppeld")
    assert "ontbreken nullen" in line["reden"]
    assert "niet op vanuit Excel" in line["wat_te_doen"]
    assert "zeros-gone" in {message["code"] for message in school.manifest["messages"]}
    assert closes(night["counts"])
