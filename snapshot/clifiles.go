package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/canreach/canreach/internal/jsonscan"
)

// Limits of a directory: generous for an organization's outputs, and small
// enough that a hostile directory ends.
const (
	maxFiles     = 200_000
	maxPathParts = 32
)

// cliFile is one file of a directory of AWS CLI outputs.
type cliFile struct {
	path    string // slash-separated, below the directory
	dir     string
	name    string // file name without its extension
	data    []byte
	isError bool // NAME.err: what the CLI printed on standard error
	isRest  bool // what follows the first document of a file
	plain   bool // a name that does not say JSON: what is not JSON is passed over
	// Where the document begins in a file that holds several: lines and
	// characters before it.
	startLine, startColumn int
	account                string
	region                 string
	hints                  hints
	keys                   []string // of the top-level object, in the file's order
	values                 map[string]span
}

// position returns where an offset of the document stands in its file.
func (f *cliFile) position(offset int) jsonscan.Position {
	pos := jsonscan.Locate(f.data, offset)
	if pos.Line == 1 {
		pos.Column += f.startColumn
	}
	pos.Line += f.startLine
	return pos
}

// problem is an error at an offset of the document.
func (f *cliFile) problem(offset int, hint, format string, args ...any) *LoadError {
	pos := f.position(offset)
	return &LoadError{File: f.path, At: At(pos.Pointer), Line: pos.Line, Column: pos.Column, Problem: fmt.Sprintf(format, args...), Hint: hint}
}

// value returns a top-level member's text; nil where there is none or it is null.
func (f *cliFile) value(key string) []byte {
	s, ok := f.values[key]
	if !ok || string(s.of(f.data)) == "null" {
		return nil
	}
	return s.of(f.data)
}

func (f *cliFile) has(key string) bool { _, ok := f.values[key]; return ok }

// kind returns the kind of a top-level member.
func (f *cliFile) kind(key string) jsonscan.Kind {
	s, ok := f.values[key]
	if !ok {
		return jsonscan.None
	}
	return jsonscan.At(f.data, s.start).Peek()
}

// text returns a top-level member that is a string, or "".
func (f *cliFile) text(key string) string {
	if f.kind(key) != jsonscan.String {
		return ""
	}
	return jsonscan.At(f.data, f.values[key].start).Text()
}

// parts returns the path's folders and the dotted parts of the name, in order.
func (f *cliFile) parts() []string {
	var out []string
	if f.dir != "." {
		out = strings.Split(f.dir, "/")
	}
	return append(out, strings.Split(f.name, ".")...)
}

// says tells whether one of the words stands in the path, set apart by
// anything but letters and digits, below the folders of accounts and regions.
func (f *cliFile) says(words ...string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(f.path), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if slices.Contains(words, w) {
			return true
		}
	}
	return false
}

// below tells whether a folder of that name is on the path, and returns the
// part after it.
func (f *cliFile) below(folder string) (next string, ok bool) {
	dirs := strings.Split(f.dir, "/")
	for i := len(dirs) - 1; i >= 0; i-- {
		if dirs[i] != folder {
			continue
		}
		if i+1 < len(dirs) {
			next = dirs[i+1]
		}
		return next, true
	}
	return "", false
}

// subject returns what a file is about where its content does not say: the
// rest of its name after the command, the folder that it is in, or its name
// where the folder is named like the command.
func (f *cliFile) subject(command string) string {
	if rest, ok := strings.CutPrefix(f.name, command); ok {
		if rest = strings.TrimLeft(rest, ".-_ "); rest != "" {
			return rest
		}
	}
	dir := path.Base(f.dir)
	if dir == command { // list-attached-role-policies/ROLE.json
		return f.name
	}
	if dir == "." || isAccountID(dir) || isRegion(dir) || slices.Contains(plainFolders, dir) {
		return ""
	}
	return dir
}

// plainFolders are folder names that name no resource.
var plainFolders = []string{"iam", "s3", "s3control", "ec2", "kms", "organizations", "sagemaker", "route53", "route53resolver", "route53profiles",
	"lambda", "sts", "roles", "policies", "role", "policy", "aws", "aws_configs", "accounts", "regions", "access-points"}

