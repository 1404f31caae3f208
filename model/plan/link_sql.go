package plan

import (
	"github.com/romm-admin/romm-admin/model"
)

// Statements are SQL for one kind of RomM's database, in the order in which they
// have to be run.
type Statements struct {
	Database model.Database
	SQL      []string
}

// LinkSQL are the links that the plan changes as SQL, for people who run it
// themselves; none where it changes no link. Where the kind of database is not
// known there is a list for each.
func (p Plan) LinkSQL(kind model.Database) ([]Statements, error) {
	out := statementsFor(kind)
	for _, c := range p.Changes {
		id, before, after, err := c.setsLink()
		if err != nil {
			return nil, err
		}
		for i := range out {
			if id != 0 {
				out[i].SQL = append(out[i].SQL, model.LinkSQL(out[i].Database, id, before, after))
			}
		}
	}
	if len(out[0].SQL) == 0 {
		return nil, nil
	}
	return out, nil
}

// UnseenLinkSQL are the statements that link these accounts to somebody, or to
// nobody, where nobody can tell whom they are linked to. The first is for looking
// at that: whose next login changes is not known here.
func UnseenLinkSQL(kind model.Database, to model.OIDCLink, users ...model.LocalUser) []Statements {
	out := statementsFor(kind)
	for i := range out {
		for _, u := range users {
			out[i].SQL = append(out[i].SQL, model.ReadLinkSQL(u.ID), model.LinkSQL(out[i].Database, u.ID, model.OIDCLink{}, to))
		}
	}
	return out
}

func statementsFor(kind model.Database) []Statements {
	if kind == model.DatabaseUnknown || kind == "" {
		return []Statements{{Database: model.DatabaseMariaDB}, {Database: model.DatabasePostgreSQL}}
	}
	return []Statements{{Database: kind}}
}
