package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newBackup(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "backup", Short: "Back up the SQLite file, and restore it", Args: cli.NoArgs, RunE: cli.Group}
	cmd.AddCommand(newBackupCreate(g), newBackupVerify(), newBackupRestore(g))
	return cmd
}

func newBackupCreate(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "create FILE", Short: "Write a copy of the SQLite file",
		Long: "Writes a whole copy of the SQLite file, as of one moment, while both programs may go on. The copy\n" +
			"is for this user alone (mode 0600); a file that is there already is never overwritten. FILE.sha256 gets its checksum, in the form of sha256sum.",
		Args: cli.ExactArgs("the name of a new file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				if err := d.BackupWithSum(ctx, args[0]); err != nil {
					return err
				}
				note(cmd, "written: %s", model.Clean(args[0]))
				note(cmd, "its checksum: %s (keep both together; sha256sum -c reads it too)", model.Clean(db.SumFile(args[0])))
				return nil
			})
		},
	}
}

type backupJSON struct {
	Schema     int    `json:"schema"`
	File       string `json:"file"`
	SHA256     string `json:"sha256"`
	Checksum   string `json:"checksum"` // beside the file: matches, or none
	FileSchema int64  `json:"file_schema"`
	Roles      int    `json:"roles"`
	Pins       int    `json:"pins"`
	Assertions int    `json:"assertions"`
	Accounts   int    `json:"accounts"`     // of the embedded directory
	Head       string `json:"journal_head"` // as `history head` prints it
}

func describe(ctx context.Context, file string, b *db.Backup) (out backupJSON, err error) {
	out = backupJSON{Schema: 1, File: model.Clean(file), SHA256: b.Sum, Checksum: "none", FileSchema: b.FromSchema}
	if b.Checked {
		out.Checksum = "matches"
	}
	m, err := b.RoleMap(ctx)
	if err != nil {
		return out, err
	}
	pins, err := b.Pins(ctx)
	if err != nil {
		return out, err
	}
	assertions, err := b.Assertions(ctx)
	if err != nil {
		return out, err
	}
	accounts, err := b.Accounts().ReadAccounts(ctx)
	if err != nil {
		return out, err
	}
	head, err := b.JournalHead(ctx)
	out.Roles, out.Pins, out.Assertions, out.Accounts, out.Head = len(m.Rows), len(pins), len(assertions), len(accounts.Users), head.String()
	return out, err
}

func newBackupVerify() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Check that a backup can be restored",
		Long: "Checks a backup without changing it: the checksum in FILE.sha256 if there is one, every page, the\n" +
			"checksum of the role map, and the chain of the journal.",
		Args: cli.ExactArgs("a backup"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			b, err := db.OpenBackup(cmd.Context(), args[0], db.Options{Now: time.Now})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, b.Close()) }()
			out, err := describe(cmd.Context(), args[0], b)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), out)
			}
			note(cmd, "the backup is whole: %d roles, %d pins, %d assertions, %d accounts of its own", out.Roles, out.Pins, out.Assertions, out.Accounts)
			sayChecksum(cmd, args[0], b)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// sayChecksum tells what the checksum beside a backup proves, and what it does
// not when there is none.
func sayChecksum(cmd *cobra.Command, file string, b *db.Backup) {
	if b.Checked {
		note(cmd, "it matches its checksum in %s", model.Clean(db.SumFile(file)))
		return
	}
	note(cmd, "there is no %s: that it is byte for byte what was written is not known", model.Clean(db.SumFile(file)))
}

