# The page needs the build tools, the server none: Node runs its TypeScript as it is.
FROM node:26-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json vite.config.ts ./
COPY src/http/contract*.ts ./src/http/
COPY web ./web
RUN npm run build

# Optional dependencies are the Node that `npm ci` brings to machines with an older one; this image has it already.
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:26-slim
LABEL org.opencontainers.image.title="Flipbook" \
      org.opencontainers.image.description="A flight recorder for Kubernetes Services" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY migrations ./migrations
COPY src ./src
COPY --from=page /app/web/dist ./web/dist

# Nothing is written outside /data, so the root file system may be read-only. Temporary files (of SQLite, of `verify`) go there too.
RUN mkdir /data && chown 1000:1000 /data
VOLUME /data
# glibc keeps what large buffers leave behind for the next ones: after a first list of 150,000 Pods some 50 MB more than with these.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    NODE_ENV=production \
    FLIPBOOK_DB=/data/flipbook.db \
    FLIPBOOK_LISTEN=0.0.0.0:8080 \
    TMPDIR=/data
EXPOSE 8080
# As a number, so that Kubernetes can check runAsNonRoot.
USER 1000:1000
STOPSIGNAL SIGTERM
# What a recorder holds is small: left to itself V8 takes some 30 MB more for what is garbage a moment later.
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/src/main.ts"]
CMD ["record"]
