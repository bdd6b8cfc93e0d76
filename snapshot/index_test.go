package snapshot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIndexRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"another schema":            {`{"schema":"x","accounts":[]}`, "schema"},
		"a file elsewhere":          {`{"schema":"canreach.index/v1","accounts":[{"account":"1","file":"../a.json"}]}`, "beside the index"},
		"a hidden file":             {`{"schema":"canreach.index/v1","accounts":[{"account":"1","file":".a"}]}`, "beside the index"},
		"a path of another system":  {`{"schema":"canreach.index/v1","accounts":[{"account":"1","file":"a\\b"}]}`, "beside the index"},
		"no file":                   {`{"schema":"canreach.index/v1","accounts":[{"account":"1"}]}`, "beside the index"},
		"an account that is there":  {`{"schema":"canreach.index/v1","accounts":[{"account":"1","file":"a"},{"account":"1","file":"b"}]}`, "duplicate account"},
		"a file that is there":      {`{"schema":"canreach.index/v1","accounts":[{"account":"1","file":"a"},{"account":"2","file":"a"}]}`, "duplicate file"},
		"the organization's, again": {`{"schema":"canreach.index/v1","organization":{"file":"a"},"accounts":[{"account":"1","file":"a"}]}`, "duplicate file"},
		"no JSON":                   {`[`, "index.json"},
	} {
		path := filepath.Join(t.TempDir(), "index.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadIndex(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
