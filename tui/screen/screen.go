// Package screen is the contract between the App and what it shows: screens,
// overlays, and the intents by which they ask the App for something. Screens
// and overlays hold no connection, start no goroutine and read no clock; their
// Update and View are pure.
package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
)

// ID names a screen. It is the scope of the screen's actions as well.
type ID = keys.Scope

// Area is the size that something may draw in, in cells.
type Area struct{ Width, Height int }

// Cursor is where the terminal's own cursor stands, in cells from the top
// left of the frame.
type Cursor struct{ X, Y int }

// Frame is what a screen draws: exactly Area.Height lines of at most
// Area.Width cells, joined by newlines.
type Frame struct {
	Content string
	Row     int     // the line of the list's cursor; 0 is none, since headings are there
	Cursor  *Cursor // nil hides it
	// Footer replaces the key line while the screen captures text; the
	// cursor then stands in it at FooterX.
	Footer  string
	FooterX int
}

// Screen is one of the console's screens.
type Screen interface {
	ID() ID
	Title() string // for the tab line
	// Purpose is one sentence for the help, without full stop.
	Purpose() string
	// Status is a short text for the right end of the tab line.
	Status() string
	Update(tea.Msg) (Screen, Effect)
	View(Area) Frame
	Actions() []keys.Item
	// Invoke runs an action of the screen by its id, as its key would;
	// reason says why it cannot run now.
	Invoke(id string) (next Screen, effect Effect, reason string)
	// Capturing reports whether key presses are text now, so that no global
	// action may take them.
	Capturing() bool
}

// Panel is what an overlay draws inside its border: lines of at most the
// area's width.
type Panel struct {
	Title  string
	Lines  []string
	Cursor *Cursor // from the first line's first cell
}

// Overlay is a dialog above the screen. The one on top gets all keys and
// pastes.
type Overlay interface {
	Update(tea.Msg) (Overlay, Effect)
	View(Area) Panel
	// Capturing reports whether key presses are text now: then only esc and
	// ctrl+c leave the dialog.
	Capturing() bool
}

// Effect is what an update wants to happen: a command to run, and intents
// that the App carries out at once, before the next key press.
type Effect struct {
	Cmd     tea.Cmd
	Intents []Intent
}

// Want returns an effect of those intents.
func Want(intents ...Intent) Effect { return Effect{Intents: intents} }

// Intent is a request to the App.
type Intent interface{ intent() }

type (
	// OpenReq puts an overlay on top.
	OpenReq struct{ Overlay Overlay }
	// CloseReq takes the top overlay away.
	CloseReq struct{}
	// PreviewReq shows a plan with its impact; applying it is up to the
	// person.
	PreviewReq struct{ Plan plan.Plan }
	// PlanReq opens the preview at once and makes its plan in a command,
	// because planning for ten thousand people takes longer than a key press
	// may. Make runs again when newer data comes in; it must only use what
	// it is given.
	PlanReq struct {
		Title string // until the plan has its own
		Make  func(context.Context, *model.Review) (plan.Draft, error)
		// Settles is the interrupted plan that this one ends, nil for none.
		Settles *plan.Interruption
		// Also is taken into the plan that Make makes.
		Also plan.Also
	}
	// ApplyReq makes a plan's changes. Only the preview sends it.
	ApplyReq struct {
		Plan    plan.Plan
		Settles *plan.Interruption // see PlanReq
	}
	// TellReq hands a result to the screen that it is for, so that a dialog
	// can answer the screen that opened it.
	TellReq struct{ Result Result }
	// InvokeReq runs an action of the active screen or a global one, as its
	// key would.
	InvokeReq struct {
		Scope  ID
		Action string
	}
	// CopyReq sends text to the terminal's clipboard and shows it, because
	// many terminals take it without a word or not at all.
	CopyReq struct{ Text string }
	// StopReq ends a plan that is being applied after the change that is
	// being made. Only the progress dialog sends it.
	StopReq struct{}
	// RedrawReq has the whole screen drawn again.
	RedrawReq struct{}
	// HoldReq has a plan that is being applied wait before its next change, or
	// go on.
	HoldReq struct{ On bool }
	// AskReq has Authentik compute what it would send for these people, by
	// their keys, or for everybody active when there are none. Nothing is
	// written. All dialogs get AskedMsg.
	AskReq struct{ People []int64 }
	// AskStopReq ends an asking; nothing more is sent about it.
	AskStopReq struct{}
	// RestReq has RestMsg sent to all screens once nobody has asked for it
	// for a moment.
	RestReq struct{}
	// ReloadReq reads both sides again.
	ReloadReq struct{}
	// TakeInReq reads both sides again, from now on with or without
	// Authentik's service accounts.
	TakeInReq struct{ ServiceAccounts bool }
	// ToastReq shows a note on the status line.
	ToastReq struct{ Toast Toast }
)

