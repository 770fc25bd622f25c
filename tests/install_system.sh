#!/usr/bin/env bash
# Installs what the tests need of the system, where it is missing and we may: a browser, Java and
# Maven for the Kafka broker. Where we may not, the tests that need them say so and are skipped.
set -u
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing: ${missing[*]} (not root, or no apt-get): the tests that need them are skipped"
fi
exit 0
