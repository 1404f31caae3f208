package admin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newSetupEnv(g *globals) *cobra.Command {
	var format, out string
	var secret bool
	cmd := &cobra.Command{
		Use: "env", Short: "Print what RomM has to be started with", Args: cli.NoArgs,
		Long: "Prints the OIDC variables for RomM, as a list for a compose file, as lines of an env file, or for a\n" +
			"shell. The client secret is hidden unless --secret is given. With --out they go, secret and all, into\n" +
			"a new file that only you may read.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, ok := map[string]func(io.Writer, []variable) error{"compose": writeCompose, "env": writeEnv, "shell": writeShell}[format]
			if !ok {
				return cli.Usagef("use compose, env or shell", "--format %s is no format", model.Clean(format))
			}
			return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
				value, err := s.ClientSecret(cmd.Context(), r)
				if err != nil {
					return err
				}
				warning, err := plan.GuardPrinted(r)
				if err != nil {
					return err
				}
				if warning != "" {
					note(cmd, "careful: %s", warning)
				}
				if !secret && out == "" {
					note(cmd, "the client secret is hidden; --secret prints it, --out FILE writes it into a file")
				}
				list := s.rommVariables(r, value, secret || out != "")
				if err := checkVariables(list); err != nil {
					return err
				}
				if out == "" {
					return write(cmd.OutOrStdout(), list)
				}
				if err := writePrivate(out, func(w io.Writer) error { return write(w, list) }); err != nil {
					return err
				}
				note(cmd, "written: %s", model.Clean(out))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "compose", "compose, env or shell")
	cmd.Flags().StringVar(&out, "out", "", "write them, with the client secret, into this new file")
	cmd.Flags().BoolVar(&secret, "secret", false, "print the client secret too")
	return cmd
}

// writePrivate makes a file of mode 0600, whole or not at all, and never in the
// place of another one (S32).
func writePrivate(path string, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil && model.CodeOf(err) != model.CodeInvalid {
			err = &model.Error{
				Code: model.CodeInvalid, Op: "write " + model.Clean(path), Msg: "it was not written", Err: err,
				Hint: "name a file that is not there yet, in a folder that you may write to",
			}
		}
	}()
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	if err := errors.Join(write(tmp), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), path) // unlike a rename it replaces nothing
}

type variable struct{ name, value string }

// hidden is printed in place of the client secret unless --secret is given.
const hidden = "********"

// rommVariables are RomM's OIDC variables as they fit Authentik. What RomM is
// started with already, such as its words for the roles, stays.
func (s *session) rommVariables(r *model.Review, secret model.Secret, show bool) []variable {
	shown := hidden
	if show {
		shown = secret.Reveal()
	}
	set := plan.AsPrinted(r.World).Settings
	application := s.applicationURL(r.World)
	out := []variable{
		{"OIDC_ENABLED", "true"},
		{"OIDC_PROVIDER", "authentik"},
		{"OIDC_CLIENT_ID", r.World.Setup.Provider.ClientID},
		{"OIDC_CLIENT_SECRET", shown},
		{"OIDC_REDIRECT_URI", s.Settings.Callback()},
		{model.VarApplicationURL, application},
		{"ROMM_BASE_URL", s.rommURL},
		{"OIDC_CLAIM_ROLES", set.ClaimRoles},
		{"OIDC_ROLE_ADMIN", set.RoleAdmin},
		{"OIDC_ROLE_EDITOR", set.RoleEditor},
		{"OIDC_ROLE_VIEWER", set.RoleViewer},
	}
	if r.World.Settings.MetadataURL != "" { // what RomM is started with counts before the application URL
		out = append(out, variable{model.VarMetadataURL, model.DiscoveryOf(application)})
	}
	if !set.AllowRegistration { // without it RomM registers everybody
		out = append(out, variable{"OIDC_ALLOW_REGISTRATION", "false"})
	}
	if set.UsernameAttribute != "" {
		out = append(out, variable{"OIDC_USERNAME_ATTRIBUTE", set.UsernameAttribute})
	}
	return out
}

// applicationURL is the address of RomM's application, under the address by which
// RomM reaches Authentik already, as far as that is known and no hazard.
func (s *session) applicationURL(w model.World) string {
	slug := w.Setup.Slug
	if app := w.Setup.Application; app != nil {
		slug = app.Slug
	}
	root := s.authentikURL
	address, _ := w.Settings.Discovery()
	if own := model.AuthentikRoot(address); own != "" && !model.Unprotected(own) {
		root = own
	}
	return model.ApplicationURL(root, slug)
}

// checkVariables refuses values that a terminal, or a file of lines, would not
// show as they are (S30): some of them come from Authentik.
func checkVariables(list []variable) error {
	for _, v := range list {
		if model.Clean(v.value) != v.value {
			return &model.Error{
				Code: model.CodeInvalid, Msg: "the value of " + v.name + " has characters in it that cannot be printed",
				Hint: "look at it in Authentik, and give it a value of plain letters and digits",
			}
		}
	}
	return nil
}

// writeCompose writes the list form of a compose file. A whole entry is
// quoted: quotes around the value alone become part of it. Compose would
// replace $ by variables of its own.
func writeCompose(w io.Writer, list []variable) error {
	var b strings.Builder
	b.WriteString("    environment:\n")
	for _, v := range list {
		entry := strings.ReplaceAll(v.name+"="+v.value, "$", "$$")
		fmt.Fprintf(&b, "      - '%s'\n", strings.ReplaceAll(entry, "'", "''"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeEnv writes lines that both `docker run --env-file`, which takes values
// as they are, and compose's env_file read alike; a value for which the two
// differ is refused.
func writeEnv(w io.Writer, list []variable) error {
	var b strings.Builder
	for _, v := range list {
		if strings.ContainsAny(v.value, " \t\r\n'\"\\$#") {
			return &model.Error{
				Code: model.CodeInvalid, Msg: "the value of " + v.name + " cannot be written in an env file: programs read it differently",
				Hint: "use --format compose or shell, or choose a value of letters, digits and - . _ : /",
			}
		}
		fmt.Fprintf(&b, "%s=%s\n", v.name, v.value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeShell(w io.Writer, list []variable) error {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, "export %s='%s'\n", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
