#!/bin/sh
# Install one Debian package: from docker/offline/<package>/ where it was fetched before, from the network otherwise.
set -eu
if ls docker/offline/"$1"/*.deb >/dev/null 2>&1; then
    dpkg --install docker/offline/"$1"/*.deb
else
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
    rm -rf /var/lib/apt/lists/*
fi
