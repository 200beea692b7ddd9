"""What `stockade qr` and `stockade paper` show, read by zxing-cpp and by the Python program of the sheet."""

import html
import re
import subprocess
import sys
from pathlib import Path

import zxingcpp
from backup import Backup
from command import done
from PIL import Image


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def texts(pictures: list[Path]) -> str:
    found = [zxingcpp.read_barcodes(Image.open(picture).convert("L")) for picture in pictures]
    return "\n".join(code.text for codes in found for code in codes)


def test_zxing_reads_enough_codes_of_a_set_without_every_fourth(
    hoodi: Backup, tmp_path: Path
) -> None:
    frames, back = tmp_path / "frames", tmp_path / "back"
    shown = done("qr", "show", hoodi.copies[0], "--format", "png", "--out", frames)
    pictures = [Path(name) for i, name in enumerate(shown["pictures"]) if i % 4 != 2]
    codes = tmp_path / "codes.txt"
    codes.write_text(texts(pictures))
    assert len(codes.read_text().splitlines()) == len(pictures)
    done("qr", "read", codes, "--out", back)
    set_id = hoodi.created["set_id"]
    assert content(back / "stockade" / set_id) == content(hoodi.folder)


def test_the_program_on_the_sheet_reads_its_lines_and_names_a_mistyped_one(
    hoodi: Backup, tmp_path: Path
) -> None:
    sheet = tmp_path / "set.html"
    done("paper", "set", hoodi.copies[0], "--out", sheet)
    page = sheet.read_text()
    (lines,) = re.findall(r'<pre class="lines">(.*?)</pre>', page, re.DOTALL)
    (program,) = re.findall(r'<pre class="script">(.*?)</pre>', page, re.DOTALL)
    script = tmp_path / "read_paper.py"
    script.write_text(html.unescape(program))

    def run(typed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", script],
            input=typed, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    typed = lines.splitlines()
    typed[6] = re.sub(r"(: ....) (.)", lambda m: m[1] + " " + ("7" if m[2] != "7" else "8"), typed[6])
    del typed[8]
    wrong = run("\n".join(typed))
    assert wrong.returncode != 0
    assert "mistyped lines: [7]; missing lines: [9]" in wrong.stderr
    assert not (tmp_path / "stockade").exists()
    assert run(lines.lower()).returncode == 0
    set_id = hoodi.created["set_id"]
    assert content(tmp_path / "stockade" / set_id) == content(hoodi.folder)
