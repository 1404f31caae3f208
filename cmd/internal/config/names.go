package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// kind is what a name of the file takes.
type kind int

const (
	aText    kind = iota
	aPath         // of a file; from the folder of the configuration file if it is relative
	aBoolean      // true or false
	aNumber       // in quotes or not
	aSecret       // refused: a secret does not stand in the file
)

// name is one name of the file: what it takes, and the variable that it stands
// for; "" for those that only the file and flags have.
type name struct {
	kind     kind
	variable string
}

// names are all names of the file, but for those of the table keys.
func names() map[string]name {
	return map[string]name{
		"db":                          {aPath, "ROMM_ADMIN_DB"},
		"theme":                       {aText, ""},
		"linear":                      {aBoolean, ""},
		"mouse":                       {aBoolean, ""},
		"every":                       {aText, ""},
		"authentik.url":               {aText, "AUTHENTIK_URL"},
		"authentik.token":             {aSecret, "AUTHENTIK_TOKEN"},
		"authentik.token_file":        {aPath, "AUTHENTIK_TOKEN_FILE"},
		"romm.url":                    {aText, "ROMM_BASE_URL"},
		"romm.token":                  {aSecret, "ROMM_TOKEN"},
		"romm.token_file":             {aPath, "ROMM_TOKEN_FILE"},
		"romm.username":               {aText, "ROMM_USERNAME"},
		"romm.password":               {aSecret, "ROMM_PASSWORD"},
		"romm.password_file":          {aPath, "ROMM_PASSWORD_FILE"},
		"romm.allow_http":             {aBoolean, "ROMM_ALLOW_HTTP"},
		"romm.db_driver":              {aText, "ROMM_DB_DRIVER"},
		"romm.db_collation":           {aText, "ROMM_DB_COLLATION"},
		"romm.db_host":                {aText, "DB_HOST"},
		"romm.db_port":                {aNumber, "DB_PORT"},
		"romm.db_name":                {aText, "DB_NAME"},
		"romm.db_user":                {aText, "DB_USER"},
		"romm.db_passwd":              {aSecret, "DB_PASSWD"},
		"romm.db_passwd_file":         {aPath, "DB_PASSWD_FILE"},
		"romm.db_query_json":          {aText, "DB_QUERY_JSON"},
		"romm.db_dsn":                 {aSecret, "ROMM_DB_DSN"},
		"romm.db_dsn_file":            {aPath, "ROMM_DB_DSN_FILE"},
		"romm.db_write":               {aBoolean, "ROMM_DB_WRITE"},
		"oidc.enabled":                {aBoolean, "OIDC_ENABLED"},
		"oidc.client_id":              {aText, "OIDC_CLIENT_ID"},
		"oidc.client_secret":          {aSecret, "OIDC_CLIENT_SECRET"},
		"oidc.client_secret_file":     {aPath, "OIDC_CLIENT_SECRET_FILE"},
		"oidc.server_application_url": {aText, "OIDC_SERVER_APPLICATION_URL"},
		"oidc.server_metadata_url":    {aText, "OIDC_SERVER_METADATA_URL"},
		"oidc.tls_cacertfile":         {aPath, "OIDC_TLS_CACERTFILE"},
		"oidc.claim_roles":            {aText, "OIDC_CLAIM_ROLES"},
		"oidc.role_admin":             {aText, "OIDC_ROLE_ADMIN"},
		"oidc.role_editor":            {aText, "OIDC_ROLE_EDITOR"},
		"oidc.role_viewer":            {aText, "OIDC_ROLE_VIEWER"},
		"oidc.allow_registration":     {aBoolean, "OIDC_ALLOW_REGISTRATION"},
		"oidc.username_attribute":     {aText, "OIDC_USERNAME_ATTRIBUTE"},
	}
}

// keysTable holds the keys of actions, by their ids.
const keysTable = "keys"

// tables are the other tables of the file.
func tables() []string { return []string{"authentik", "romm", "oidc"} }

// unknownName says what an unknown name may have been meant to be.
func unknownName(dotted string) string {
	all := names()
	for n, x := range all {
		if x.variable != "" && strings.EqualFold(dotted, x.variable) {
			if x.kind == aSecret {
				n += "_file"
			}
			return fmt.Sprintf("the variable %s is called %s here", x.variable, n)
		}
	}
	known := slices.Sorted(maps.Keys(all))
	known = slices.DeleteFunc(known, func(n string) bool { return all[n].kind == aSecret })
	return "nothing is called " + model.Clean(dotted) + Meant(dotted, append(known, keysTable))
}

// Meant offers the known word that is nearest to one that is not known, as the
// end of a sentence; "" when none is near.
func Meant(word string, known []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance counts the letters that have to be added, dropped, replaced or
// swapped with their neighbour to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, last, now := rows[0], rows[1], rows[2]
		now[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		rows = [3][]int{last, now, before}
	}
	return rows[1][len(y)]
}
