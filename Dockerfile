# The image of every role: api, worker, migrate, and serve in one container.
#
#     docker build --tag safety-detector:0.1.0 .
#
# With a site's own mirror: --build-arg PYTHON_IMAGE=… --build-arg PIP_INDEX_URL=…
ARG PYTHON_IMAGE=python:3.11.15-slim-bookworm

FROM ${PYTHON_IMAGE} AS wheel
ARG PIP_INDEX_URL
WORKDIR /source
COPY requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-build.lock
COPY LICENSE README.md pyproject.toml ./
COPY fonts fonts
COPY safety_detector safety_detector
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel .

# Apart from the wheel, so that a change of the program does not install the packages again.
FROM ${PYTHON_IMAGE} AS environment
ARG PIP_INDEX_URL
WORKDIR /source
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/safety-detector \
 && pip --python /opt/safety-detector/bin/python install \
    --no-cache-dir --require-hashes --requirement requirements.lock
COPY --from=wheel /wheel /wheel
RUN pip --python /opt/safety-detector/bin/python install --no-cache-dir --no-index --no-deps \
    /wheel/*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="safety-detector" \
      org.opencontainers.image.licenses="Apache-2.0"
# Fixed numbers, so that a folder of the host can be given to them.  A named volume takes its owner
# from the folder that the image has in its place.
RUN groupadd --gid 10001 safety \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin safety \
 && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=environment /opt/safety-detector /opt/safety-detector
# The root file system may be read-only: bytecode was written when the packages were installed, the
# program writes to /data and, a little, to /tmp.
ENV PATH=/opt/safety-detector/bin:$PATH \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SAFETY_DATA_DIR=/data
USER 10001:10001
WORKDIR /
VOLUME /data
EXPOSE 8000
# Of the roles that have an API; compose gives workers a check of their own.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import os, ssl, urllib.request as r; tls = ssl._create_unverified_context() if os.environ.get('SAFETY_TLS_CERT') else None; r.urlopen(('https' if tls else 'http') + '://127.0.0.1:8000/livez', timeout=4, context=tls)"]
ENTRYPOINT ["safety-detector"]
# Needs a key before it listens to others: SAFETY_FIRST_API_KEY_FILE names a file with one.
CMD ["serve", "--host", "0.0.0.0"]
