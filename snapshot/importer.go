package snapshot

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// place is an account and a region; the region is empty for what is global.
type place struct{ account, region string }

// The order in which what waits for other files is done.
const (
	allRolesKnown    = iota // files whose path names their role
	rolesLabelled           // files that name none
	rolesComplete           // policy versions: roles tell which policies there are
	policiesLabelled        // versions that name no policy
	stages
)

// importer turns AWS CLI outputs into the native form.
type importer struct {
	opt                 Options
	parts               map[place]map[string]*collection // by service/Key: "ec2/Vpcs", "s3/buckets"
	singles             map[place]map[string]raw         // values that are no collection
	gaps                []Gap
	caller              string
	noOrg               []string        // accounts that are in no organization; "" is whoever made the directory
	outputs, complaints map[string]bool // paths without extension: outputs and .err files that are not empty
	tree                orgTree
	later               [stages][]func() // what needs other files to have been read first
	warnings            []Warning
	errs                []*LoadError
}

// importDirectory converts a directory of AWS CLI outputs.
func importDirectory(dir string, opt Options) ([]byte, *origins, []Warning, error) {
	fsys, root, err := openDirectory(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	defer root.Close()
	native, from, warnings, err := importFS(fsys, opt)
	if es, ok := err.(LoadErrors); ok {
		for _, e := range es {
			if e.File == "" {
				e.File = dir
			}
		}
	}
	return native, from, warnings, err
}

// importFS converts the files below the root of fsys. Equal files give equal
// bytes.
func importFS(fsys fs.FS, opt Options) ([]byte, *origins, []Warning, error) {
	m := &importer{opt: opt, parts: map[place]map[string]*collection{}, singles: map[place]map[string]raw{}}
	files, warnings, errs := readFiles(fsys, opt.MaxInput)
	m.warnings, m.errs = warnings, errs
	m.pairs(files)
	files = m.scan(files)
	where := newPlaces(files)
	for _, f := range files {
		where.place(f, opt)
	}
	used := 0
	for _, f := range files {
		if m.file(f) {
			used++
		}
	}
	for stage := range m.later {
		for _, finish := range m.later[stage] {
			finish()
		}
	}
	m.unfinishedPages()
	if used == 0 && len(m.errs) == 0 {
		m.errs = append(m.errs, &LoadError{Problem: "no output of the AWS CLI is in this directory",
			Hint: "save what aws ec2 describe-vpcs --output json and its like print, one file each"})
	}
	if err := joined(m.errs); err != nil {
		return nil, nil, m.warnings, err
	}
	native, from := m.importWriter().write()
	return native, from, m.warnings, nil
}

// scan reads the files' outermost level, takes files of several documents
// apart, and drops those that are not JSON.
func (m *importer) scan(files []*cliFile) []*cliFile {
	var out []*cliFile
	for _, f := range files {
		f.placePath()
		if f.isError || blank(f.data) {
			out = append(out, f)
			continue
		}
		if f.plain && !bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(f.data, []byte("\xef\xbb\xbf")), jsonSpace), []byte("{")) {
			m.passOver(f, "not JSON (save outputs with --output json)")
			continue
		}
		for next := f; next != nil; {
			rest, problem := next.document()
			if problem != nil {
				if f.plain {
					m.passOver(f, "not JSON: "+problem.Problem)
				} else {
					m.errs = append(m.errs, problem)
				}
				break
			}
			if next.account == "" || next.region == "" {
				next.readHints()
			}
			out = append(out, next)
			if len(out) > maxFiles {
				m.errs = append(m.errs, &LoadError{File: f.path, Problem: fmt.Sprintf("more than %d documents", maxFiles)})
				return out
			}
			next = rest
		}
	}
	return out
}

func blank(data []byte) bool { return len(bytes.TrimSpace(data[:min(len(data), 64)])) == 0 }

// file takes in one file; false: nothing of it is used.
func (m *importer) file(f *cliFile) bool {
	switch {
	case f.isError:
		m.errorFile(f)
		return true
	case f.values == nil && f.keys == nil:
		m.emptyFile(f)
		return true
	}
	if configFile(m, f) || m.ec2File(f) || m.s3File(f) || m.iamFile(f) || m.organizationsFile(f) || m.otherFile(f) {
		return true
	}
	m.unrecognised(f)
	return false
}

func (m *importer) unrecognised(f *cliFile) {
	keys := slices.Clone(f.keys)
	slices.Sort(keys)
	for i, k := range keys {
		keys[i] = short(k)
	}
	message := fmt.Sprintf("not recognised; its top-level keys are %s", strings.Join(keys[:min(len(keys), 12)], ", "))
	switch {
	case len(keys) == 0:
		message = "not recognised: an empty object"
	case f.has("schema") && f.has("accounts"):
		message = "a native snapshot inside a directory is not read: name the file itself"
	case keys[0] == "(array)":
		message = "not recognised: a bare array (was --query used? the whole output is needed)"
	}
	m.warnings = append(m.warnings, Warning{File: f.path, Message: message})
}

