#!/bin/sh
# Install one Debian package: from offline/<package>/ where it was fetched before, from the network otherwise.
set -eu
if ls offline/"$1"/*.deb >/dev/null 2>&1; then
    dpkg --install offline/"$1"/*.deb >/dev/null
else
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
fi
