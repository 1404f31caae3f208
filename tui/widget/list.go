// Package widget holds the parts that screens are made of: the windowed list,
// the row writer, the input and the dialogs. Widgets are values; their
// methods return the changed copy, do no I/O and know no screen.
package widget

// List is a window on a list of any length: which row the cursor is on and
// which rows can be seen. It holds no rows, so that moving costs the same with
// a hundred and a hundred thousand of them. The zero value is an empty list.
type List struct {
	size, cursor, offset, height int
	// home is the offset before the window was resized: a window that comes
	// back to a size shows the same rows again.
	home int
}

// Resize sets the number of visible rows.
func (l List) Resize(height int) List {
	home := l.home
	l.height, l.offset = max(0, height), home
	l = l.settle()
	l.home = home
	return l
}

// Fill sets the number of rows; the cursor stays as near as it can.
func (l List) Fill(size int) List {
	l.size = max(0, size)
	return l.settle()
}

// Move moves the cursor by n rows and stops at the ends.
func (l List) Move(n int) List { return l.Goto(l.cursor + n) }

// Page moves by n windows less one row, so that a line of context stays.
func (l List) Page(n int) List { return l.Move(n * max(1, l.height-1)) }

// Goto puts the cursor on row i, or the nearest one.
func (l List) Goto(i int) List {
	l.cursor = i
	return l.settle()
}

// Point puts the cursor on the row that is drawn in that line of the window;
// where no row is it stays.
func (l List) Point(line int) List {
	if from, to := l.Window(); line < 0 || from+line >= to {
		return l
	}
	return l.Goto(l.offset + line)
}

// settle restores the invariants: cursor within the rows, window around the
// cursor, no blank rows at the end while rows are hidden at the start.
func (l List) settle() List {
	l.cursor = max(0, min(l.cursor, l.size-1))
	l.offset = min(l.offset, l.cursor)
	l.offset = max(l.offset, l.cursor-l.height+1)
	l.offset = max(0, min(l.offset, l.size-l.height))
	l.home = l.offset
	return l
}

// Len is the number of rows.
func (l List) Len() int { return l.size }

// Cursor is the cursor's row, 0 in an empty list.
func (l List) Cursor() int { return l.cursor }

// Height is the number of rows in the window.
func (l List) Height() int { return l.height }

// Line is the line of the window that the cursor is on.
func (l List) Line() int { return l.cursor - l.offset }

// Window returns the visible rows as a half-open range.
func (l List) Window() (from, to int) {
	return l.offset, min(l.size, l.offset+l.height)
}
