package layout

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Functions and files stay small enough to be read at once.
const (
	maxFunctionLines = 60
	maxFileLines     = 450
)

func TestFunctionsAndFilesStaySmall(t *testing.T) {
	files := 0
	for _, top := range []string{"cmd", "internal", "rules", "sim", "snapshot"} {
		err := filepath.WalkDir(filepath.Join("..", "..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testkit") {
				return err
			}
			files++
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if n := bytes.Count(text, []byte("\n")); n > maxFileLines {
				t.Errorf("%s has %d lines; at most %d", path, n, maxFileLines)
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > maxFunctionLines {
						t.Errorf("%s: %s has %d lines; at most %d", path, fn.Name.Name, n, maxFunctionLines)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 300 {
		t.Fatalf("only %d files were looked at", files)
	}
}
