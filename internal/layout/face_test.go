package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// face are the packages that programs of other modules use (docs/guide-go.md).
var face = []string{"snapshot", "sim", "sim/finding", "sim/change", "sim/reachtest", "rules/policy", "rules/policy/symbolic"}

// Nothing that another module sees has a type that it cannot name.
func TestTheFaceHoldsNoInternalTypes(t *testing.T) {
	seen := 0
	for _, dir := range face {
		fset := token.NewFileSet()
		pkgs, err := parser.ParseDir(fset, filepath.Join("..", "..", dir), func(i fs.FileInfo) bool { return !strings.HasSuffix(i.Name(), "_test.go") }, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pkgs {
			for _, f := range p.Files {
				hidden := map[string]bool{}
				for _, i := range f.Imports {
					if path, _ := strconv.Unquote(i.Path.Value); strings.Contains(path, "/internal/") {
						hidden[filepath.Base(path)] = true
					}
				}
				ast.FileExports(f)
				for _, d := range f.Decls {
					if fn, ok := d.(*ast.FuncDecl); ok {
						fn.Body = nil
					}
					ast.Inspect(d, func(n ast.Node) bool {
						if v, ok := n.(*ast.ValueSpec); ok {
							v.Values = nil // an exported variable's type counts, not how it is made
						}
						s, ok := n.(*ast.SelectorExpr)
						if !ok {
							return true
						}
						seen++
						if x, ok := s.X.(*ast.Ident); ok && hidden[x.Name] {
							t.Errorf("%s: %s.%s is internal", fset.Position(s.Pos()), x.Name, s.Sel.Name)
						}
						return true
					})
				}
			}
		}
	}
	if seen == 0 {
		t.Fatal("nothing was looked at")
	}
}
