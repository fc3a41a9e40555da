#!/bin/sh
# Builds the packages of this folder, which it changes, and puts what runs of them into a new one: install.sh DESTINATION
set -eu
destination=$1

npm ci --no-audit --no-fund
npm prune --omit=dev --ignore-scripts --no-audit --no-fund

mkdir -p "$destination/packages"
cp -R node_modules "$destination/node_modules"
for package in packages/*; do
  mkdir "$destination/$package"
  for part in package.json dist starter node_modules; do
    if [ -e "$package/$part" ]; then cp -R "$package/$part" "$destination/$package/$part"; fi
  done
done
# Links to what was not taken along: examples and tests.
find "$destination/node_modules" -maxdepth 2 -type l ! -exec test -e {} \; -exec rm {} +
