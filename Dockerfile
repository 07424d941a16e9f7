# The strict S3 as a service for CI or docker compose. (Written without a Docker daemon at hand:
# the wheel that it installs and the command that it runs are tested, the image was not built.)
#
#   docker build -t strict-s3 . && docker run --rm -p 9000:9000 strict-s3
#
# In compose.yaml:
#
#   services:
#     s3:
#       image: strict-s3
#       ports: ["9000:9000"]
#       environment:
#         STRICT_S3_ACCESS_KEY: local        # or MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
#         STRICT_S3_SECRET_KEY: local-secret
#         STRICT_S3_REGION: eu-west-2
#         STRICT_S3_BUCKET: demo
#         STRICT_S3_CONTROL: "1"             # clock, decisions, reset under /_strict_s3/
#         STRICT_S3_CONTROL_TOKEN: for-tests-only
#
# Other containers reach it at http://s3:9000 once `docker compose up --wait` says it is healthy.
FROM python:3.12-slim
COPY pyproject.toml LICENSE /source/
COPY strict_s3 /source/strict_s3
RUN pip install --no-cache-dir /source && rm -r /source
# What is stored is in memory and in temporary files; nothing needs root.
USER nobody
EXPOSE 9000
HEALTHCHECK --interval=2s --timeout=2s --start-period=10s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9000/_strict_s3/health')"]
# In a container, its own 127.0.0.1 is reached by nobody else.
ENTRYPOINT ["strict-s3"]
CMD ["serve", "--host", "0.0.0.0", "--port", "9000"]
