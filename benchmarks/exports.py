"""Large exports: bytes to a validated table, beside the parser that is used, in processes that take turns.

    python benchmarks/exports.py [--rows N] [--xlsx-rows N] [--runs N]

A CSV is compared with Arrow's reader on all of its columns as text, a workbook with python-calamine. What is timed is the work itself, with
the file in memory and all imported; the memory is the peak of the whole process.
"""

import json
import subprocess
import sys
from pathlib import Path

from measuring import Benchmark, Comparison, Run

HEADER = "Leerlingnummer;ECK-iD;Cito-leerlingkey;Klas;Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau;Vaardigheidsscore"

MAKE = f"""
import random, sys
import xlsxwriter
HEADER = {HEADER!r}
LEVELS = ("vmbo bb", "vmbo kb", "vmbo gt", "havo", "vwo")
ONDERDELEN = ("Rekenen-Wiskunde", "Nederlands leesvaardigheid", "Nederlands woordenschat", "Taalverzorging", "Engels leesvaardigheid")
chance = random.Random(1)
def rows(count):
    for number in range(count):
        pupil, part = divmod(number, 5)
        day = f"{{chance.randint(1, 28):02}}-{{chance.randint(9, 10):02}}-2026"
        eck = f"https://ketenid.nl/201703/{{pupil:0128x}}"
        levels = chance.choices(LEVELS, k=2)
        yield (f"{{pupil:07}}", eck, "", f"{{pupil % 6 + 1}}A", "T1", levels[0], ONDERDELEN[part], day, levels[1], "")
with open(sys.argv[1], "w", encoding="utf-8", newline="") as file:
    file.write(HEADER + "\\r\\n")
    file.writelines(";".join(row) + "\\r\\n" for row in rows(int(sys.argv[3])))
with xlsxwriter.Workbook(sys.argv[2], {{"constant_memory": True, "strings_to_urls": False}}) as book:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.split(";"))
    for number, row in enumerate(rows(int(sys.argv[4])), 1):
        sheet.write_row(number, 0, row)
"""
BEGIN = "import io, json, resource, sys, time\ncontent = open(sys.argv[1], 'rb').read()\n"
END = """
seconds = time.perf_counter() - start
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows]))
"""
ARROW = """
import pyarrow as pa, pyarrow.csv as pc
start = time.perf_counter()
names = content.split(b"\\r\\n", 1)[0].decode().split(";")
convert = pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
rows = pc.read_csv(pa.BufferReader(content), parse_options=pc.ParseOptions(delimiter=";"), convert_options=convert).num_rows
"""
CALAMINE = """
import python_calamine
start = time.perf_counter()
rows = len(python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()) - 1
"""
OURS = """
from datetime import date
from pathlib import Path
from cito_numo.cito import to_results
from cito_numo.exports import Reader, read_export
from cito_numo.layouts import shipped_layouts
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.privacy import Secret
import python_calamine
reader = Reader(shipped_layouts(), read_leerlijnen(Path(), None))
start = time.perf_counter()
exports = read_export(content, sys.argv[1], reader)
results = to_results([(1, export) for export in exports], reader.leerlijnen, Secret(bytes(32)), date(2026, 11, 24))
assert results["uitkomst"].isna().all()
rows = len(results)
"""


def measured(code: str, path: Path, rows: int) -> Run:
    """One process, which measures its own work. SystemExit where it read another number of rows."""
    ran = subprocess.run([sys.executable, "-c", BEGIN + code + END, str(path)], check=True, capture_output=True, text=True)  # noqa: S603
    seconds, megabytes, found = json.loads(ran.stdout)
    if found != rows:
        raise SystemExit(f"{found} rows were read of {rows} in {path.name}")
    return Run(seconds, megabytes)


def main() -> None:
    """Make the files, run each pair in turn, print the tables."""
    benchmark = Benchmark(__doc__, pupils=None, runs=5)
    benchmark.parser.add_argument("--rows", type=int, default=1_000_000)
    benchmark.parser.add_argument("--xlsx-rows", type=int, default=100_000)
    with benchmark as (said, folder):
        csv, xlsx = folder / "export.csv", folder / "export.xlsx"
        subprocess.run([sys.executable, "-c", MAKE, str(csv), str(xlsx), str(said.rows), str(said.xlsx_rows)], check=True)  # noqa: S603
        for path, (rival, code), count in (
            (csv, ("Arrow's CSV reader", ARROW), said.rows),
            (xlsx, ("python-calamine", CALAMINE), said.xlsx_rows),
        ):
            done = Comparison({"cito-numo": [], rival: []})
            for number in range(said.runs + 1):
                for name, work in (("cito-numo", OURS), (rival, code)):
                    run = measured(work, path, count)
                    if number:  # the first of each is a warm-up
                        done.runs[name].append(run)
            benchmark.show(f"{path.suffix}, {count:,} rows, {path.stat().st_size / 1e6:.0f} MB", done, {})


if __name__ == "__main__":
    main()
