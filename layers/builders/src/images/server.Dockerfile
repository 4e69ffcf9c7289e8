# syntax=docker/dockerfile:1
# The server as a container image for x86-64 with an NVIDIA GPU. `npm run layers -- image` makes the build context: app/
# (the server's bundle and its native packages), models/, and build/ (what fetches the CUDA provider): see ADR-image.md.

# NVIDIA deletes old tags: keep copies of both in a registry of your own, and give them here by their digest.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
# CUDA 12 and cuDNN 9, which the provider of onnxruntime-node 1.30 is for.
ARG CUDA_IMAGE=nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04

FROM --platform=linux/amd64 ${NODE_IMAGE} AS node

FROM node AS cuda-provider
# Of the NuGet package, in base64, as the feed gives it; it is compared with what the feed says in any case.
ARG CUDA_PROVIDER_SHA512=""
COPY build/ /build/
RUN CUDA_PROVIDER_SHA512="${CUDA_PROVIDER_SHA512}" NODE_USE_ENV_PROXY=1 \
    node /build/fetch-cuda-provider.?s /provider

FROM --platform=linux/amd64 ${CUDA_IMAGE} AS server
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="Pilotlight server" \
      org.opencontainers.image.description="Serves text models over HTTP and from a queue, in shared batches, on an NVIDIA GPU" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY models/ /opt/models/
COPY app/ /app/
COPY --from=cuda-provider /provider/ /app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/

# The root file system may be read-only: whatever is written goes to /tmp. Models of /opt are compared by size, for the
# registry has compared their layer by its digest.
ENV NODE_ENV=production \
    MALLOC_TRIM_THRESHOLD_=1048576 \
    PILOTLIGHT_PORT=8080 \
    PILOTLIGHT_MODELS_DIR=/opt/models \
    HOME=/tmp \
    CUDA_CACHE_PATH=/tmp/cuda-cache

# Declared, so that ECS mounts it with the permissions that it has here: everybody may write.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
VOLUME ["/tmp"]
# A number, so that whoever runs it can see that it is not root.
USER 10001:10001
WORKDIR /app
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=300s --retries=3 \
    CMD ["node", "health-check.mjs"]
# Instead of NVIDIA's, a shell script that prints a licence.
ENTRYPOINT ["node"]
CMD ["server.mjs"]
