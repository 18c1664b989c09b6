# Two images from one recipe: `runtime` (the default), and `runtime-rclone` for the names of encrypted Drives.
#   docker build -t autoscan .          docker build --target runtime-rclone -t autoscan:rclone .
# Works with BuildKit and with the builder before it. Where the builder reaches no network, it takes what was fetched
# outside: docker/offline/{wheels/*.whl,binutils/*.deb,rclone/*.deb}.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.txt ./
COPY docker/ docker/
RUN sh docker/install.sh binutils
RUN python3 -m venv /opt/venv \
    && offline="$(find docker/offline -name '*.whl' -print -quit)" \
    && /opt/venv/bin/pip install --quiet --no-compile --require-hashes -r requirements.txt \
        ${offline:+--no-index --find-links docker/offline/wheels} \
    && /opt/venv/bin/python docker/trim.py
WORKDIR /app
COPY scan.py wsgi.py gunicorn_config.py ./
COPY autoscan/ autoscan/
COPY templates/ templates/
COPY static/ static/
# Python writes the byte code of what it loads: all that Autoscan uses, and nothing else.
RUN /opt/venv/bin/python /build/docker/load.py /app

FROM ${BASE} AS common
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Autoscan" \
    org.opencontainers.image.description="Webhooks in, partial scans of Plex, Emby and Jellyfin out, and a look whether the file is there" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLEX_AUTOSCAN_QUEUEFILE=/config/queue.db \
    PLEX_AUTOSCAN_LOGFILE=/config/autoscan.log
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY docker/entrypoint.py docker/health.py /usr/local/lib/autoscan/
# Version 2 had its volumes at /app/config and /app/database; what stands there is found.
RUN mkdir -p /config /app/database \
    && ln -s /config /app/config \
    && ln -s database/queue.db /app/queue.db \
    && ln -s database/cache.db /app/cache.db \
    && chown 1000:1000 /config /app/database
WORKDIR /app
VOLUME /config
EXPOSE 3468
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "/usr/local/lib/autoscan/health.py"]
ENTRYPOINT ["python", "/usr/local/lib/autoscan/entrypoint.py"]
CMD ["python", "scan.py", "server"]

FROM common AS runtime-rclone
COPY docker/ /tmp/docker/
RUN cd /tmp && sh docker/install.sh rclone && rm -rf /tmp/docker

FROM common AS runtime
