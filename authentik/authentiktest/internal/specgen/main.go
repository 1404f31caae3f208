// Command specgen writes the part of Authentik's OpenAPI documents, that of the
// client, the oldest and the newest, that the fake implements. Run it with go generate after a change to spec.Operations
// or to the version of the Authentik module.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/romm-admin/romm-admin/authentik/authentiktest/internal/spec"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: specgen CLIENT OLDEST NEWEST")
		os.Exit(2)
	}
	for _, err := range []error{
		write(os.Args[1], spec.Operations(), "go", "list", "-m", "-json", spec.Module),
		write(os.Args[2], spec.Operations(), "go", "mod", "download", "-json", spec.Module+"@"+spec.Oldest),
		write(os.Args[3], spec.NewestOperations(), "go", "mod", "download", "-json", spec.Module+"@"+spec.Newest),
	} {
		if err != nil {
			fmt.Fprintln(os.Stderr, "specgen:", err)
			os.Exit(1)
		}
	}
}

// write asks where a version of the module is, and writes its part.
func write(target string, keep []spec.Operation, ask ...string) error {
	out, err := exec.CommandContext(context.Background(), ask[0], ask[1:]...).Output()
	if err != nil {
		return fmt.Errorf("find the module %s: %w", spec.Module, err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return err
	}
	full, err := os.ReadFile(filepath.Join(module.Dir, filepath.FromSlash(spec.Path)))
	if err != nil {
		return err
	}
	part, err := spec.Reduce(full, keep)
	if err != nil {
		return err
	}
	return os.WriteFile(target, part, 0o644)
}
