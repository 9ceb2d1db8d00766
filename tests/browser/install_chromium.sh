#!/bin/sh
# Make sure that a Chromium is there for the browser tests: the system's, Debian's package, or Playwright's own build.
set -eu
python=$1
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if "$python" -c "
from playwright.sync_api import sync_playwright
from pathlib import Path
with sync_playwright() as p: raise SystemExit(not Path(p.chromium.executable_path).exists())
"; then exit 0; fi
if command -v apt-get >/dev/null; then
  root=""
  if [ "$(id -u)" -ne 0 ]; then root="sudo -n"; fi
  if $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
    exit 0
  fi
fi
exec "$python" -m playwright install chromium
