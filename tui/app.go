// Package tui is the console. App is its only Bubble Tea model: it owns the
// review that all screens show, the dialogs above them, and the three things
// that take time (read, simulate, apply). It talks to the world through
// [Console] alone and imports no HTTP, no SQL and no operating system.
package tui

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/screen/history"
	"github.com/romm-admin/romm-admin/tui/screen/roles"
	"github.com/romm-admin/romm-admin/tui/screen/users"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Console is what the screens need done.
type Console interface {
	// Load reads both sides and judges everybody.
	Load(ctx context.Context, o model.ReadOptions) (*model.Review, error)
	// Begin checks the plan as a whole against both sides as they are now, and
	// takes the lock. It changes neither side.
	Begin(ctx context.Context, r *model.Review, p plan.Plan) (plan.Run, error)
	// Step makes the run's next change: record, compare, write, read back.
	Step(ctx context.Context, run plan.Run) plan.Run
	// End follows the last Step of a run, whether its plan is whole or not.
	// It judges everybody from what was read back.
	End(ctx context.Context, run plan.Run) (*model.Review, plan.Report)
	// Preview has Authentik compute what it would send for these people, by
	// their keys, or for everybody active when there are none, and judges
	// everybody anew; nothing is written. A single failure leaves that person
	// as it was and is returned beside the review; a cancelled context gives
	// no review. Progress is never called twice at a time.
	Preview(ctx context.Context, r *model.Review, people []int64, progress func(done, total int)) (*model.Review, error)
	// WithTests says with a plan what it does untested; it writes nothing.
	WithTests(ctx context.Context, p plan.Plan) (plan.Plan, error)
	// CheckAccess finds out what the token may do.
	CheckAccess(ctx context.Context) (model.Access, error)
	// History returns the newest entries of the journal first, at most limit.
	History(ctx context.Context, limit int) ([]plan.JournalEntry, error)
	// Interrupted returns the plans that were cut short, newest first.
	Interrupted(ctx context.Context) ([]plan.Interruption, error)
	// Settle closes what an interrupted plan left open, by what r, the
	// review from before the plan that ended it, says of each object.
	Settle(ctx context.Context, r *model.Review, i plan.Interruption) error
}

// Options make an [App].
type Options struct {
	Console Console // needed
	Actor   string  // who acts, shown beside the tabs; "" shows nobody
	// ReadOnly switches every writing action off. The console must refuse
	// writes as well; this is only what the screens say about it.
	ReadOnly bool
	ASCII    bool         // the terminal's character set is not UTF-8
	NoColor  bool         // attributes only, as NO_COLOR asks
	Theme    theme.Name   // see theme.ParseName
	Keys     keys.Map     // other keys than the built-in ones; see CheckKeys
	Links    screen.Links // for links to the web pages
	NoMouse  bool         // start with the mouse left to the terminal
	// Linear is for screen readers: no borders, one column, numbered
	// choices, the terminal's cursor on the row that is selected.
	Linear bool
	// Every is how often both sides are read again while the terminal has
	// the focus; 0 leaves it to the person.
	Every time.Duration
	// Rest is how long the cursor of a list must stay where it is before the
	// pane below is drawn for that line; 0 is not at all. See RestTime.
	Rest time.Duration
	// Crashed records a panic, with what was being typed, and returns the
	// number under which it is kept; nil keeps none. The console then ends,
	// and Incident says the number.
	Crashed func(Crash) string
	// Drafts are what was kept so, oldest first; Forget removes one where it
	// is kept. It is called in a command.
	Drafts []Draft
	Forget func(Draft) error
	// Clock returns the time; required. Toasts measure their age with it.
	Clock func() time.Time
	// Context ends with the session, and with it every command that still
	// runs; nil is one that never ends.
	Context context.Context
}

// Time limits of the commands (R12). A reading of ten thousand people takes
// seconds; a write is one or two calls.
const (
	loadLimit  = 6 * time.Minute // RomM alone may work for minutes; each call has its own limit
	applyLimit = time.Minute
	// queueLimit bounds the wait for another program's plan, and queuePause is
	// how long it is until this one asks again.
	queueLimit = 2 * time.Minute
	queuePause = 250 * time.Millisecond
)

// App is the console's tea.Model. Make it with [New].
type App struct {
	opts    Options
	theme   *theme.Theme
	globals []action
	footer  string // of the active screen, as it stands
	size    screen.Area
	area    screen.Area // what the screens were last sent
	screens []screen.Screen
	active  int

	overlays []screen.Overlay
	data     screen.DataMsg
	toast    toast
	problems []problem // newest last
	mouse    bool
	blurred  bool   // the terminal has lost the focus
	ticks    int    // generation of the reload timer
	rests    int    // generation of the timer that waits for the cursor to rest
	age      string // of the data, when it is old
	incident string // set once the console has panicked
	drafts   []Draft
	leaving  bool // ctrl+c was pressed once while a change is being written

	load  task          // reading both sides
	since time.Time     // when that was started
	took  time.Duration // how long the one before took
	gauge gauge         // of that reading
	read  figure        // how far it is; zero as long as it is short
	// spinner stands before it, and turns as soon as it is not short any more.
	spinner spinner.Model
	turning bool
	ask     asked      // having Authentik compute claims
	apply   task       // writing
	log     task       // reading the journal
	token   task       // finding out what the token may do
	run     applying   // the plan that is being written
	last    *plan.Plan // what the newest plan really changed; nil before the first
	// lastID is its id in the journal, "" if that is not known.
	lastID string
	// simulation works out a plan and its impact; a newer one, or leaving the
	// dialog, cancels it.
	simulation task
}

