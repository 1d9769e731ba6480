"""What the documentation tells to write and to type is tried here, so that it stays true.

A fence ```yaml fairlead is a whole configuration and must pass `fairlead check`; ```yaml alone is a
fragment. A fence ```sh run is typed into a shell in the project's folder, with the binary under test as
`fairlead`, and must succeed; ```sh alone is for reading. What the recipes promise is tried in test_recipes.py.
"""
import os
import re
import subprocess
from pathlib import Path

import pytest

from fairlead import BINARY as GIVEN
from pages import FENCE, PAGES, ROOT, fences, put

BINARY = Path(GIVEN).resolve()
CONFIGS = [ROOT / "demo/fairlead.yaml", ROOT / "packaging/fairlead.yaml"]


def blocks(info):
    """(place, text) of every fence so marked."""
    for page in PAGES:
        for line, text in fences(page, info):
            yield pytest.param(text, id=f"{page.relative_to(ROOT)}:{line}")


def check(file):
    done = subprocess.run([BINARY, "check", "-c", str(file)], cwd=file.parent, text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("text", blocks("yaml fairlead"))
def test_a_documented_configuration_is_valid(text, tmp_path):
    check(put(text, tmp_path))


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_shipped_configuration_is_valid(file):
    check(file)


@pytest.mark.parametrize("text", blocks("sh run"))
def test_a_documented_command_works(text, tmp_path):
    (tmp_path / "fairlead").symlink_to(BINARY)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-eu", "-c", text.replace("build/fairlead", "fairlead")], cwd=ROOT, env=environment,
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing, f"{page.name} links to what is not there: {missing}"


def test_there_is_something_to_try():
    assert list(blocks("yaml fairlead")) and list(blocks("sh run"))
