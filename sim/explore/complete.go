package explore

import (
	_ "embed"

	"github.com/canreach/canreach/sim/change"
)

// completeScript completes the JSON of changes as it is written.
//
//go:embed complete.js
var completeScript []byte

// completion serves the one script of these pages.
func (v *view) completion() error { return v.static("text/javascript; charset=utf-8", completeScript) }

// changeSchema serves the JSON Schema of change files.
func (v *view) changeSchema() error { return v.static("application/schema+json", change.JSONSchema()) }

// static sends what is the same for every question.
func (v *view) static(kind string, text []byte) error {
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Cache-Control", "private, max-age=3600")
	_, err := v.w.Write(text)
	return err
}
