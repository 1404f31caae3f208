// Command romm-admin is the admin console for RomM behind Authentik: a
// terminal program, and the same verbs as subcommands. See package admin.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/romm-admin/romm-admin/cmd/internal/admin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := admin.Main(ctx, os.Args[1:], admin.Streams{})
	stop()
	os.Exit(code)
}
