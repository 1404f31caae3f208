package companion

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// Main executes one command line of romm-companion and returns the exit code:
// 0 fine, 1 error, 2 usage.
func Main(ctx context.Context, args []string) int { return cli.Run(ctx, newRoot(), args) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "romm-companion",
		Short: "Answers, at each login to RomM, which roles a person gets",
		Args:  cli.NoArgs,
		RunE:  cli.Group,
	}
	var listen, path, file string
	serve := &cobra.Command{
		Use: "serve", Short: "Answer POST /v1/claims from the role map in SQLite", Args: cli.NoArgs,
		Long: "Answers the signed questions of Authentik's scope mapping from the role map that the console\n" +
			"keeps in SQLite. It needs OIDC_CLIENT_SECRET (or OIDC_CLIENT_SECRET_FILE), the client secret\n" +
			"of RomM's provider, and the path of the console's file in --db or ROMM_ADMIN_DB.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), cmd.ErrOrStderr(), listen, path, file)
		},
	}
	serve.Flags().StringVar(&listen, "listen", "127.0.0.1:8093", "address and port to listen on")
	serve.Flags().StringVar(&path, "db", "", "path of the SQLite file (default: $ROMM_ADMIN_DB, else in the data folder)")
	serve.Flags().StringVar(&file, "config", "", "path of romm-admin's configuration file (default: romm-admin.toml in the configuration folder, if it is there)")
	root.AddCommand(serve)
	return root
}

// run opens the file and serves until ctx ends.
func run(ctx context.Context, stderr io.Writer, listen, path, file string) (err error) {
	lines := newLogQueue(stderr)
	defer lines.close()
	log := slog.New(slog.NewJSONHandler(lines, nil))
	src := config.Source{Lookup: os.LookupEnv}
	if src.File, err = config.Open(src, file); err != nil {
		return cli.Usage(err)
	}
	cfg, err := config.LoadCompanion(src)
	if err != nil {
		return cli.Usage(err)
	}
	if path == "" {
		if path, err = config.Database(src); err != nil {
			return err
		}
	}
	store, err := db.Open(ctx, path, db.Options{Now: time.Now, MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	cache, err := db.NewRoleCache(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	srv, err := New(Config{
		Roles: cache, Recorder: store, Key: cfg.ClientSecret,
		Settings: cfg.Settings, Log: log, LogLost: lines.lost.Load, Now: time.Now,
	})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		hint := "give --listen an address of this machine and a port, such as 127.0.0.1:8093"
		if errors.Is(err, syscall.EADDRINUSE) {
			hint = "another program uses the port; choose another one with --listen"
		}
		return &model.Error{Code: model.CodeUnavailable, Msg: "cannot listen on " + model.Clean(listen), Err: err, Hint: hint}
	}
	_, _ = srv.current(ctx) // says in the log at once what is wrong with the file
	log.Info("listening", "address", l.Addr().String(), "database", store.Path(), "sqlite", store.SQLiteVersion())
	err = srv.Serve(ctx, l)
	log.Info("stopped")
	return err
}