func newBackupRestore(g *globals) *cobra.Command {
	w := writeFlags{}
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Restore a backup, after showing what changes",
		Long: "Restores role map, pins, assertions, embedded accounts and settings from a backup. What changes\n" +
			"is shown first and guarded; a copy of the present file is kept beside it. The journal and the\n" +
			"record of logins go on. Both programs may stay open and follow. A file that is gone or damaged\n" +
			"is replaced as a whole; what was there is kept, and programs that had it open must be restarted.",
		Args: cli.ExactArgs("a backup"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := w.check(); err != nil {
				return err
			}
			b, err := db.OpenBackup(cmd.Context(), args[0], db.Options{Now: time.Now})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, b.Close()) }()
			rs := restore{cmd: cmd, g: g, w: w, file: args[0], b: b}
			if rs.out.Backup, err = describe(cmd.Context(), args[0], b); err != nil {
				return err
			}
			sayChecksum(cmd, args[0], b)
			if rs.path, err = storePath(g); err != nil {
				return err
			}
			return rs.run()
		},
	}
	w.add(cmd)
	return cmd
}

// restore is one run of the command.
type restore struct {
	cmd        *cobra.Command
	g          *globals
	w          writeFlags
	path, file string
	b          *db.Backup
	out        restoredJSON
}

type restoredJSON struct {
	Schema   int          `json:"schema"`
	DryRun   bool         `json:"dry_run"`
	Restored bool         `json:"restored"`
	Backup   backupJSON   `json:"backup"`
	Kept     string       `json:"kept,omitempty"` // where what was there before is
	Undo     string       `json:"undo,omitempty"` // the command that restores that
	Restart  bool         `json:"restart_programs"`
	Changes  []changeJSON `json:"changes"`
	Impact   impactJSON   `json:"impact"`
}

func (r *restore) run() error {
	r.out.Schema, r.out.DryRun, r.out.Changes, r.out.Impact = 1, r.w.dryRun, []changeJSON{}, impactOf(plan.Impact{})
	err := withStore(r.cmd.Context(), r.g, func(context.Context, *db.DB) error { return nil })
	switch {
	case model.CodeOf(err) == model.CodeNotFound || db.Damaged(err):
		err = r.place(err)
	case err == nil:
		err = r.replace()
	}
	if err != nil || !r.w.json {
		return err
	}
	return writeJSON(r.cmd.OutOrStdout(), r.out)
}

// stamp makes the names of what is kept.
func stamp() string { return time.Now().UTC().Format("20060102T150405.000") }

// place restores where no usable file is: there is nothing to compare with.
func (r *restore) place(why error) error {
	if r.g.readOnly {
		return errReadOnly
	}
	r.show("restore %s to %s, which cannot be opened: %s", r.file, r.path, why.Error())
	r.show("  nothing can be compared; programs that have the old file open must be restarted")
	aside := r.path + ".damaged-" + stamp()
	if _, err := os.Lstat(r.path); err != nil {
		aside = r.path + ".left-" + stamp() // a log without its database
	} else {
		r.out.Kept = aside
	}
	if apply, err := r.w.confirmed(r.cmd.Context(), r.g.Streams); !apply || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return &model.Error{Code: model.CodeForbidden, Msg: "the folder of the database cannot be made", Hint: "make it yourself, mode 0700", Err: err}
	}
	if err := r.b.Place(r.cmd.Context(), r.path, aside); err != nil {
		return err
	}
	r.out.Restored, r.out.Restart = true, true
	note(r.cmd, "done: %s is back", model.Clean(r.path))
	if r.out.Kept != "" {
		note(r.cmd, "what was there is kept: %s", model.Clean(r.out.Kept))
	}
	return nil
}

