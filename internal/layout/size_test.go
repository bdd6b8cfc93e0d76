package layout

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Functions, files and types stay small enough to be read at once.
const (
	maxFunctionLines = 60
	maxFileLines     = 450
	maxMethods       = 60
)

func TestFunctionsAndFilesStaySmall(t *testing.T) {
	files := 0
	methods := map[string]int{}
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
					if fn.Recv != nil {
						methods[filepath.Dir(path)+" "+strings.TrimPrefix(types.ExprString(fn.Recv.List[0].Type), "*")]++
					}
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
	for of, n := range methods {
		if n > maxMethods {
			t.Errorf("%s has %d methods; at most %d", of, n, maxMethods)
		}
	}
	if files < 300 || len(methods) < 30 {
		t.Fatalf("only %d files were looked at", files)
	}
}
