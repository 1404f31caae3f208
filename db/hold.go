package db

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// HoldPlan takes the right to apply plans to this file, which one program has at
// a time, and lets every other one know that the plan is under way: until
// [DB.EndPlan], [DB.Close], or the death of this process, however it dies.
// So what a guard judged stays so until its plan has ended (S5), and what was cut
// short is distinguished from what is being made at once (R15). It is CodeBusy while
// another program applies a plan. It writes nothing: the sign is a lock on
// two bytes of the folder, which the system takes away with the process. Where
// there are no such locks it does nothing, see [plan.HoldingUnknown].
func (d *DB) HoldPlan(planID string) error {
	f, err := os.Open(filepath.Dir(d.path))
	if err == nil {
		if err = d.lock(f, planID); err != nil {
			_ = f.Close()
		}
	}
	if err != nil {
		if model.CodeOf(err) == model.CodeBusy {
			return err
		}
		return &model.Error{
			Code: model.CodeForbidden, Op: "begin the plan", Err: err,
			Msg:  fmt.Sprintf("the folder %s cannot be marked, so no other program could see that the plan is under way", filepath.Dir(d.path)),
			Hint: "give this user read permission on the folder (r), on a local disk",
		}
	}
	d.holding.Lock()
	defer d.holding.Unlock()
	if d.held == nil {
		d.held = map[string]*os.File{}
	}
	d.held[planID] = f
	return nil
}

// lock takes the one right, and marks the byte of this plan.
func (d *DB) lock(f *os.File, planID string) error {
	free, err := lockAlone(f, d.byteOf(""))
	if err != nil {
		return err
	}
	if !free {
		return &model.Error{
			Code: model.CodeBusy, Op: "begin the plan", Msg: "another program is applying a plan to the same database",
			Hint: "wait until it has ended: romm-admin history interrupted",
		}
	}
	return lockByte(f, d.byteOf(planID))
}

// EndPlan releases what HoldPlan took; a plan that is not held is no mistake.
func (d *DB) EndPlan(planID string) {
	d.holding.Lock()
	defer d.holding.Unlock()
	d.unlock(planID)
}

// unlock needs holding locked.
func (d *DB) unlock(planID string) {
	if f := d.held[planID]; f != nil {
		_ = unlockByte(f, d.byteOf(planID)) // closing does it as well, perhaps later
		_ = unlockByte(f, d.byteOf(""))
		_ = f.Close() // nothing was written to it
		delete(d.held, planID)
	}
}

// holders looks for each plan whether some program holds it. It looks before
// the journal is read: a plan that nobody holds and that has not ended
// afterwards will not end by itself.
func (d *DB) holders(planIDs []string) map[string]plan.Holding {
	out := make(map[string]plan.Holding, len(planIDs))
	f, err := os.Open(filepath.Dir(d.path))
	if err != nil {
		return out
	}
	defer func() { _ = f.Close() }()
	for _, id := range planIDs {
		out[id] = byteHolder(f, d.byteOf(id))
	}
	return out
}

// byteOf is the byte of the folder that stands for a plan of this file; "" is
// for all of them.
func (d *DB) byteOf(planID string) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%q %q", filepath.Base(d.path), planID) // never fails
	return int64(h.Sum64() >> 2)                                  // with one byte after it
}
