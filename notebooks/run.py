"""Run every notebook beside this file and write its outputs back.

    python run.py            run all of them
    python run.py --check    run all of them, write nothing

No times are written: the same dataset gives the same bytes. The status is 1 when a cell fails.
"""
import argparse
import re
import sys
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  builds the font cache now, lest a cell print that it does
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from traitlets.config import Config


def run(path, write):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, config=Config(KernelManager={"transport_encryption": "auto"}), timeout=600,
                            record_timing=False, coalesce_streams=True, resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute()
    except (CellControlSignal, DeadKernelError) as error:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        print(f"{plain}\n{path.name}: a cell fails, see above", file=sys.stderr)
        return False
    notebook.metadata.language_info = {"name": "python"}
    if write:
        nbformat.write(notebook, path)
    print(f"{path.name}: {'written' if write else 'runs'}")
    return True


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--check", action="store_true", help="write nothing")
write = not parser.parse_args().check
sys.exit(0 if all([run(path, write) for path in sorted(Path(__file__).resolve().parent.glob("*.ipynb"))]) else 1)
