package admin

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

// simulateFlags are what is simulated, and how it is printed.
type simulateFlags struct{ all, ask, json bool }

func newSimulate(g *globals) *cobra.Command {
	f := simulateFlags{}
	cmd := &cobra.Command{
		Use: "simulate USER... | --all", Short: "Say what the next logins do, step by step",
		Long: "Says what the next login of somebody does: the claims that Authentik sends, the account, the\n" +
			"groups, the rows of the role map, the role, and RomM's answer. Nobody signs in and nothing is\n" +
			"written. USER is a username of Authentik or of RomM, or an Authentik user's key.\n\n" +
			"The claims are predicted from the provider's mappings. With --ask Authentik computes them, which\n" +
			"takes one call for each person; where the two differ, what Authentik computes counts.\n\n" +
			"Exit codes: 0 all of them can sign in, 3 somebody cannot, or it is not known. With --all those who\n" +
			"are inactive in Authentik, and accounts that nobody in Authentik belongs to, do not count.",
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, g, args) },
	}
	cmd.Flags().BoolVar(&f.all, "all", false, "everybody in Authentik")
	cmd.Flags().BoolVar(&f.ask, "ask", false, "have Authentik compute the claims")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f simulateFlags) run(cmd *cobra.Command, g *globals, args []string) error {
	if f.all == (len(args) > 0) {
		return cli.Usagef("see `romm-admin simulate --help`", "give either names or --all")
	}
	return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
		people, err := f.people(r, args)
		if err != nil {
			return err
		}
		var failed error
		if f.ask {
			if r, failed, err = f.preview(cmd.Context(), s, r, people); err != nil {
				return err
			}
		}
		shown := simulated{review: r, people: samePeople(r, people), now: s.Now(), all: f.all, failed: failed}
		if f.json {
			err = writeJSON(cmd.OutOrStdout(), shown.json())
		} else {
			err = shown.print(cmd)
		}
		if err != nil {
			return err
		}
		return shown.result()
	})
}

