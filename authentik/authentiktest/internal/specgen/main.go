// Command specgen writes the part of Authentik's OpenAPI document that the
// fake implements. Run it with go generate after a change to spec.Operations
// or to the version of the Authentik module.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/romm-admin/romm-admin/authentik/authentiktest/internal/spec"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: specgen FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "specgen:", err)
		os.Exit(1)
	}
}

func run(target string) error {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", spec.Module).Output()
	if err != nil {
		return fmt.Errorf("find the module %s: %w", spec.Module, err)
	}
	full, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), filepath.FromSlash(spec.Path)))
	if err != nil {
		return err
	}
	part, err := spec.Reduce(full, spec.Operations())
	if err != nil {
		return err
	}
	return os.WriteFile(target, part, 0o644)
}
