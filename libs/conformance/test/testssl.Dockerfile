# testssl.sh 3.2 for the cross-check of the scanner: docker build -t gatehouse-testssl:3.2 -f testssl.Dockerfile .
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends testssl.sh && rm -rf /var/lib/apt/lists/*
USER nobody
ENTRYPOINT ["testssl"]