// people are those that were named, or everybody in Authentik.
func (f simulateFlags) people(r *model.Review, args []string) ([]model.Pair, error) {
	if f.all {
		var out []model.Pair
		for _, p := range r.Pairs {
			if p.Identity != nil {
				out = append(out, p)
			}
		}
		return out, nil
	}
	out := make([]model.Pair, 0, len(args))
	for _, who := range args {
		p, err := findPerson(r, who)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// findPerson finds a person by the name on either side; Authentik's comes
// first, because it is Authentik's users who sign in.
func findPerson(r *model.Review, who string) (model.Pair, error) {
	id, err := findIdentity(r, who)
	if err == nil {
		return samePeople(r, []model.Pair{{Identity: &id}})[0], nil
	}
	if model.CodeOf(err) != model.CodeNotFound {
		return model.Pair{}, err
	}
	u, lerr := findLocal(r.World.Locals, who)
	switch {
	case lerr == nil:
		return samePeople(r, []model.Pair{{Local: &u}})[0], nil
	case model.CodeOf(lerr) != model.CodeNotFound:
		return model.Pair{}, lerr
	}
	return model.Pair{}, &model.Error{
		Code: model.CodeNotFound, Msg: fmt.Sprintf("neither Authentik nor RomM has anybody called %q", model.Clean(who)),
		Hint: "see `romm-admin users list`",
	}
}

// samePeople finds the same people in a review, which may be a newer one.
func samePeople(r *model.Review, people []model.Pair) []model.Pair {
	byKey, byID := map[int64]model.Pair{}, map[int64]model.Pair{}
	for _, p := range r.Pairs {
		if p.Identity != nil {
			byKey[p.Identity.PK] = p
		}
		if p.Local != nil {
			byID[p.Local.ID] = p
		}
	}
	out := make([]model.Pair, len(people))
	for i, p := range people {
		if p.Identity != nil {
			out[i] = byKey[p.Identity.PK]
		} else {
			out[i] = byID[p.Local.ID]
		}
	}
	return out
}

// preview has Authentik compute the claims. Failed is why some of them are
// still predicted.
func (f simulateFlags) preview(ctx context.Context, s *session, r *model.Review, people []model.Pair) (_ *model.Review, failed, err error) {
	var keys []int64
	if !f.all {
		for _, p := range people {
			if p.Identity != nil {
				keys = append(keys, p.Identity.PK)
			}
		}
		if len(keys) == 0 {
			return r, nil, nil // none of them is in Authentik
		}
	}
	bar := progress{w: s.streams.Err, live: s.streams.isTerminal(s.streams.Err)}
	asked, err := s.Preview(ctx, r, keys, bar.report)
	bar.end()
	if asked == nil {
		return nil, nil, err
	}
	return asked, err, nil
}

// progress reports on stderr how far long work is: on a terminal in one line
// that changes, elsewhere in at most ten lines.
type progress struct {
	w     io.Writer
	live  bool
	tenth int
	drawn bool
}

func (b *progress) report(done, total int) {
	text := fmt.Sprintf("asked Authentik about %d of %d", done, total)
	switch tenth := 10 * done / max(1, total); {
	case b.live:
		b.drawn = true
		_, _ = fmt.Fprintf(b.w, "\r%s", text)
	case tenth > b.tenth:
		b.tenth = tenth
		_, _ = fmt.Fprintln(b.w, text)
	}
}

func (b *progress) end() {
	if b.drawn {
		_, _ = fmt.Fprintln(b.w)
	}
}

// simulated is the result of a simulation.
type simulated struct {
	review *model.Review
	people []model.Pair
	now    time.Time
	all    bool
	failed error
}

// stuck lists those who surely or possibly cannot sign in, of those who count.
func (s simulated) stuck() []model.Pair {
	var out []model.Pair
	for _, p := range s.people {
		if (!p.CanSignIn() || p.MayStop != "") && (!s.all || p.Identity.Active) {
			out = append(out, p)
		}
	}
	return out
}

// result is the outcome of the command.
func (s simulated) result() error {
	if s.failed != nil {
		return &model.Error{
			Code: model.CodeOf(s.failed), Msg: "Authentik did not compute all the claims, the others are predicted",
			Err: s.failed, Hint: model.HintOf(s.failed),
		}
	}
	n := len(s.stuck())
	if n == 0 {
		return nil
	}
	return cli.Findings(&model.Error{
		Code: model.CodeConflict, Msg: fmt.Sprintf("%d of %d cannot sign in, or it is not known", n, len(s.people)),
		Hint: "each person above says what to do",
	})
}

// print writes the chains for people.
func (s simulated) print(cmd *cobra.Command) error {
	w := cmd.OutOrStdout()
	chains := s.review.Chains()
	for _, n := range s.review.NoteTexts() {
		note(cmd, "note: %s", n)
	}
	for i, p := range s.people {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := writeTable(w, chainRows(chains, p, s.now)); err != nil {
			return err
		}
	}
	if asked, differ := s.compared(); asked > 0 {
		note(cmd, "people whose claims Authentik computed: %d; not as predicted: %d", asked, differ)
	}
	return nil
}

// compared counts those that Authentik was asked about, and where it disagrees.
func (s simulated) compared() (asked, differ int) {
	for _, p := range s.people {
		if !p.Previewed.IsZero() {
			asked++
		}
		if p.Differs != "" {
			differ++
		}
	}
	return asked, differ
}

// chainRows is the chain of one person in two columns, under the name.
func chainRows(chains model.Chains, p model.Pair, now time.Time) [][]string {
	rows := [][]string{{personName(p), ""}}
	add := func(name string, facts ...string) {
		for i, fact := range facts {
			if i > 0 {
				name = ""
			}
			rows = append(rows, []string{"  " + name, model.Clean(fact)})
		}
	}
	for _, step := range chains.Of(p) {
		add(string(step.Name), step.Facts...)
	}
	if p.Identity != nil {
		add("from", p.Source(now))
	}
	if p.Differs != "" {
		add("differs", p.Differs+" (predicted otherwise; what Authentik computes counts)")
	}
	add("so", p.NextLogin)
	add("also", p.Explain()[1:]...)
	if fix := p.Fix(); fix != "" {
		add("to do", fix)
	}
	return rows
}

// personName is the name on both sides where they differ.
func personName(p model.Pair) string {
	switch {
	case p.Local == nil:
		return p.Identity.Username.String() + ", in Authentik only"
	case p.Identity == nil:
		return p.Local.Username.String() + ", in RomM only"
	case p.Local.Username != p.Identity.Username:
		return fmt.Sprintf("%s in Authentik, %s in RomM", p.Identity.Username, p.Local.Username)
	}
	return p.Local.Username.String()
}

// simulationJSON is the answer of `simulate --json`.
type simulationJSON struct {
	Schema int                   `json:"schema"`
	Stats  simulationStatsJSON   `json:"stats"`
	Failed string                `json:"failed,omitempty"` // why Authentik did not compute all of them
	Notes  []string              `json:"notes"`
	People []simulatedPersonJSON `json:"people"`
}

type simulationStatsJSON struct {
	People       int `json:"people"`
	CannotSignIn int `json:"cannot_sign_in"` // or it is not known
	Asked        int `json:"asked"`
	Differ       int `json:"differ"` // Authentik computes other claims than predicted
}

type simulatedPersonJSON struct {
	personJSON
	// Asked is when Authentik computed the claims; null: they are predicted.
	Asked   *time.Time `json:"asked"`
	Differs string     `json:"differs,omitempty"`
	Chain   []stepJSON `json:"chain"`
}

type stepJSON struct {
	Step  model.StepName `json:"step"`
	Facts []string       `json:"facts"`
}

func (s simulated) json() simulationJSON {
	asked, differ := s.compared()
	out := simulationJSON{
		Schema: 1, Notes: append([]string{}, s.review.NoteTexts()...), People: []simulatedPersonJSON{},
		Stats: simulationStatsJSON{len(s.people), len(s.stuck()), asked, differ},
	}
	if s.failed != nil {
		out.Failed = model.Clean(s.failed.Error())
	}
	chains := s.review.Chains()
	for _, p := range s.people {
		line := simulatedPersonJSON{personJSON: person(p, chains.Members()), Asked: timeOrNil(p.Previewed), Differs: model.Clean(p.Differs), Chain: []stepJSON{}}
		for _, step := range chains.Of(p) {
			line.Chain = append(line.Chain, stepJSON{step.Name, step.Facts})
		}
		out.People = append(out.People, line)
	}
	return out
}
