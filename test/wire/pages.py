"""The pages of the documentation, the fences in them, and the files that their configurations name."""
import re
from pathlib import Path

from fairlead import command

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def fences(page, info):
    """(line, text) of every fence of a page that is so marked."""
    text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        if fence[2].strip() == info:
            yield text.count("\n", 0, fence.start()) + 1, fence[3]


def put(text, folder):
    """The file as a reader has it: fairlead.yaml, and beside it the certificates that it names, signed by themselves."""
    file = folder / "fairlead.yaml"
    file.write_text(text, encoding="utf-8")
    for host in sorted(set(re.findall(r"\bcert: ([\w.-]+)\.crt\b", text))):
        done = command("cert", "self-signed", host, cwd=folder)
        assert done.returncode == 0, done
    return file
