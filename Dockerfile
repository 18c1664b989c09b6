# Two images from one recipe: `runtime` (the default), and `runtime-rclone` for the names of encrypted Drives.
#   docker build -t autoscan .          docker build --target runtime-rclone -t autoscan:rclone .
# Works with BuildKit and with the builder before it, which builds all that stands above its target, and for which each
# line costs a layer: hence few lines, `--target runtime` where it is used, and settings before the files. Where the
# builder reaches no network, it takes what was fetched outside: docker/offline/{wheels/*.whl,binutils/*.deb,rclone/*.deb}.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
COPY requirements.txt docker/ /build/
RUN cd /build \
    && sh install.sh binutils \
    && python3 -m venv --without-pip /app/.venv \
    && offline="$(find offline -name '*.whl' -print -quit)" \
    && python3 -m pip --python /app/.venv/bin/python install --quiet --no-cache-dir --disable-pip-version-check \
        --no-compile --require-hashes -r requirements.txt ${offline:+--no-index --find-links offline/wheels} \
    && /app/.venv/bin/python trim.py
# All that .dockerignore lets through.
COPY . /app/
# Python writes the byte code of what it loads: all that Autoscan uses, and nothing else.
RUN cd /app \
    && .venv/bin/python docker/load.py /app \
    && rm -r requirements.txt docker/offline docker/install.sh docker/trim.py docker/load.py \
    && ln -s /config config \
    && ln -s database/queue.db queue.db \
    && ln -s database/cache.db cache.db

FROM ${BASE} AS runtime
# What installs packages has nothing to install here.
# A new volume gets these rights: whoever Autoscan runs as can write. Version 2 had its volumes at /app/config, which is
# a link to /config here, and at /app/database, where links lead, too: what stands there is found.
RUN rm -rf /usr/local/lib/python3*/*-packages/* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
        /usr/local/bin/wheel \
    && mkdir -p /config /app/database && chown 1000:1000 /config /app/database && chmod 1777 /config /app/database
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Autoscan" \
    org.opencontainers.image.description="Webhooks in, partial scans of Plex, Emby and Jellyfin out, and a look whether the file is there" \
    org.opencontainers.image.version="3.0.0" \
    org.opencontainers.image.revision="${REVISION}"
# What is served inside the container is the container's business, not config.json's, as in version 2.
ENV PATH=/app/.venv/bin:$PATH \
    SERVER_IP=0.0.0.0 \
    SERVER_PORT=3468 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLEX_AUTOSCAN_QUEUEFILE=/config/queue.db \
    PLEX_AUTOSCAN_LOGFILE=/config/autoscan.log
WORKDIR /app
VOLUME /config
EXPOSE 3468
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["python", "/app/docker/health.py"]
ENTRYPOINT ["python", "/app/docker/entrypoint.py"]
CMD ["python", "scan.py", "server"]
COPY --from=build /app /app

FROM build AS rclone
RUN cd /build && sh install.sh rclone

FROM runtime AS runtime-rclone
COPY --from=rclone /usr/bin/rclone /usr/bin/rclone

FROM runtime
