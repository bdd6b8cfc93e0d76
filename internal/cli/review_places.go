package cli

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot/plan"
)

// written is where a resource is written.
type written struct {
	file string
	line int
}

// writtenAt finds where resources are written: in a template by its own
// positions, in Terraform's files by their headings.
func (f *reviewFlags) writtenAt(plans []*plan.Plan) func(address string) written {
	var terraform map[string][]written
	return func(address string) written {
		for i, p := range plans {
			if line := p.Line(address); line > 0 {
				return written{f.plan.files[i], line}
			}
		}
		if terraform == nil {
			terraform = terraformLines(f.terraformDir())
		}
		if at := terraform[localName(address)]; len(at) == 1 {
			return at[0]
		}
		return written{} // nowhere, or in several modules
	}
}

func (f *reviewFlags) terraformDir() string {
	if f.sources != "" || !f.plan.given() || f.plan.files[0] == "-" {
		return f.sources
	}
	return filepath.Dir(f.plan.files[0])
}

var keyPart = regexp.MustCompile(`\[[^\]]*\]`)

// localName is the type and name of a Terraform address, without modules and keys.
func localName(address string) string {
	parts := strings.Split(keyPart.ReplaceAllString(address, ""), ".")
	for len(parts) > 2 && parts[0] == "module" {
		parts = parts[2:]
	}
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

// heading begins a resource in Terraform's language.
var heading = regexp.MustCompile(`^\s*resource\s+"([^"]+)"\s+"([^"]+)"`)

// maxTerraformFiles and maxTerraformDepth bound the search for .tf files.
const maxTerraformFiles, maxTerraformDepth = 5_000, 6

func terraformLines(dir string) map[string][]written {
	out := map[string][]written{}
	if dir == "" {
		return out
	}
	files := 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // what cannot be read tells no lines
		case d.IsDir() && path != dir && (strings.HasPrefix(d.Name(), ".") || strings.Count(strings.TrimPrefix(path, dir), string(filepath.Separator)) > maxTerraformDepth):
			return filepath.SkipDir
		case d.IsDir() || !d.Type().IsRegular() || filepath.Ext(path) != ".tf":
			return nil
		case files >= maxTerraformFiles:
			return filepath.SkipAll
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			if m := heading.FindStringSubmatch(lines.Text()); m != nil {
				out[m[1]+"."+m[2]] = append(out[m[1]+"."+m[2]], written{filepath.ToSlash(path), n})
			}
		}
		return nil
	})
	return out
}

// locate says of every cause which resource of the plans it is, and where that
// is written.
func locate(r *access.Review, places map[string]string, at func(string) written) {
	for _, list := range [][]access.Change{r.Lost, r.Gained, r.Opened, r.Settled} {
		for i := range list {
			for k := range list[i].Causes {
				c := &list[i].Causes[k]
				if c.Address = places[c.Component]; c.Address == "" {
					continue
				}
				w := at(c.Address)
				c.File, c.Line = w.file, w.line
			}
		}
	}
}

// first is where the first cause that has a place is written; else the file of
// the change.
func first(c *access.Change, file string) written {
	if i := slices.IndexFunc(c.Causes, func(x access.Cause) bool { return x.File != "" }); i >= 0 {
		return written{c.Causes[i].File, c.Causes[i].Line}
	}
	return written{file, 1}
}
