package reconcile

import (
	"context"

	"github.com/romm-admin/romm-admin/model"
)

// writeSetup writes one object of set-up. The adapter reads it back and holds
// it to what was wanted, so the world after is the one that the change says.
func (s *Service) writeSetup(ctx context.Context, w model.World, c model.Change) (model.World, error) {
	port, ok := s.Directory.(SetupWriter)
	if !ok {
		return w, cannot("this directory has nothing that could be set up")
	}
	next, err := w.With(c)
	if err != nil {
		return w, err
	}
	switch c.Kind {
	case model.ChangeScopeMapping:
		before, after, _ := c.ScopeMappings() // With has read them
		err = port.SetMapping(ctx, c.Object, before, after)
	case model.ChangeProvider:
		before, after, _ := c.Providers()
		err = port.SetProvider(ctx, c.Object, before, after)
	case model.ChangeApplication:
		before, after, _ := c.Applications()
		err = port.SetApplication(ctx, c.Object, before, after)
	default:
		before, after, _ := c.Bindings()
		err = port.SetBinding(ctx, before, after)
	}
	if err != nil {
		return w, err
	}
	return next, nil
}

// SetupNeeds looks up what set-up builds on in Authentik.
func (s *Service) SetupNeeds(ctx context.Context) (model.SetupNeeds, error) {
	port, ok := s.Directory.(SetupReader)
	if !ok {
		return model.SetupNeeds{}, cannot("this directory has nothing that could be set up")
	}
	return port.SetupNeeds(ctx)
}

// ClientSecret reads the secret that RomM and Authentik share.
func (s *Service) ClientSecret(ctx context.Context, r *model.Review) (model.Secret, error) {
	port, ok := s.Directory.(SetupReader)
	switch {
	case !ok:
		return "", cannot("this directory has no client secret")
	case r.World.Setup.Provider == nil:
		return "", &model.Error{Code: model.CodeNotFound, Msg: "Authentik has no provider for RomM", Hint: "set it up first: romm-admin setup apply"}
	}
	return port.ClientSecret(ctx, r.World.Setup.Provider.ClientID)
}

// journalPage is how many entries of the journal are read at a time.
const journalPage = 200

// MadeClientID returns the client id of the provider that set-up made last, by
// the journal; "" if it made none, or removed it. It finds a provider again
// that was made before its application (S36).
func MadeClientID(ctx context.Context, h History) (string, error) {
	for before := int64(0); ; {
		entries, err := h.Entries(ctx, journalPage, before)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			if e.Change.Kind != model.ChangeProvider || e.Outcome == model.OutcomeFailed {
				continue
			}
			if e.Change.After == "" {
				return "", nil
			}
			return e.Change.Object, nil
		}
		if len(entries) < journalPage {
			return "", nil
		}
		before = entries[len(entries)-1].Seq
	}
}

// UndoSetup builds the plan that takes back the last plan that set up.
func (s *Service) UndoSetup(ctx context.Context, r *model.Review) (model.Plan, error) {
	h, err := s.history()
	if err != nil {
		return model.Plan{}, err
	}
	for before := int64(0); ; {
		entries, err := h.Entries(ctx, journalPage, before)
		if err != nil {
			return model.Plan{}, err
		}
		for _, e := range entries {
			if e.Plan == model.SetupTitle && e.Outcome == model.OutcomeDone {
				return s.PlanUndo(ctx, r, 0, e.PlanID)
			}
		}
		if len(entries) < journalPage {
			return model.Plan{}, &model.Error{
				Code: model.CodeNotFound, Msg: "the journal has no set-up that could be taken back", Hint: "see `romm-admin history`",
			}
		}
		before = entries[len(entries)-1].Seq
	}
}
