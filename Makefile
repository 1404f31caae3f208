# Thin on purpose: every target is one command that also works by hand.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS  := -s -w -X github.com/romm-admin/romm-admin/cmd/internal/admin.version=$(VERSION)
SOURCES   = $(shell git ls-files --cached --others --exclude-standard '*.go')

.PHONY: help run build test race lint vuln fmt generate golden screens bench storm wire fuzz chaos e2e check clean differential

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## build and open the console on the demo world
	./bin/romm-admin --demo

build: ## build both programs into bin/, without cgo: they run on any Linux, and take less memory
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/romm-admin ./cmd/romm-companion

test: ## run every test
	$(GO) test ./...

# The race detector brings checks of pointer arithmetic along, which take a
# third of the time of a SQLite that was translated from C; ours keep them.
race: ## run every test with the race detector
	$(GO) test -race -gcflags=modernc.org/...=-d=checkptr=0 ./...

fmt: ## format
	$(GO) tool gofumpt -w $(SOURCES)

# docs/CONTRIBUTING.md lists what runs here; a test compares the two.
lint: ## what is checked without running anything: format, linters, dead code, checksums
	@out=$$($(GO) tool gofumpt -l $(SOURCES)); if [ -n "$$out" ]; then echo "not formatted (make fmt):"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -vettool=$$($(GO) tool -n lint) ./...
	$(GO) tool staticcheck ./...
	@out=$$($(GO) tool deadcode -test ./...) || exit 1; if [ -n "$$out" ]; then echo "$$out"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) mod verify

vuln: ## known vulnerabilities in what the programs call; says so where the database cannot be reached
	@out=$$($(GO) tool govulncheck ./cmd/... 2>&1); code=$$?; echo "$$out"; \
	case "$$code $$out" in "1 govulncheck: fetching vulnerabilities:"*) \
	  echo "NOT CHECKED for vulnerabilities: their database cannot be reached from here."; exit 0;; esac; exit $$code

generate: ## regenerate what is generated: the fake's API document, README's screenshot, MariaDB's weights
	$(GO) generate ./...

golden: ## rewrite the golden frames; read the diff before committing it
	$(GO) test ./tui ./cmd/internal/admin -run '^TestLook$$|^TestThemes$$|Snapshot' -update

bench: ## run the benchmarks once, and the limits on their ratios
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./...
	ROMM_ADMIN_LIMITS=1 $(GO) test -count=1 -v -run '^TestLimits|IsFast$$|^TestMemory$$' ./model ./model/plan ./authentik ./tui ./cmd/romm-admin

storm: ## every view of the console: terminals of every size while data arrives, a payload in every text
	ROMM_ADMIN_STORM=1 $(GO) test ./tui -count=1 -v -timeout 60m -run '^TestResizeStorm$$|^TestHostileTextInEveryField$$'

wire: ## what every step of the cursor sends to a terminal, through everybody of the demo world
	ROMM_ADMIN_WIRE=1 $(GO) test ./cmd/internal/admin -count=1 -v -run '^TestBytesOfTheDemoWorld$$'

differential: ## compare the decision engine with the reference on 1,000,000 random logins
	MODEL_DIFF_CASES=$(or $(CASES),1000000) $(GO) test ./model -count=1 -v -timeout 30m -run '^TestDifferential$$'

fuzz: ## fuzz each target for a short while (FUZZTIME=10m for long)
	@for t in $$(grep -rl --include='*_test.go' '^func Fuzz' . ); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$t | cut -c6-); do \
	    echo "== $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),20s) ./$$(dirname $$t) || exit 1; done; done

chaos: ## kill -9 loops, cuts at every step, two processes and consoles at once, a full disk (KILLS=1000 for a release)
	ROMM_ADMIN_CHAOS=$(or $(KILLS),200) $(GO) test -count=1 -v -timeout 30m -run 'Chaos|Kill|TwoProcesses|FullDisk|FileLimit' ./db
	ROMM_ADMIN_CHAOS=$(or $(KILLS),200) $(GO) test -count=1 -v -timeout 60m -run 'TestChaosTwo' ./cmd/internal/admin ./cmd/romm-admin

e2e: build ## drive the built programs in a real terminal (tmux), compare their screens
	./cmd/romm-admin/e2e/run ./bin

screens: build ## rewrite the screens that e2e compares; read the diff before committing it
	UPDATE=1 ./cmd/romm-admin/e2e/run ./bin

check: lint race e2e ## everything that must pass before a change lands

clean:
	rm -rf bin
