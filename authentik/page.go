package authentik

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/romm-admin/romm-admin/model"
)

// page is the envelope of every list (docs/authentik.md 4.1).
type page[T any] struct {
	Pagination *struct {
		Count      float64 `json:"count"`
		TotalPages float64 `json:"total_pages"`
	} `json:"pagination"`
	Results *[]T `json:"results"`
}

// maxRows bounds what one list may announce, so that a broken server cannot
// keep us reading for ever.
const maxRows = 1_000_000

// list is a list read whole, page by page.
type list[T any] struct {
	what string // "users", for sentences
	call call
	// key identifies a row; ok is false for a row that cannot be one.
	key func(T) (id string, ok bool)
	// announce is called first with the number of rows that the server
	// reports, arrived with that of each page; nil for lists without progress.
	announce func(count int)
	arrived  func(rows int)
}

// read fetches the first page, which has the number of pages, and then the
// others concurrently. Incomplete is a sentence when rows may be missing (S9);
// an error means that not even the first page could be read.
func (l list[T]) read(ctx context.Context, c *Client) (rows []T, incomplete string, err error) {
	first, err := l.page(ctx, c, 1)
	if err != nil {
		return nil, "", err
	}
	count, pages := int(first.Pagination.Count), int(first.Pagination.TotalPages)
	if count < 0 || count > maxRows || pages < 0 || pages > count+1 {
		return nil, "", notAPI(l.call, fmt.Errorf("a list of %d rows on %d pages", count, pages))
	}
	if l.announce != nil {
		l.announce(count)
	}
	l.note(len(*first.Results))
	all := make([][]T, max(1, pages))
	all[0] = *first.Results
	reasons := make([]string, len(all)+1)
	l.rest(ctx, c, count, all, reasons[:len(all)])
	if ctx.Err() != nil {
		return nil, "", fmt.Errorf("%s: %w", l.call.op, context.Cause(ctx))
	}
	rows, reasons[len(all)] = l.join(all, count)
	for _, r := range reasons {
		if r != "" {
			return rows, r, nil
		}
	}
	return rows, "", nil
}

func (l list[T]) note(rows int) {
	if l.arrived != nil {
		l.arrived(rows)
	}
}

// whole is read for callers that need the complete list: a list that may not be
// whole is CodeUnavailable, because an object that is merely missing from it
// would be made a second time.
func (l list[T]) whole(ctx context.Context, c *Client) ([]T, error) {
	rows, short, err := l.read(ctx, c)
	if err == nil && short != "" {
		err = &model.Error{
			Code: model.CodeUnavailable, Op: l.call.op, Err: errors.New(short),
			Msg: "the list is not whole, so nothing can be concluded from it", Hint: "try again",
		}
	}
	return rows, err
}

// rest fills all[1:], and reasons with what went wrong on which page. A worker
// ends with a page that failed for good: the list cannot become whole any
// more, and a server that is down is not asked for page after page.
func (l list[T]) rest(ctx context.Context, c *Client, count int, all [][]T, reasons []string) {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	next.Store(1)
	for range min(c.cfg.Concurrency, len(all)-1) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				var p page[T]
				err := model.CatchPanic(func() (err error) { p, err = l.page(ctx, c, i+1); return err })
				if err != nil {
					reasons[i] = fmt.Sprintf("page %d of %d of the %s could not be read (%v)", i+1, len(all), l.what, err)
					return
				}
				if got := int(p.Pagination.Count); got != count {
					reasons[i] = fmt.Sprintf("the number of %s changed from %d to %d while they were read", l.what, count, got)
				}
				all[i] = *p.Results
				l.note(len(all[i]))
			}
		})
	}
	wg.Wait()
}

// join concatenates the pages and counts: a row that came twice means that
// another one is missing.
func (l list[T]) join(all [][]T, count int) (rows []T, incomplete string) {
	rows = make([]T, 0, count)
	seen := make(map[string]bool, count)
	received := 0
	for _, p := range all {
		received += len(p)
		for _, row := range p {
			id, _ := l.key(row)
			if !seen[id] {
				seen[id] = true
				rows = append(rows, row)
			}
		}
	}
	switch {
	case received != count:
		return rows, fmt.Sprintf("Authentik reports %d %s and sent %d", count, l.what, received)
	case len(rows) != count:
		return rows, fmt.Sprintf("of %d %s only %d are different ones", count, l.what, len(rows))
	}
	return rows, ""
}

func (l list[T]) page(ctx context.Context, c *Client, number int) (page[T], error) {
	k := l.call
	k.query = url.Values{}
	for name, values := range l.call.query {
		k.query[name] = values
	}
	k.query.Set("page", strconv.Itoa(number))
	k.query.Set("page_size", strconv.Itoa(c.cfg.PageSize))
	k.limit = listLimit
	body, err := c.get(ctx, k)
	if err != nil {
		return page[T]{}, err
	}
	var p page[T]
	if err := decode(k, body, &p); err != nil {
		return page[T]{}, err
	}
	if p.Pagination == nil || p.Results == nil {
		return page[T]{}, notAPI(k, errors.New("pagination or results are missing"))
	}
	for i, row := range *p.Results {
		if _, ok := l.key(row); !ok {
			return page[T]{}, notAPI(k, fmt.Errorf("row %d has no key", i+1))
		}
	}
	return p, nil
}
