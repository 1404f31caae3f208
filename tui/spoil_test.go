package tui_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// fill makes every text of a value that has none "x": nil pointers get
// something to point at, empty lists and maps one element. So no field is left
// out of what spoil does, those that are added later included.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() == 0 {
			v.SetString("x")
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(f, depth+1)
			}
		}
	case reflect.Pointer:
		if v.IsNil() && depth < 9 {
			v.Set(reflect.New(v.Type().Elem()))
		}
		if !v.IsNil() {
			fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if v.Len() == 0 && depth < 9 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		if v.Len() == 0 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, depth+1)
			fill(value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Interface:
		if v.IsNil() && v.NumMethod() == 0 {
			v.Set(reflect.ValueOf("x"))
		}
	default:
	}
}

// spoil appends p to every text of a value and counts them. Equal texts stay
// equal, so that groups are found again; kinds alone keep their values unless
// all is true, since most screens show nothing of what is of no known kind.
func spoil(v reflect.Value, p string, all bool) int {
	n := 0
	switch v.Kind() {
	case reflect.String:
		name := v.Type().Name()
		if kind := name != "string" && name != "Untrusted" && name != "GroupID"; !kind || all {
			v.SetString(v.String() + p)
			n++
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && f.Type() != reflect.TypeFor[time.Time]() {
				n += spoil(f, p, all)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			n += spoil(v.Elem(), p, all)
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += spoil(v.Index(i), p, all)
		}
	case reflect.Map:
		spoiled := reflect.MakeMap(v.Type())
		for _, k := range v.MapKeys() {
			key, value := reflect.New(k.Type()).Elem(), reflect.New(v.Type().Elem()).Elem()
			key.Set(k)
			value.Set(v.MapIndex(k))
			n += spoil(key, p, all) + spoil(value, p, all)
			spoiled.SetMapIndex(key, value)
		}
		v.Set(spoiled)
	case reflect.Interface:
		if text, ok := v.Interface().(string); ok {
			v.Set(reflect.ValueOf(text + p))
			n++
		}
	default:
	}
	return n
}

// spoiled is a console in whose world, journal and token every text ends in p.
func spoiled(p string, all bool) (*tuitest.Console, int) {
	w := tuitest.World()
	fill(reflect.ValueOf(&w).Elem(), 0)
	w.Settings, w.Provider.Verified = tuitest.World().Settings, tuitest.World().Provider.Verified // RomM's own variables
	w.Directory.Incomplete, w.WriteWarning = "", "a warning"
	n := spoil(reflect.ValueOf(&w).Elem(), p, all)
	entries, cut := tuitest.Past()
	for i := range entries {
		fill(reflect.ValueOf(&entries[i]).Elem(), 0)
	}
	fill(reflect.ValueOf(&cut).Elem(), 0)
	n += spoil(reflect.ValueOf(&entries).Elem(), p, all) + spoil(reflect.ValueOf(&cut).Elem(), p, all)
	var token model.Access
	fill(reflect.ValueOf(&token).Elem(), 0)
	n += spoil(reflect.ValueOf(&token).Elem(), p, all)
	c := tuitest.NewConsole(w)
	c.Journal(entries, cut)
	c.Allow(token, nil)
	return c, n
}

// proves S30: whatever text of the world, the journal and the token holds a
// payload, in any field, no view that any action opens lets it through.
// ROMM_ADMIN_STORM=1 opens every view for each payload, instead of a sample.
func TestHostileTextInEveryField(t *testing.T) {
	t.Parallel()
	views, step := openings(t), 61
	if os.Getenv("ROMM_ADMIN_STORM") != "" {
		step = 1
	}
	var fields, frames atomic.Int64
	t.Run("payloads", func(t *testing.T) {
		for i, p := range payloads() {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for n, all := range []bool{false, true} {
					texts, drawn := everyView(t, p, all, views, (2*i+n)%step, step, []int{80, 120}[i%2], []int{24, 40}[i%2])
					fields.Store(int64(texts))
					frames.Add(int64(drawn))
				}
			})
		}
	})
	t.Logf("%d payloads in each of %d texts, %d frames", len(payloads()), fields.Load(), frames.Load())
	if fields.Load() < 250 {
		t.Errorf("only %d texts", fields.Load())
	}
}

// everyView opens every step-th of the views for one payload, from the view
// first on, and goes on in each; it returns in how many texts the payload is,
// and how many frames it looked at.
func everyView(t *testing.T, p string, all bool, views [][]string, first, step, width, height int) (texts, frames int) {
	t.Helper()
	c, texts := spoiled(p, all)
	look := checker{}
	look.check(t, tuitest.New(t, c, tuitest.Size(width, height)), width, height)
	for j := first; j < len(views); j += step {
		d := tuitest.New(t, c, tuitest.Size(width, height))
		for _, key := range slices.Concat(views[j], []string{"down", "enter", "tab", "enter", "esc"}) {
			look.check(t, d.Press(key), width, height)
			frames++
		}
	}
	return texts, frames
}

// TestFillLeavesNothingOut: spoil reaches every text there is in a world.
func TestFillLeavesNothingOut(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	fill(reflect.ValueOf(&w).Elem(), 0)
	spoil(reflect.ValueOf(&w).Elem(), "\a", true)
	var look func(v reflect.Value, path string)
	look = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.String:
			if !strings.HasSuffix(v.String(), "\a") {
				t.Errorf("%s is %q", path, v.String())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() && v.Field(i).Type() != reflect.TypeFor[time.Time]() {
					look(v.Field(i), path+"."+v.Type().Field(i).Name)
				}
			}
		case reflect.Pointer, reflect.Interface:
			if v.Kind() == reflect.Interface && v.Type().NumMethod() > 0 {
				return // code, not text
			}
			if v.IsNil() {
				t.Errorf("%s is nil", path)
				return
			}
			look(v.Elem(), path)
		case reflect.Slice:
			if v.Len() == 0 {
				t.Errorf("%s is empty", path)
			}
			for i := range v.Len() {
				look(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				look(k, path+" key")
				look(v.MapIndex(k), path+"["+k.String()+"]")
			}
		default:
		}
	}
	look(reflect.ValueOf(&w).Elem(), "World")
}
