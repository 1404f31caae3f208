package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newHistory(g *globals) *cobra.Command {
	var asJSON bool
	var limit int
	cmd := &cobra.Command{
		Use: "history", Short: "Who changed what, and undo it",
		Long: "Lists the journal, newest first. Every change that romm-admin makes is written there before it\n" +
			"is tried; the entry is closed with the outcome. Needs the SQLite file only, neither RomM\n" +
			"nor Authentik.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return cli.Usagef("give a number of entries", "--limit %d is not a number of entries", limit)
			}
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				entries, err := readEntries(ctx, d, limit)
				if err != nil {
					return err
				}
				if err := noteInterrupted(ctx, cmd, d); err != nil {
					return err
				}
				return printEntries(cmd.OutOrStdout(), entries, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many entries, the newest first")
	cmd.AddCommand(newHistoryShow(g), newHistoryVerify(g), newHistoryHead(g), newHistoryUndo(g), newHistoryInterrupted(g), newHistoryResume(g))
	return cmd
}

// withStore opens the SQLite file alone, for what needs neither side.
func withStore(ctx context.Context, g *globals, do func(context.Context, *db.DB) error) (err error) {
	path, err := storePath(g)
	if err != nil {
		return err
	}
	d, err := g.openStore(ctx, path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return do(ctx, d)
}

// storePath is where the SQLite file is.
func storePath(g *globals) (string, error) {
	if g.demo && g.db == "" {
		return "", cli.Usagef("give the demo world a file: --demo --db demo.db", "the demo world forgets everything when it ends")
	}
	src, err := g.source()
	if err != nil {
		return "", err
	}
	return g.database(src)
}

// readEntries reads page by page.
func readEntries(ctx context.Context, d *db.DB, limit int) ([]plan.JournalEntry, error) {
	all := []plan.JournalEntry{}
	for before := int64(0); len(all) < limit; {
		more, err := d.Entries(ctx, limit-len(all), before)
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			break
		}
		all = append(all, more...)
		before = more[len(more)-1].Seq
	}
	return all, nil
}

type entryJSON struct {
	Seq     int64           `json:"seq"`
	At      *time.Time      `json:"at"`
	Actor   model.Untrusted `json:"actor"`
	Session string          `json:"session"`
	PlanID  string          `json:"plan_id"`
	Plan    string          `json:"plan"`
	Side    plan.Side       `json:"side"`
	Kind    plan.ChangeKind `json:"kind"`
	Object  string          `json:"object"`
	Label   model.Untrusted `json:"label"`
	Before  model.Untrusted `json:"before"`
	After   model.Untrusted `json:"after"`
	Reason  string          `json:"reason"`
	Outcome string          `json:"outcome"` // done, failed, stopped, unknown, or open: under way or cut short
	Detail  string          `json:"detail,omitempty"`
}

func entryOf(e plan.JournalEntry) entryJSON {
	c := e.Change
	return entryJSON{
		Seq: e.Seq, At: timeOrNil(e.At), Actor: e.Actor, Session: model.Clean(e.Session), PlanID: model.Clean(e.PlanID), Plan: model.Clean(e.Plan),
		Side: c.Side, Kind: c.Kind, Object: model.Clean(c.Object), Label: c.Label, Before: c.Before, After: c.After,
		Reason: model.Clean(c.Reason), Outcome: e.Outcome, Detail: model.Clean(e.Detail),
	}
}

func printEntries(w io.Writer, entries []plan.JournalEntry, asJSON bool) error {
	if asJSON {
		out := struct {
			Schema  int         `json:"schema"`
			Entries []entryJSON `json:"entries"`
		}{1, []entryJSON{}}
		for _, e := range entries {
			out.Entries = append(out.Entries, entryOf(e))
		}
		return writeJSON(w, out)
	}
	table := [][]string{{"NO", "WHEN", "WHO", "WHAT", "BEFORE", "AFTER", "OUTCOME"}}
	for _, e := range entries {
		table = append(table, []string{
			strconv.FormatInt(e.Seq, 10), e.At.Local().Format(time.DateTime), e.Actor.String(),
			model.Clean(string(e.Change.Kind)) + " " + e.Change.Label.String(),
			orDash(e.Change.Text(e.Change.Before)), orDash(e.Change.Text(e.Change.After)), e.Outcome,
		})
	}
	return writeTable(w, table)
}

// noteInterrupted says on stderr that something was cut short. What is under
// way is not mentioned.
func noteInterrupted(ctx context.Context, cmd *cobra.Command, d *db.DB) error {
	all, err := d.Interrupted(ctx)
	if cut := countCut(all); cut > 0 {
		note(cmd, "note: %s cut short: see `romm-admin history interrupted`", plans(cut))
	}
	return err
}

func newHistoryShow(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show NO", Short: "Show one entry of the journal", Args: cli.ExactArgs("the number of an entry"),
		RunE: func(cmd *cobra.Command, args []string) error {
			seq, err := entryNumber(args[0])
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				e, err := d.Entry(ctx, seq)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), struct {
						Schema int       `json:"schema"`
						Entry  entryJSON `json:"entry"`
					}{1, entryOf(e)})
				}
				return showEntry(cmd.OutOrStdout(), entryOf(e))
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func showEntry(w io.Writer, e entryJSON) error {
	rows := [][]string{
		{"entry", strconv.FormatInt(e.Seq, 10)},
		{"when", e.At.Local().Format(time.DateTime)},
		{"who", e.Actor.String()},
		{"session", e.Session},
		{"plan", e.Plan},
		{"plan id", e.PlanID},
		{"side", model.Clean(string(e.Side))},
		{"kind", model.Clean(string(e.Kind))},
		{"object", e.Object},
		{"name", e.Label.String()},
		{"before", orDash(e.Before.String())},
		{"after", orDash(e.After.String())},
		{"reason", e.Reason},
		{"outcome", e.Outcome},
	}
	if e.Detail != "" {
		rows = append(rows, []string{"detail", e.Detail})
	}
	return writeTable(w, rows)
}

func entryNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, cli.Usagef("take it from the first column of `romm-admin history`", "%q is not the number of an entry", model.Clean(s))
	}
	return n, nil
}

func newHistoryHead(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "head", Short: "Print the end of the journal, to be kept elsewhere",
		Long: "Prints the number and the hash of the journal's last row. The owner of the file can rebuild the\n" +
			"journal; `history verify --head` with a head that was kept on another machine shows that.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				head, err := d.JournalHead(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), head)
				return err
			})
		},
	}
}

func newHistoryVerify(g *globals) *cobra.Command {
	var kept string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify", Short: "Check that nobody has altered the journal",
		Long: "Follows the chain of hashes through the journal and finds rows that were edited, removed, moved or\n" +
			"cut off. Exit code 3 if there are any. Without --head it does not find a journal that was rebuilt\n" +
			"by somebody who owns the file.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			head, err := keptHead(kept, cmd.InOrStdin())
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				now, err := d.VerifyFrom(ctx, head)
				if db.Altered(err) {
					err = cli.Findings(err)
				}
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), struct {
						Schema   int    `json:"schema"`
						OK       bool   `json:"ok"`
						Rows     int64  `json:"rows"`
						Head     string `json:"head"`
						Anchored bool   `json:"anchored"` // compared with a head that was kept elsewhere
					}{1, true, now.Seq, now.String(), kept != ""})
				}
				note(cmd, "the journal is whole: %d rows", now.Seq)
				if kept == "" {
					note(cmd, "not compared with a head that was kept elsewhere: see `romm-admin history head --help`")
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&kept, "head", "", "a `head` printed by history head, or a file that holds it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// maxHeadFile bounds a file with a head: it is one short line.
const maxHeadFile = 4096

// keptHead reads a head from the flag itself or from the file that it names.
func keptHead(flag string, stdin io.Reader) (db.Head, error) {
	if flag == "" {
		return db.Head{}, nil
	}
	if h, err := db.ParseHead(flag); err == nil {
		return h, nil
	}
	data, err := readSmall(flag, stdin, maxHeadFile)
	if err != nil {
		return db.Head{}, cli.Usage(err)
	}
	h, err := db.ParseHead(string(data))
	if err != nil {
		return db.Head{}, cli.Usage(err)
	}
	return h, nil
}

// readSmall reads a whole regular file, or standard input for "-", of at most
// limit bytes.
func readSmall(path string, stdin io.Reader, limit int64) ([]byte, error) {
	if path == "-" {
		data, err := db.ReadBounded(stdin, "standard input", limit)
		return data, cannotRead(path, err)
	}
	data, err := db.ReadRegular(path, limit)
	return data, cannotRead(path, err)
}

// cannotRead puts into words why a file is not read; nil for nil.
func cannotRead(path string, err error) error {
	if err == nil {
		return nil
	}
	code, hint := model.CodeNotFound, cmp.Or(model.HintOf(err), "check the path")
	if model.CodeOf(err) == model.CodeInvalid {
		code = model.CodeInvalid
	}
	var why *fs.PathError
	if errors.As(err, &why) {
		err = why.Err
	}
	return &model.Error{Code: code, Msg: model.Clean(path) + " cannot be read", Hint: hint, Err: err}
}
