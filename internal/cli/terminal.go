package cli

import (
	"cmp"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/canreach/canreach/sim"
)

// defaultWidth is where text is wrapped without a terminal.
const defaultWidth = 80

// Color tells whether standard output takes colour: as --color says; else as
// NO_COLOR, FORCE_COLOR and TERM say; else if it is a terminal.
func (e *Env) Color() bool {
	force := e.Getenv("FORCE_COLOR")
	switch {
	case e.color == "always":
		return true
	case e.color == "never", e.Getenv("NO_COLOR") != "":
		return false
	case force != "":
		return force != "0" && force != "false"
	}
	return e.StdoutTerminal && e.Getenv("TERM") != "dumb"
}

// Width is where text is wrapped: COLUMNS, else the terminal's width.
func (e *Env) Width() int {
	if n, err := strconv.Atoi(e.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, 40)
	}
	out := e.Stdout
	if s, ok := out.(*safeWriter); ok {
		out = s.w
	}
	if f, ok := out.(*os.File); ok && e.StdoutTerminal {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return max(n, 40)
		}
	}
	return defaultWidth
}

// hyperlinks tells whether the terminal shows OSC 8 links.
func (e *Env) hyperlinks() bool {
	if !e.StdoutTerminal || e.Getenv("TERM") == "dumb" || e.Getenv("CI") != "" {
		return false
	}
	switch e.Getenv("TERM_PROGRAM") {
	case "iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio":
		return true
	}
	for _, name := range []string{"kitty", "alacritty", "foot", "ghostty", "wezterm"} {
		if strings.Contains(e.Getenv("TERM"), name) {
			return true
		}
	}
	vte, _ := strconv.Atoi(e.Getenv("VTE_VERSION"))
	return vte >= 5000 || e.Getenv("WT_SESSION") != "" || e.Getenv("KONSOLE_VERSION") != "" || e.Getenv("DOMTERM") != ""
}

// painter writes words as the output takes them: coloured, wrapped, linked.
type painter struct {
	color, links bool
	width        int
	names        map[string]string // names of resources, by id
}

// painter is the one for standard output.
func (e *Env) painter() painter {
	return painter{color: e.Color(), links: e.hyperlinks(), width: e.Width()}
}

func (p painter) paint(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// link makes text a link where the terminal shows links.
func (p painter) link(url, text string) string {
	if !p.links || url == "" {
		return text
	}
	return "\x1b]8;;" + url + "\x1b\\" + text + "\x1b]8;;\x1b\\"
}

// short is a resource's name, or its id where it has none.
func (p painter) short(id string) string { return cmp.Or(p.names[id], id) }

// component shows a resource as its name and id. name is used where the
// snapshot's names are not at hand.
func (p painter) component(id, name string) string {
	if name = cmp.Or(p.names[id], name); name != "" && !strings.Contains(id, name) {
		return oneLine(name + " (" + id + ")")
	}
	return oneLine(shortARN(id))
}

// named puts names before the ids in a text, "ml-private-1a (subnet-0a7c…)",
// and the name in place of the one that the reader has just seen.
func (p painter) named(text, shown string) string {
	return resourceID.ReplaceAllStringFunc(p.brief(text, shown), func(id string) string {
		if name := p.names[id]; name != "" {
			return safeText(name) + " (" + id + ")"
		}
		return id
	})
}

// brief puts the name in place of the id that the reader has just seen, and
// leaves out what every S3 ARN begins with.
func (p painter) brief(text, shown string) string {
	if name := p.names[shown]; name != "" {
		text = strings.ReplaceAll(text, shown, safeText(name))
	}
	return s3ARN.ReplaceAllString(text, "")
}

var s3ARN = regexp.MustCompile(`\barn:aws[a-z-]*:s3:::`)

// resourceID is an id of a resource that may have a name.
var resourceID = regexp.MustCompile(`\b(?:subnet|sg|rtb|acl|vpce|vpc|i|eni|nat|igw|tgw|pcx)-[0-9a-z-]+\b`)

func (p painter) verdict(v sim.Verdict) string {
	switch v {
	case sim.Reachable:
		return p.paint("1;32", v.String())
	case sim.Unknown, sim.Partial:
		return p.paint("1;33", v.String())
	default:
		return p.paint("1;31", v.String())
	}
}

// mark is the sign in front of a gate.
func (p painter) mark(v sim.Verdict) string {
	switch v {
	case sim.Reachable:
		return p.paint("32", "✓")
	case sim.Blocked:
		return p.paint("31", "✗")
	case sim.Partial:
		return p.paint("33", "◐")
	default:
		return p.paint("33", "?")
	}
}

// gateMark is the mark of a gate's state; "·": not reached.
func (p painter) gateMark(s sim.GateStatus) string {
	switch s {
	case sim.GatePasses:
		return p.mark(sim.Reachable)
	case sim.GateStops:
		return p.mark(sim.Blocked)
	case sim.GateInPart:
		return p.mark(sim.Partial)
	case sim.GateNotReached:
		return "·"
	}
	return p.mark(sim.Unknown)
}

// wrap breaks text at spaces to fit the width, indenting the lines after the first.
func (p painter) wrap(text string, indent int) string { return wrapAt(text, indent, p.width) }

// wrap is the same without a terminal.
func wrap(text string, indent int) string { return wrapAt(text, indent, defaultWidth) }

func wrapAt(text string, indent, width int) string {
	var b strings.Builder
	col := indent
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case col+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			col = indent
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(word)
		col += n
	}
	return b.String()
}