// passOver warns of a file that is recognised and not used.
func (m *importer) passOver(f *cliFile, why string) {
	m.warnings = append(m.warnings, Warning{File: f.path, Message: "not used: " + why})
}

// problem notes an error at a top-level member.
func (m *importer) problem(f *cliFile, key, hint, format string, args ...any) {
	m.errs = append(m.errs, f.problem(f.values[key].start, hint, format, args...))
}

func (m *importer) note(e *LoadError) {
	if e != nil {
		m.errs = append(m.errs, e)
	}
}

// part returns a collection of a place.
func (m *importer) part(p place, name string) *collection {
	if m.parts[p] == nil {
		m.parts[p] = map[string]*collection{}
	}
	if m.parts[p][name] == nil {
		m.parts[p][name] = &collection{}
	}
	return m.parts[p][name]
}

func (m *importer) single(p place, name string, v raw) {
	if m.singles[p] == nil {
		m.singles[p] = map[string]raw{}
	}
	if old, ok := m.singles[p][name]; ok && !sameJSON(old.text, v.text) {
		m.note(contradicts(v, old, name))
		return
	}
	m.singles[p][name] = v
}

// regional returns the file's account and region; false: nothing tells, which
// is noted as an error.
func (m *importer) regional(f *cliFile) (place, bool) {
	p := place{f.account, f.region}
	switch {
	case p.account == "" && p.region == "":
		m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which account and region this is of",
			Hint: "put it in a folder ACCOUNT-ID/REGION, or give --account and --region"})
	case p.account == "":
		m.accountUnknown(f)
	case p.region == "":
		m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which region this is of",
			Hint: "put it in a folder named like the region, or give --region"})
	default:
		return p, true
	}
	return p, false
}

func (m *importer) accountUnknown(f *cliFile) {
	m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which account this is of",
		Hint: "put it in a folder named like the account id, or give --account"})
}

// global returns the file's account alone.
func (m *importer) global(f *cliFile) (place, bool) {
	if f.account == "" {
		m.accountUnknown(f)
		return place{}, false
	}
	return place{account: f.account}, true
}

// eachItem calls do with every object of a top-level array.
func (m *importer) eachItem(f *cliFile, key string, do func(item raw)) {
	s := jsonscan.At(f.data, f.values[key].start)
	if s.Peek() == jsonscan.Null {
		return
	}
	if s.Peek() != jsonscan.Array {
		m.problem(f, key, "", "expected an array, found %s", s.Peek())
		return
	}
	for ok := s.EnterArray(); ok && s.NextItem(); {
		kind := s.Peek()
		at := s.Offset()
		text := s.Raw()
		if kind != jsonscan.Object {
			m.note(f.problem(at, "", "expected an object, found %s", kind))
			continue
		}
		do(raw{text: text, from: f, offset: at})
	}
}

// collectItems adds a top-level array to a collection, each item under the
// first of its id members that it has.
func (m *importer) collectItems(f *cliFile, key string, c *collection, ids ...string) {
	m.page(f, c)
	c.touch()
	m.eachItem(f, key, func(item raw) {
		id := itemID(item.text, ids)
		if id == "" {
			m.note(f.problem(item.offset, "", "no %s here", ids[0]))
			return
		}
		m.note(c.get(id).setWhole(item, ids[0]))
	})
}

// itemID returns the first id member of an object that is a string.
func itemID(object []byte, ids []string) string {
	for _, member := range ids {
		if strings.Contains(member, "+") {
			var parts []string
			for _, one := range strings.Split(member, "+") {
				parts = append(parts, memberText(object, one))
			}
			if id := together(parts...); id != "" {
				return id
			}
		} else if id := memberText(object, member); id != "" {
			return id
		}
	}
	return ""
}

// page notes whether the file says that more pages follow.
func (m *importer) page(f *cliFile, c *collection) {
	more := f.text("NextToken") != "" || f.text("Marker") != "" || f.text("NextMarker") != "" || string(f.value("IsTruncated")) == "true"
	if more {
		c.paged = append(c.paged, f)
	} else {
		c.ended = true
	}
}

// unfinishedPages makes a gap of every collection whose last page is not here.
func (m *importer) unfinishedPages() {
	for p, byName := range m.parts {
		for name, c := range byName {
			if c.ended || len(c.paged) == 0 {
				continue
			}
			service, key, _ := strings.Cut(name, "/")
			m.gaps = append(m.gaps, Gap{Account: p.account, Region: p.region, Service: service, Operation: operationOf(service, key),
				Code: "NextPageMissing", Message: c.paged[0].path + " says that more pages follow, and none is here"})
		}
	}
}