func (OpenReq) intent()    {}
func (CloseReq) intent()   {}
func (PreviewReq) intent() {}
func (PlanReq) intent()    {}
func (TellReq) intent()    {}
func (InvokeReq) intent()  {}
func (CopyReq) intent()    {}
func (ApplyReq) intent()   {}
func (StopReq) intent()    {}
func (HoldReq) intent()    {}
func (RedrawReq) intent()  {}
func (AskReq) intent()     {}
func (AskStopReq) intent() {}
func (RestReq) intent()    {}
func (ReloadReq) intent()  {}
func (TakeInReq) intent()  {}
func (ToastReq) intent()   {}

// Result is a message that one screen's command sends to that screen. It
// arrives also while the screen is hidden.
type Result interface{ For() ID }

// Level is a toast's weight.
type Level int

// The levels. Errors stay until they are dismissed, the others go with a key
// press.
const (
	LevelInfo Level = iota
	LevelDone
	LevelError
)

// Toast is a note on the status line.
type Toast struct {
	Level Level
	Text  string
	Hint  string // what to do next, for errors
}

// DataMsg tells every screen, hidden ones included, what is known now. It is
// sent after each change of it.
type DataMsg struct {
	// Review is nil until the first reading has succeeded; old data stays
	// while a newer reading runs or fails.
	Review *model.Review
	// Reading is true while both sides are being read.
	Reading bool
	// Early are Authentik's people, and Waited is how long RomM has been
	// answering, while it works longer at its accounts than Authentik.
	Early  []model.Identity
	Waited time.Duration
	// Err is why the last reading failed; nil when it did not.
	Err error
	// Applying is true while a plan's changes are being written.
	Applying bool
	ReadOnly bool
	// ServiceAccounts is true when readings take in Authentik's service
	// accounts; those of the newest reading are in Review.
	ServiceAccounts bool
	Links           Links
	// Retry and Quit name the keys that read again and leave; "" is none.
	Retry, Quit string
}

// Waiting says that RomM is the one that is waited for, and how long it has been.
func (d DataMsg) Waiting() string {
	if d.Waited < time.Second {
		return "RomM is still answering"
	}
	return "RomM is still answering (" + d.Waited.Round(time.Second).String() + ")"
}

// AskedMsg tells the dialogs how far an asking is, and at its end what came of
// it.
type AskedMsg struct {
	Running     bool
	Done, Total int // while it runs; Total is 0 until it is known
	// Review holds what Authentik computed; nil while it runs, and when
	// nothing came of it. Err is set as well when it failed for some people.
	Review *model.Review
	Err    error
}

// RestMsg tells every screen that no cursor has moved for a moment.
type RestMsg struct{}

// JournalMsg tells every screen what the journal holds. It is sent after each
// change of it; a console without a journal sends none.
type JournalMsg struct {
	Entries     []plan.JournalEntry // newest first, at most JournalLimit
	Interrupted []plan.Interruption
	Read        bool  // false until the first reading has succeeded
	Err         error // why the last reading failed
}

// JournalLimit is how many entries of the journal are read.
const JournalLimit = 2000

// WriteBlocked says why nothing can be written now; "" when it can.
func (d DataMsg) WriteBlocked() string {
	switch {
	case d.Review == nil:
		return "nothing has been read yet"
	case d.ReadOnly:
		return "this session is read-only"
	case d.Applying:
		return "a change is being written"
	case d.Review.World.Directory.Incomplete != "":
		return "Authentik's lists are incomplete: " + model.Clean(d.Review.World.Directory.Incomplete)
	}
	return ""
}

// Links are the addresses of the two systems' web pages, without a slash at
// the end; "" is unknown.
type Links struct{ RomM, Authentik string }

// PointMsg is a click on the screen, in cells from its top left corner.
type PointMsg struct{ X, Y int }

// WheelMsg is a turn of the mouse wheel by so many rows, down being positive.
type WheelMsg struct{ Rows int }

// AreaMsg tells a screen its size, whenever that changes.
type AreaMsg struct{ Area Area }
