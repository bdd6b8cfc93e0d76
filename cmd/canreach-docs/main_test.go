package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandHasAManPageAndAnExample(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, "2026-11-23", "1.2.3"); err != nil {
		t.Fatal(err)
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if !c.IsAvailableCommand() || strings.HasPrefix(c.CommandPath(), "canreach completion") || c.Name() == "help" {
			return
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(filepath.Join(dir, "man", name))
		if err != nil || !strings.Contains(string(page), "1.2.3") {
			t.Errorf("%s: %v", name, err)
		}
		if c.Runnable() && !strings.Contains(c.Example, "canreach ") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	for _, c := range commands().Commands() {
		walk(c)
	}
	for _, f := range []string{"canreach.bash", "_canreach", "canreach.fish", "canreach.ps1"} {
		if text, err := os.ReadFile(filepath.Join(dir, "completions", f)); err != nil || len(text) == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
}