// id returns the id that begins with prefix in the last part of the path that
// has one.
func (f *cliFile) id(prefix string) string {
	parts := f.parts()
	for i := len(parts) - 1; i >= 0; i-- {
		part := parts[i]
		for j := strings.Index(part, prefix); j >= 0; {
			id := part[j:]
			if end := strings.IndexFunc(id, notOfID); end >= 0 {
				id = id[:end]
			}
			if (j == 0 || strings.ContainsAny(part[j-1:j], "._-= ")) && len(id) > len(prefix) {
				return id
			}
			next := strings.Index(part[j+1:], prefix)
			if next < 0 {
				break
			}
			j += 1 + next
		}
	}
	return ""
}

func notOfID(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// isRegion tells whether t looks like a region's name: us-east-1,
// us-gov-west-1, us-isob-east-1, eusc-de-east-1.
func isRegion(t string) bool {
	words := strings.Split(t, "-")
	n := len(words)
	if n < 3 || n > 4 || len(words[0]) != 2 && words[0] != "eusc" || strings.Trim(words[0], "abcdefghijklmnopqrstuvwxyz") != "" {
		return false
	}
	switch words[n-2] {
	case "east", "west", "north", "south", "central", "northeast", "northwest", "southeast", "southwest":
	default:
		return false
	}
	if n == 4 && words[1] != "gov" && words[1] != "de" && !strings.HasPrefix(words[1], "iso") {
		return false
	}
	return len(words[n-1]) == 1 && words[n-1] >= "1" && words[n-1] <= "9"
}

// fileClass says what a file's name tells of its contents.
type fileClass uint8

const (
	ignored       fileClass = iota
	jsonOutput              // .json
	errorOutput             // .err
	perhapsOutput           // no extension, or one of plain text
)

// classOf looks at a file's name. Why is a warning for one that is passed over.
func classOf(p string) (class fileClass, why string) {
	base := strings.ToLower(path.Base(p))
	if strings.HasPrefix(base, "readme") || strings.HasPrefix(base, "license") {
		return ignored, ""
	}
	switch strings.ToLower(extensionOf(p)) {
	case ".json":
		return jsonOutput, ""
	case ".err":
		return errorOutput, ""
	case "", ".txt", ".text", ".out", ".jsonl", ".ndjson":
		return perhapsOutput, ""
	case ".yaml", ".yml":
		return ignored, "YAML is not read in a directory: save the output with --output json"
	case ".gz", ".zst", ".zip", ".tar", ".tgz":
		return ignored, "compressed files in a directory are not read: decompress it"
	}
	return ignored, ""
}

// knownExtensions are endings of file names that are no part of a resource's
// name, as that of get-role.Neo or get-managed-prefix-list-entries.pl-1 is.
var knownExtensions = strings.Fields(".json .err .txt .text .out .jsonl .ndjson .yaml .yml .gz .zst .zip .tar .tgz " +
	".md .sh .ps1 .py .csv .log .html .tf .tfstate .js .ts .go .png .svg .pdf .dot .mmd .sha256 .lock .toml .ini .cfg .bak .swp")

func extensionOf(p string) string {
	if ext := path.Ext(p); slices.Contains(knownExtensions, strings.ToLower(ext)) {
		return ext
	}
	return ""
}

// UTF8 decodes what is UTF-16, which Windows PowerShell's > writes. Without the mark at
// its beginning, JSON is told by the zero byte beside its first character.
func UTF8(data []byte) []byte {
	var order binary.ByteOrder
	from := 2
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	case len(data) > 2 && data[0] == '{' && data[1] == 0:
		order, from = binary.LittleEndian, 0
	case len(data) > 2 && data[0] == 0 && data[1] == '{':
		order, from = binary.BigEndian, 0
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := from; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// readFiles reads every file below the root of fsys that may hold an output,
// in order of path. Folders and files whose name begins with a dot are left out.
func readFiles(fsys fs.FS, limit int64) (files []*cliFile, warnings []Warning, errs []*LoadError) {
	if limit == 0 {
		limit = maxInput
	}
	total := int64(0)
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			errs = append(errs, fileError(p, err))
			return nil
		case p != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case strings.Count(p, "/") >= maxPathParts:
			return fmt.Errorf("%s: folders nested deeper than %d levels", p, maxPathParts)
		case d.IsDir():
			return nil
		}
		class, why := classOf(p)
		if why != "" {
			warnings = append(warnings, Warning{File: p, Message: why})
		}
		if class == ignored {
			return nil
		}
		if len(files) >= maxFiles {
			return fmt.Errorf("more than %d files: too many for a snapshot", maxFiles)
		}
		data, err := readOne(fsys, p, limit-total)
		var large *SizeError
		switch {
		case errors.As(err, &large):
			return fmt.Errorf("%s: with the files before it %w", p, &SizeError{Limit: limit})
		case err != nil:
			errs = append(errs, fileError(p, err))
			return nil
		}
		if data == nil {
			warnings = append(warnings, Warning{File: p, Message: "a link to a folder: not followed"})
			return nil
		}
		total += int64(len(data))
		f := &cliFile{path: p, dir: path.Dir(p), data: UTF8(data), isError: class == errorOutput, plain: class == perhapsOutput}
		f.name = strings.TrimSuffix(path.Base(p), extensionOf(p))
		files = append(files, f)
		return nil
	})
	if err != nil {
		errs = append(errs, &LoadError{Problem: err.Error()})
	}
	return files, warnings, errs
}