// task identifies the newest run of something slow. Results of older runs are
// dropped; starting or dropping a run cancels the one before it.
type task struct {
	gen    int
	ctx    context.Context // handed to the command of this generation
	cancel context.CancelFunc
}

// next starts a new generation.
func (t task) next(base context.Context) task {
	if t.cancel != nil {
		t.cancel()
	}
	t.gen++
	t.ctx, t.cancel = context.WithCancel(base)
	return t
}

// stop cancels the run and drops its result.
func (t task) stop() task {
	if t.cancel != nil {
		t.cancel()
	}
	t.gen++
	return t
}

// New returns the console before its first reading, which Init starts.
func New(o Options) App {
	if o.Context == nil {
		o.Context = context.Background()
	}
	th := theme.New(theme.Options{Name: o.Theme, NoColor: o.NoColor, ASCII: o.ASCII, Linear: o.Linear})
	a := App{
		opts: o, theme: th,
		screens: []screen.Screen{users.New(th, o.Keys, o.Clock), roles.New(th, o.Keys), history.New(th, o.Keys)},
		data:    screen.DataMsg{Reading: true, ReadOnly: o.ReadOnly, Links: o.Links},
		mouse:   !o.NoMouse,
	}
	a.globals = keys.Bind(globals(a.screens), o.Keys)
	a.data.Retry, a.data.Quit = a.key("reload"), a.key("quit")
	a.load, a.log = a.load.next(o.Context), a.log.next(o.Context)
	a.gauge, a.since = newGauge(a.load.ctx), o.Clock()
	a.spinner = spinner.New(spinner.WithSpinner(spinner.Spinner{Frames: th.Glyphs.Turning, FPS: gaugePace}))
	a, _ = a.broadcast(a.data) // screens answer data with state alone
	return a.offerDrafts()
}

// Init implements tea.Model: it starts the first reading.
func (a App) Init() tea.Cmd {
	return guarded(tea.Batch(a.loadCmd(), a.gaugeCmd(), a.journalCmd(), a.tickCmd()))
}

// Update implements tea.Model.
func (a App) Update(msg tea.Msg) (m tea.Model, cmd tea.Cmd) {
	defer func() {
		if v := recover(); v != nil {
			m, cmd = a.crashed(panickedMsg{v, string(debug.Stack())})
		}
	}()
	if p, ok := msg.(panickedMsg); ok {
		return a.crashed(p)
	}
	next, cmd := a.handle(msg)
	return next.remember().arrange(), guarded(cmd)
}

func (a App) handle(msg tea.Msg) (App, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.size = screen.Area{Width: max(0, msg.Width), Height: max(0, msg.Height)}
		return a.resizeOverlays()
	case loadedMsg:
		return a.loaded(msg)
	case simulatedMsg:
		return a.simulated(msg)
	case gaugeMsg:
		return a.measured(msg)
	case spinner.TickMsg:
		return a.spun(msg)
	case earlyMsg:
		return a.halfRead(msg)
	case waitMsg:
		return a.waited(msg)
	case askedMsg:
		return a.answered(msg)
	case accessMsg:
		return a.broadcastToOverlays(msg)
	case appliedMsg:
		return a.applied(msg)
	case journalMsg:
		return a.journalRead(msg)
	case settledMsg:
		return a.settled(msg)
	case beganMsg:
		return a.began(msg)
	case queuedMsg:
		return a.askAgain(msg)
	case steppedMsg:
		return a.stepped(msg)
	case screen.Result:
		return a.toScreenOf(msg)
	case draftMsg:
		return a.drafted(msg)
	case restMsg:
		return a.rested(msg)
	case tickMsg:
		return a.ticked(msg)
	case tea.FocusMsg:
		return a.focused()
	case tea.BlurMsg:
		a.blurred, a.ticks = true, a.ticks+1 // the timer that runs is dropped
		return a, nil
	case tea.MouseClickMsg:
		return a.clicked(msg.Mouse())
	case tea.MouseWheelMsg:
		return a.wheeled(msg.Mouse())
	case tea.KeyPressMsg:
		return a.pressed(msg)
	case tea.PasteMsg:
		if a.tooSmall() {
			return a, nil
		}
		if len(a.overlays) > 0 {
			return a.toOverlay(msg)
		}
		return a.toScreen(a.active, msg)
	}
	return a, nil
}

