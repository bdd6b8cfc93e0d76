package sar

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strings"
	"sync"
)

//go:embed details.txt.gz
var packedDetails []byte

// Detail is what the tables tell of an action of any service.
type Detail struct {
	Level string            // "List", "Read", "Write", "Permissions management" or "Tagging"
	Types map[string]string // resource types, with the form of their ARNs: "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"
	keys  keySet
	all   *keySet // of every action of the service
}

// Supplies tells whether requests of the action have a condition key of its
// service; known is false where no action of the service has it.
func (d *Detail) Supplies(key string) (supplied, known bool) {
	key = strings.ToLower(key)
	if d.keys.has(key) {
		return true, true
	}
	return false, d.all.has(key)
}

// details are the lines of each service, read when first asked for.
var details = sync.OnceValue(func() map[string]func() map[string]*Detail {
	r, err := gzip.NewReader(bytes.NewReader(packedDetails))
	if err != nil {
		panic("unreachable: the embedded tables are damaged: " + err.Error())
	}
	out := map[string]func() map[string]*Detail{}
	var service string
	var lines [][]string
	end := func() {
		if service == "" {
			return
		}
		read := lines
		out[service] = sync.OnceValue(func() map[string]*Detail { return serviceDetails(read) })
		lines = nil
	}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		f := strings.Split(in.Text(), "\t")
		if f[0] != "S" {
			lines = append(lines, f)
			continue
		}
		end()
		service = f[1]
	}
	end()
	if err := in.Err(); err != nil {
		panic("unreachable: the embedded tables are damaged: " + err.Error())
	}
	return out
})

func serviceDetails(lines [][]string) map[string]*Detail {
	out, forms := map[string]*Detail{}, map[string]string{}
	all := &keySet{names: map[string]bool{}}
	for _, f := range lines {
		if f[0] == "R" {
			forms[strings.ToLower(f[1])] = f[2]
			continue
		}
		d := &Detail{Level: f[2], Types: map[string]string{}, keys: keySet{names: map[string]bool{}}, all: all}
		for _, t := range list(f[3]) {
			d.Types[t] = forms[strings.ToLower(strings.TrimSuffix(t, "*"))]
		}
		for _, k := range list(f[4]) {
			d.keys.add(k)
			all.add(k)
		}
		out[strings.ToLower(f[1])] = d
	}
	return out
}

// FindDetail finds what the tables tell of an action such as "sqs:SendMessage",
// in any case.
func FindDetail(action string) (*Detail, bool) {
	prefix, name, _ := strings.Cut(strings.ToLower(action), ":")
	service, ok := details()[prefix]
	if !ok {
		return nil, false
	}
	d, ok := service()[name]
	return d, ok
}