// replace restores the content of a file that can be opened.
func (r *restore) replace() (err error) {
	ctx := r.cmd.Context()
	s, err := open(ctx, r.g)
	if err != nil {
		return err
	}
	defer closeSession(s, &err)
	title := "restore the backup " + model.Clean(filepath.Base(r.file))
	shown, err := r.compare(ctx, s, title)
	if err == nil || len(shown.Plan.Changes) > 0 {
		r.tell(shown)
	}
	if err != nil {
		return err
	}
	if s.ReadOnly {
		return errReadOnly
	}
	if apply, err := r.w.confirmed(r.cmd.Context(), r.g.Streams); !apply || err != nil {
		return err
	}
	r.out.Kept = s.store.Path() + ".before-restore-" + stamp()
	r.out.Undo = r.undoCommand()
	entry := plan.Restored(r.b.Sum, filepath.Base(r.file), filepath.Base(r.out.Kept), r.out.Undo)
	entry.Plan = title
	err = s.WriteWhole(ctx, entry, func(ctx context.Context, e plan.JournalEntry) error {
		// Somebody else may have changed something since it was shown.
		now, err := r.compare(ctx, s, title)
		if err == nil {
			err = now.CheckShown(ctx, shown)
		}
		if err == nil { // in this turn, so that the copy has all that is replaced
			err = s.store.BackupWithSum(ctx, r.out.Kept)
		}
		if err != nil {
			return err
		}
		return s.store.Restore(ctx, r.b, e)
	})
	if err != nil {
		return err
	}
	r.out.Restored = true
	note(r.cmd, "done: %s", title)
	note(r.cmd, "what was there is kept; undo this with: %s", model.Clean(r.out.Undo))
	return nil
}

// undoCommand is the command that restores what was kept, into the same file
// and from any folder.
func (r *restore) undoCommand() string {
	words := []string{"romm-admin", "backup", "restore", absolute(r.out.Kept)}
	if r.g.demo {
		words = append(words, "--demo")
	}
	for _, flag := range []struct{ name, value string }{{"--db", r.g.db}, {"--config", r.g.config}} {
		if flag.value != "" {
			words = append(words, flag.name, absolute(flag.value))
		}
	}
	return model.CommandLine(words...)
}

// absolute is the path as it is read from every folder.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// compare finds out what changes and lets the guard judge it. A role map that
// cannot be read any more cannot be compared, and is what a backup is for.
func (r *restore) compare(ctx context.Context, s *session, title string) (plan.Restoration, error) {
	none := plan.Restoration{Plan: plan.Plan{Title: title}}
	if _, err := s.store.RoleMap(ctx); err != nil {
		none.Plan.Warning = "the present role map cannot be read, so nothing can be compared: " + err.Error()
		return none, nil
	}
	review, err := s.Load(ctx, model.ReadOptions{})
	if err != nil {
		return none, err
	}
	roles, err := r.b.RoleMap(ctx)
	if err != nil {
		return none, err
	}
	pins, err := r.b.Pins(ctx)
	if err != nil {
		return none, err
	}
	goal := plan.Store{Roles: roles, Pins: pins}
	if goal.Assertions, err = r.b.Assertions(ctx); err != nil {
		return none, err
	}
	pending, err := r.b.PendingRoles(ctx)
	if err != nil {
		return none, err
	}
	goal.Pending = append([]model.PendingRole{}, pending...)
	accounts, err := r.b.Accounts().ReadAccounts(ctx)
	if err != nil {
		return none, err
	}
	return plan.Restore(ctx, review, title, goal, accounts.Users)
}

// tell says what changes.
func (r *restore) tell(x plan.Restoration) {
	r.out.Changes, r.out.Impact = changesOf(x.Plan), impactOf(x.Impact)
	switch {
	case x.Plan.Warning != "" && len(x.Plan.Changes) == 0: // nothing was compared
		r.show("%s", x.Plan.Title)
		r.show("  %s", x.Plan.Warning)
	case !r.w.json || !r.w.yes:
		showPlan(r.cmd.ErrOrStderr(), x.Plan, x.Impact)
	}
	for _, u := range x.Gone {
		r.show("  the account %s (id %d) goes", u.Username, u.ID)
	}
	for _, u := range x.Back {
		r.show("  the account %s (id %d) comes back", u.Username, u.ID)
	}
}

// show prints on stderr, cleaned.
func (r *restore) show(format string, args ...any) {
	_, _ = io.WriteString(r.cmd.ErrOrStderr(), model.Clean(fmt.Sprintf(format, args...))+"\n")
}
