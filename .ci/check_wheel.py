"""Check a wheel that is installed alone: what it holds, that it works without torch, how long its import takes."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile

IMPORT_SECONDS = 0.5

tops = {name.split("/")[0] for name in zipfile.ZipFile(sys.argv[1]).namelist()}
extra = {top for top in tops if top != "moral_games" and not top.endswith(".dist-info")}
assert not extra, f"the wheel holds more than moral_games: {sorted(extra)}"
assert importlib.util.find_spec("torch") is None, "torch is installed, so this shows nothing"

os.chdir(tempfile.gettempdir())  # so that the installed package is imported, not the checkout
work = "import gymnasium, moral_games as mg; mg.games.get('ipd'); gymnasium.make('moral_games/IPD-v0').reset(seed=0)"
subprocess.run([sys.executable, "-c", work], check=True)
for arguments in (["games"], ["show", "ipd", "--reward", "utilitarian"], ["evaluate", "tit_for_tat"]):
    subprocess.run([sys.executable, "-m", "moral_games", *arguments], check=True, stdout=subprocess.DEVNULL)

timed = "import time; begun = time.perf_counter(); import moral_games; print(time.perf_counter() - begun)"
seconds = min(
    float(subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True, text=True).stdout)
    for _ in range(5)
)
print(f"import moral_games: {seconds:.2f} s (the best of 5)")
assert seconds < IMPORT_SECONDS, f"import moral_games takes {seconds:.2f} s, more than {IMPORT_SECONDS} s"
