// Command romm-companion is the server that runs beside RomM and answers, at
// each login, which roles a person gets. See package companion.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/romm-admin/romm-admin/cmd/internal/companion"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := companion.Main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
