package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// face are the packages that programs of other modules use (docs/guide-go.md).
var face = []string{"snapshot", "sim", "sim/finding", "sim/change", "sim/reachtest", "rules", "rules/packetset", "rules/policy", "rules/policy/symbolic"}

// Nothing that another module sees has a type that it cannot name.
func TestTheFaceHoldsNoInternalTypes(t *testing.T) {
	seen := 0
	for _, dir := range face {
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			seen += lookAtFace(t, fset, f)
		}
	}
	if seen == 0 {
		t.Fatal("nothing was looked at")
	}
}

// lookAtFace counts the types of other packages in a file's exported
// declarations, and refuses internal ones.
func lookAtFace(t *testing.T, fset *token.FileSet, f *ast.File) (seen int) {
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
			switch n := n.(type) {
			case *ast.ValueSpec:
				n.Values = nil // an exported variable's type counts, not how it is made
			case *ast.TypeSpec:
				return !n.Assign.IsValid() // an alias is the name that it needs
			case *ast.SelectorExpr:
				seen++
				if x, ok := n.X.(*ast.Ident); ok && hidden[x.Name] {
					t.Errorf("%s: %s.%s is internal", fset.Position(n.Pos()), x.Name, n.Sel.Name)
				}
			}
			return true
		})
	}
	return seen
}
