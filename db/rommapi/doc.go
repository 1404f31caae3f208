// Package rommapi reaches the local users of a real RomM over its REST API.
//
// It sends no cookies, because RomM believes a session before it looks at the
// Authorization header (docs/romm.md 1), follows no redirect to another host,
// and never repeats a write blindly. It must not decide anything about people:
// it reads what RomM says and writes what a plan says.
package rommapi
