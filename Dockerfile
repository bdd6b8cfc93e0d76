# canreach in an image that holds nothing else: one static binary, and the CA
# certificates that a capture from AWS needs.
#
#   docker build -t canreach .
#   docker run --rm --network none -v "$PWD:/data:ro" -w /data canreach check --snapshot snapshot.json --job job.json
FROM golang:1.26-alpine AS build
RUN apk add --no-cache ca-certificates
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/canreach/canreach/internal/cli.Version=${VERSION}" -o /canreach ./cmd/canreach

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /canreach /canreach
USER 65532:65532
ENTRYPOINT ["/canreach"]
