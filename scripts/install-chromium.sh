#!/usr/bin/env bash
# Makes sure that there is a chromium for the browser tests: Debian's, where this may install it. One line of output.
set -uo pipefail

found="${CHROMIUM_PATH:-$(command -v chromium || true)}"
if [ -n "$found" ]; then
  echo "Chromium: $found"
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Chromium is absent: install your system's package 'chromium', or set CHROMIUM_PATH."
  exit 1
fi
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >"$log" 2>&1; then
  echo "Chromium: installed $(command -v chromium)"
else
  echo "Chromium could not be installed: $(tail -n 1 "$log")"
  exit 1
fi