// broadcast passes a fact to every screen, hidden ones included.
func (a App) broadcast(msg tea.Msg) (App, tea.Cmd) {
	var cmds []tea.Cmd
	for i := range a.screens {
		var cmd tea.Cmd
		a, cmd = a.toScreen(i, msg)
		cmds = append(cmds, cmd)
	}
	return a, tea.Batch(cmds...)
}

func (a App) toScreen(i int, msg tea.Msg) (App, tea.Cmd) {
	next, effect := a.screens[i].Update(msg)
	return a.withScreen(i, next).carryOut(effect)
}

func (a App) withScreen(i int, s screen.Screen) App {
	a.screens = slices.Clone(a.screens) // an older App must not change under its owner
	a.screens[i] = s
	return a
}

// toScreenOf delivers the result of a screen's command.
func (a App) toScreenOf(msg screen.Result) (App, tea.Cmd) {
	for i, s := range a.screens {
		if s.ID() == msg.For() {
			return a.toScreen(i, msg)
		}
	}
	return a, nil
}

func (a App) toOverlay(msg tea.Msg) (App, tea.Cmd) {
	top := len(a.overlays) - 1
	before := a.overlays[top]
	next, effect := before.Update(msg)
	a.overlays = slices.Clone(a.overlays)
	a.overlays[top] = next
	a, cmd := a.carryOut(effect)
	if p, ok := a.top().(widget.Picker); ok && p.Live != nil {
		if was, same := before.(widget.Picker); !same || was.At() != p.At() || len(effect.Intents) > 0 {
			var live tea.Cmd
			a, live = a.watch(p)
			cmd = tea.Batch(cmd, live)
		}
	}
	return a, cmd
}

// top is the overlay that gets the keys; nil if there is none.
func (a App) top() screen.Overlay {
	if len(a.overlays) == 0 {
		return nil
	}
	return a.overlays[len(a.overlays)-1]
}

// resizeOverlays gives every overlay the size of its inside.
func (a App) resizeOverlays() (App, tea.Cmd) {
	a.overlays = slices.Clone(a.overlays)
	for i, o := range a.overlays {
		a.overlays[i], _ = o.Update(a.inner()) // sizes have no effects
	}
	return a, nil
}

// carryOut does what a screen or an overlay wants, at once: a key pressed next
// must meet the dialog that this one opened.
func (a App) carryOut(e screen.Effect) (App, tea.Cmd) {
	cmds := []tea.Cmd{e.Cmd}
	for _, want := range e.Intents {
		var cmd tea.Cmd
		switch want := want.(type) {
		case screen.OpenReq:
			a, cmd = a.open(want.Overlay)
			if p, ok := a.top().(widget.Picker); ok {
				a, cmd = a.watch(p)
			}
		case screen.CloseReq:
			a = a.pop()
		case screen.PreviewReq:
			a, cmd = a.preview(widget.NewPreview(a.theme, want.Plan))
		case screen.PlanReq:
			a, cmd = a.preview(widget.NewDraft(a.theme, want))
		case screen.ApplyReq:
			a, cmd = a.startApply(want)
		case screen.TellReq:
			a, cmd = a.toScreenOf(want.Result)
		case screen.InvokeReq:
			a, cmd = a.invoke(want)
		case screen.CopyReq:
			text := model.Clean(want.Text) // what is pasted into a shell must not run there
			cmd = tea.SetClipboard(text)
			a.toast = a.note(screen.LevelInfo, "sent to the terminal's clipboard: "+text, "")
		case screen.StopReq:
			a.run.stopping = true
			a, cmd = a.hold(false)
		case screen.RedrawReq:
			cmd = tea.ClearScreen
		case screen.HoldReq:
			a, cmd = a.hold(want.On)
		case screen.AskReq:
			a, cmd = a.startAsk(want)
		case screen.AskStopReq:
			a = a.stopAsk()
		case screen.TakeInReq:
			a.data.ServiceAccounts = want.ServiceAccounts
			a, cmd = a.startLoad()
		case screen.RestReq:
			a, cmd = a.startRest()
		case screen.ReloadReq:
			a, cmd = a.startLoad()
		case screen.ToastReq:
			a.toast = toast{Toast: want.Toast, at: a.opts.Clock()}
		}
		cmds = append(cmds, cmd)
	}
	return a, tea.Batch(cmds...)
}

func (a App) push(o screen.Overlay) App {
	o, _ = o.Update(a.inner())
	a.overlays = append(slices.Clone(a.overlays), o)
	return a
}

// pop takes the top overlay away.
func (a App) pop() App {
	if len(a.overlays) > 0 {
		a.overlays = slices.Clone(a.overlays[:len(a.overlays)-1])
	}
	a.simulation = a.simulation.stop() // of the dialog that has just been left
	return a.dropToast(aboutUnsaved)
}

// Actions lists what can be done now: the active screen's actions, then the
// global ones.
func (a App) Actions() []keys.Item {
	return append(a.screens[a.active].Actions(), keys.Items(keys.Global, a.globals, a)...)
}
