package rommtest

import (
	"strings"
)

// heartbeat is GET /api/heartbeat: the recorded body with the seed's values.
// What stands beside SYSTEM, FRONTEND and OIDC is as in an empty library.
func (s *Server) heartbeat(*request) *answer {
	oidc := map[string]any{"ENABLED": s.seed.OIDCEnabled, "PROVIDER": s.seed.Provider}
	if s.version.AtLeast(4, 7, 0) {
		oidc["AUTOLOGIN"] = s.seed.Autologin
	}
	if s.version.AtLeast(4, 8, 0) {
		oidc["RP_INITIATED_LOGOUT"] = s.seed.RPLogout
	}
	sources := map[string]any{"ANY_SOURCE_ENABLED": true, "LIBRETRO_API_ENABLED": true, "SS_DEV_CREDENTIALS_SET": false}
	for _, name := range strings.Fields("IGDB SS MOBY STEAMGRIDDB RA LAUNCHBOX HASHEOUS PLAYMATCH TGDB FLASHPOINT HLTB") {
		sources[name+"_API_ENABLED"] = false
	}
	return ok(map[string]any{
		"SYSTEM":           map[string]any{"VERSION": s.seed.Version, "SHOW_SETUP_WIZARD": s.store.admins == 0},
		"METADATA_SOURCES": sources,
		"FILESYSTEM":       map[string]any{"FS_PLATFORMS": []string{}},
		"EMULATION":        map[string]any{"DISABLE_EMULATOR_JS": false, "DISABLE_RUFFLE_RS": false},
		"FRONTEND": map[string]any{
			"DISABLE_USERPASS_LOGIN": s.seed.HidePassword, "DISABLE_LOGS_VIEWER": false,
			"YOUTUBE_BASE_URL": "https://www.youtube.com",
		},
		"OIDC": oidc,
		"TASKS": map[string]any{
			"ENABLE_SCHEDULED_RESCAN": false, "SCHEDULED_RESCAN_CRON": "0 3 * * *",
			"ENABLE_SCHEDULED_UPDATE_SWITCH_TITLEDB": false, "SCHEDULED_UPDATE_SWITCH_TITLEDB_CRON": "0 4 * * *",
			"ENABLE_SCHEDULED_UPDATE_LAUNCHBOX_METADATA": false, "SCHEDULED_UPDATE_LAUNCHBOX_METADATA_CRON": "0 4 * * *",
			"ENABLE_SCHEDULED_CONVERT_IMAGES_TO_WEBP": false, "SCHEDULED_CONVERT_IMAGES_TO_WEBP_CRON": "0 4 * * *",
		},
	})
}

// openapi is GET /openapi.json, reduced to what a client probes: title,
// version and which paths and methods there are. Paths that the fake refuses
// with 501 are listed, too: RomM has them.
func (s *Server) openapi(*request) *answer {
	paths := map[string]map[string]any{}
	add := func(path, method string) {
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(method)] = map[string]any{}
	}
	for _, r := range s.routes {
		if path, isAPI := strings.CutPrefix(r.path, "/api/"); isAPI {
			name := "{id}"
			for prefix, own := range map[string]string{
				"client-tokens/pair/": "{code}", "client-tokens/{}": "{token_id}", "permissions/users/": "{user_id}",
				"heartbeat/metadata/": "{source}",
			} {
				if strings.HasPrefix(path, prefix) {
					name = own
				}
			}
			add("/api/"+strings.ReplaceAll(path, "{}", name), r.method)
		}
	}
	return ok(map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "RomM API", "version": s.seed.Version},
		"paths":   paths,
	})
}
