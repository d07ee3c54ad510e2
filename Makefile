# elbo: everything a checkout needs. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
GO ?= go
BIN := bin/elbo
PKGS := ./...
RACE_PKGS := ./data/... ./vi/train ./vi/svi ./vi/feed ./vi/vae/fit
STATICCHECK_VERSION := v0.6.1
NVRTC_VERSION := 12.8.93
# What is built with CUDA: the tag, its packages, and the project's own headers in place of a toolkit's.
CUDA := -tags elbo_cuda
CUDA_PKGS := ./kernels/cuda/... ./cmd/...
# Tests that the emulator runs once more with every access checked: each kind of kernel, a minute in all.
ACCESS_TESTS := '^Test(Conformance|BitsOfCPU|StepsAtOnce|AlternatingBuffers|OwnsNothing|BlocksMeet)$$/^(structural|fused|indices|random|deterministic|cholesky|views|binding)$$'
CUDA_ENV := CGO_ENABLED=1 CGO_CFLAGS="-O2 -g -I$(CURDIR)/kernels/cuda/include"
export GOFLAGS ?= -buildvcs=false

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## check that Go and a C compiler are here; install the compiler where root
	@./scripts/deps >&2

.PHONY: build
build: deps ## build bin/elbo, on Linux with CUDA in it (no toolkit needed, and no GPU to run)
	@mkdir -p bin
	@if [ "$$($(GO) env GOOS)-$$($(GO) env CGO_ENABLED)" = linux-1 ]; then $(MAKE) -s build-cuda; else $(MAKE) -s build-cpu; fi

.PHONY: build-cuda
build-cuda: deps ## build bin/elbo with CUDA
	@mkdir -p bin
	$(CUDA_ENV) $(GO) build $(CUDA) -trimpath -o $(BIN) ./cmd/elbo

.PHONY: build-cpu
build-cpu: deps ## build bin/elbo without any trace of CUDA
	@mkdir -p bin
	$(GO) build -trimpath -o $(BIN) ./cmd/elbo

.PHONY: demo
demo: build ## the main job on generated data: fit, summary, comparison with the truth
	./$(BIN) demo

.PHONY: test
test: deps ## all tests (ELBO_DATA names a folder of reference data sets; tests that need it skip without)
	$(GO) test -timeout 20m $(PKGS)

.PHONY: cuda-test
cuda-test: deps-emulator ## the CUDA device's tests on the emulator, which stands in for a GPU (needs g++)
	test ! -d bin/nvrtc || export VIRTUAL_ENV=$(CURDIR)/bin/nvrtc; \
	eval "$$($(MAKE) -s cuda-emulator-env)" && $(CUDA_ENV) $(GO) test $(CUDA) -timeout 30m ./kernels/cuda/... ./cmd/internal/device ./cmd/gpucheck && \
	ELBO_EMU_ACCESS=1 $(CUDA_ENV) $(GO) test $(CUDA) -timeout 30m -short -run $(ACCESS_TESTS) ./kernels/cuda && \
	$(CUDA_ENV) $(GO) test $(CUDA) -timeout 30m -run CUDA ./cmd/elbo && \
	$(CUDA_ENV) GPU_CHECK_DIR=bin/gpu-check-short ./scripts/gpu-check -short

.PHONY: cuda-nvrtc
cuda-nvrtc: ## fetch NVIDIA's run-time compiler as a Python wheel (90 MB, no GPU needed); cuda-test then tries every kernel with it
	test -d bin/nvrtc || python3 -m venv bin/nvrtc
	bin/nvrtc/bin/pip install -q --no-deps nvidia-cuda-nvrtc-cu12==$(NVRTC_VERSION)

.PHONY: deps-emulator
deps-emulator: deps
	@./scripts/deps g++ >&2

.PHONY: cuda-emulator-env
cuda-emulator-env: deps-emulator ## print the variables that let any command run on the emulator, for eval
	@$(CUDA_ENV) $(GO) run $(CUDA) ./kernels/cuda/internal/emulator/env

.PHONY: test-nocgo
test-nocgo: deps ## build and test without a C compiler, on the reference device
	CGO_ENABLED=0 $(GO) build $(PKGS)
	CGO_ENABLED=0 $(GO) test -short -timeout 20m $(PKGS)

.PHONY: check
check: format vet lint generated test cuda-test race test-nocgo ## everything continuous integration runs

.PHONY: format
format: ## fail where gofmt -s would change a file
	@out=$$(gofmt -s -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt -s changes: $$out"; exit 1; }

.PHONY: vet
vet: deps ## go vet
	$(GO) vet $(PKGS)
	$(CUDA_ENV) $(GO) vet $(CUDA) $(CUDA_PKGS)

.PHONY: lint
lint: deps ## staticcheck
	$(GO) run honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION) $(PKGS)
	$(CUDA_ENV) $(GO) run honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION) $(CUDA) $(CUDA_PKGS)

.PHONY: generated
generated: deps ## rebuild generated files and fail where they differ
	$(GO) test ./kernels/cpu -run TestOpsHeaderMatchesTable -count=1 -update-ops
	@if python3 -c 'import mpmath' 2>/dev/null; then cd kernels/scalar && python3 coef.py > poly.h; \
	else echo "kernels/scalar/poly.h is not rebuilt: that needs Python with mpmath 1.3.0"; fi
	$(GO) generate ./kernels/cuda/internal/load
	@git diff --exit-code --stat -- kernels/cpu/ops_gen.h kernels/scalar/poly.h kernels/cuda/internal/load || { echo "generated files differ: commit them"; exit 1; }

.PHONY: race
race: deps ## the race detector on what is concurrent
	$(GO) test -race -short -timeout 20m $(RACE_PKGS)
	$(GO) test -race -short -timeout 20m -run 'Pool|Threads|SameSeed|Resum|Unfinished|Feed' ./kernels/cpu ./vi/regress

.PHONY: slow
slow: deps deps-emulator ## the long tests: kill -9 at 50 points, a 2 GB cache, 200 stopped runs, every CUDA call failing in every way
	ELBO_SLOW=1 $(GO) test -timeout 60m ./vi/... ./cmd/...
	eval "$$($(MAKE) -s cuda-emulator-env)" && \
	ELBO_SLOW=1 $(CUDA_ENV) $(GO) test $(CUDA) -timeout 60m -run 'TestEveryCallMayFail|TestLives' ./kernels/cuda && \
	ELBO_SLOW=1 $(CUDA_ENV) $(GO) test $(CUDA) -timeout 120m -run CUDAFailure ./cmd/elbo

.PHONY: vae-reference
vae-reference: build ## train and evaluate the reference autoencoders on MNIST (ELBO_DATA), write docs/vae-reference.md; 40 minutes
	./scripts/vae-reference

.PHONY: bench
bench: build ## benchmarks with their floors on this machine, one JSON object a line
	./$(BIN) bench --json

.PHONY: gpu-check
gpu-check: deps ## build the bundle that proves elbo on a card, bin/gpu-check; run it where there is one
	$(CUDA_ENV) ./scripts/gpu-check $(GPU_CHECK)

.PHONY: gpu-bench
gpu-bench: deps ## the same with the promised speeds, and Python peers where PyTorch or NumPyro see the card
	$(CUDA_ENV) ./scripts/gpu-check -bench $(GPU_CHECK)
	./bench/peers/gpu

.PHONY: bench-peers
bench-peers: build ## the same work in NumPyro, JAX and pandas beside elbo, as ratios (needs Python)
	./bench/peers/run

.PHONY: clean
clean: ## remove what the build made
	rm -rf bin
