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
	before, after, err := c.ScopeMappings()
	if err != nil {
		return w, err
	}
	if err := port.SetMapping(ctx, c.Object, before, after); err != nil {
		return w, err
	}
	return next, nil
}