func fileError(p string, err error) *LoadError {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	e := &LoadError{File: p, Problem: "cannot be read", Err: err}
	if strings.Contains(err.Error(), "escapes") {
		e.Problem, e.Err, e.Hint = "a link that leaves the directory: refused", nil, "copy the file into the directory"
	}
	return e
}

// readOne reads a regular file, or one that a link inside the directory leads
// to. Nil without an error is a link to a folder.
func readOne(fsys fs.FS, p string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, p) // before opening: a FIFO would wait for its writer
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, nil
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > limit:
		return nil, &SizeError{Limit: limit}
	}
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, info.Size(), info.Size()+1)
	n, err := io.ReadFull(f, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return buf[:n:n], nil
}

// openDirectory opens dir so that no link leads out of it.
func openDirectory(dir string) (fs.FS, io.Closer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	return root.FS(), root, nil
}

// document notes where the members of the top-level object stand, and returns
// the rest of the file: commands that were run page by page append one document
// to the other. The whole text is checked, duplicate keys included, as it will
// be part of a record.
func (f *cliFile) document() (rest *cliFile, problem *LoadError) {
	s := jsonscan.At(f.data, 0)
	if !f.isRest { // checks the whole text
		s = jsonscan.New(f.data)
	}
	s.Thorough = true
	kind := s.Peek()
	if kind == jsonscan.Object {
		f.values = map[string]span{}
		for ok := s.EnterObject(); ok && s.NextKey(); {
			key := s.Key()
			s.Peek()
			start := s.Offset()
			s.Skip()
			f.keys = append(f.keys, key)
			f.values[key] = span{start, s.Offset()}
		}
	} else {
		s.Skip()
		f.keys = []string{"(" + strings.TrimPrefix(strings.TrimPrefix(kind.String(), "an "), "a ") + ")"}
	}
	end := s.Offset()
	if s.Err() == nil && kind == jsonscan.Object &&
		bytes.HasPrefix(bytes.TrimLeft(f.data[end:], jsonSpace), []byte("{")) {
		pos := f.position(end)
		rest = &cliFile{path: f.path, dir: f.dir, name: f.name, data: f.data[end:], plain: f.plain, isRest: true,
			startLine: pos.Line - 1, startColumn: pos.Column - 1, account: f.account, region: f.region}
		f.data = f.data[:end]
		return rest, nil
	}
	s.End()
	if e := s.Err(); e != nil {
		return nil, f.problem(e.Offset, "is it the output of aws … --output json?", "%s", e.Problem)
	}
	return nil, nil
}

// jsonSpace is what JSON takes for white space (RFC 8259, section 2).
const jsonSpace = " \t\r\n"
