// Package authentik reads an Authentik server: people, groups, the OAuth2
// provider that RomM uses, and the claims that its next ID tokens will carry.
//
// One code base reads 2024.12 to 2026.8. Base URL, headers and HTTP client come
// from the official Go module's Configuration; its response models do not,
// because they fail on every server older than themselves
// (docs/authentik.md 5). Answers are decoded into small structs that name only
// the keys that are needed.
//
// The package also holds the expressions that romm-admin installs as scope
// mappings, and recognises those that it can predict without asking.
package authentik
