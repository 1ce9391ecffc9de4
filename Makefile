# Release builds, the same bytes whenever and wherever they are made: from the same source, by the Go version of go.mod,
# with no path, no time and no build id in them.
#
#	make release         dist/ for every platform, with SHA256SUMS
#	make reproducible    builds for this platform twice, in two folders, and compares
#	make platforms       compiles for every platform and keeps nothing
#	make conformance     holds the alert rules and manifests against Prometheus and Kubernetes

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# Asked once, so that a commit under way does not give two names to one release.
ifndef VERSION
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
endif

# What would change the bytes is set here, not taken from the environment.
export CGO_ENABLED  := 0
export GOTOOLCHAIN  := go$(shell awk '/^go / { print $$2 }' go.mod)
export GOFLAGS      :=
export GOEXPERIMENT :=
export GOFIPS140    := off
export GOAMD64      := v1
export GOARM64      := v8.0

BUILD := go build -trimpath -buildvcs=false \
	-ldflags '-s -w -buildid= -X github.com/krosyn/gateway/command.release=$(VERSION)'

.PHONY: build release reproducible platforms test conformance clean

build:
	$(BUILD) -o caddy ./cmd/caddy

release: $(PLATFORMS:%=dist/%)
	cd dist && sha256sum krosyn-$(VERSION)-* > SHA256SUMS

dist/%: | dist
	GOOS=$(*D) GOARCH=$(*F) $(BUILD) -o dist/krosyn-$(VERSION)-$(*D)-$(*F)$(if $(filter windows,$(*D)),.exe) ./cmd/caddy

dist:
	mkdir -p dist

# Both builds are of copies of the source as it is now, in folders of different names: a path in the binary would show.
reproducible:
	@set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	mkdir -p "$$work/one" "$$work/another/two"; \
	tar -c --exclude=./.git --exclude=./dist --exclude=./caddy --exclude=./krosyn-data . | tar -x -C "$$work/one"; \
	cp -R "$$work/one/." "$$work/another/two"; \
	(cd "$$work/one" && $(BUILD) -o "$$work/first" ./cmd/caddy); \
	(cd "$$work/another/two" && $(BUILD) -o "$$work/second" ./cmd/caddy); \
	cmp "$$work/first" "$$work/second"; \
	printf 'the same bytes twice: '; sha256sum < "$$work/first"

platforms: $(PLATFORMS:%=platform/%)

platform/%:
	GOOS=$(*D) GOARCH=$(*F) go build -o /dev/null ./cmd/caddy

test:
	go test ./...

conformance:
	cd packaging/conformance && go test ./...

clean:
	rm -rf dist caddy
