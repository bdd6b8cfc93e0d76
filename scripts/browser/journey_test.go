// Package browser walks through the explorer in a real browser. make browser
// runs it; it is a module of its own, so that the program needs none of this.
//
//	CANREACH  the program
//	AXE       axe.min.js of the package axe-core
//	BROWSER   Chromium
//	OUT       where pictures go
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const example = "../../testdata/examples/neo-compile/"

func need(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Skip(name + " is not set: make browser runs this")
	}
	return v
}

// serve runs canreach explore and returns its address.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(need(t, "CANREACH"), append([]string{"explore"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// screen is one way to look at the pages.
type screen struct {
	name          string
	width, height int64
	phone, dark   bool
}

var screens = []screen{{name: "desktop", width: 1240, height: 900}, {name: "phone", width: 390, height: 844, phone: true}, {name: "dark", width: 1240, height: 900, dark: true}}

// look is a browser's tab with what is checked on every page.
type look struct {
	t       *testing.T
	ctx     context.Context
	screen  screen
	axe     string
	out     string
	dialogs int
}

func open(t *testing.T, s screen) *look {
	t.Helper()
	axe, err := os.ReadFile(need(t, "AXE"))
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(need(t, "BROWSER")), chromedp.NoSandbox,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.WindowSize(int(s.width), int(s.height)))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	l := &look{t: t, ctx: ctx, screen: s, axe: string(axe), out: need(t, "OUT")}
	chromedp.ListenTarget(ctx, func(ev any) {
		if _, ok := ev.(*page.EventJavascriptDialogOpening); ok {
			l.dialogs++
			go func() { _ = chromedp.Run(ctx, page.HandleJavaScriptDialog(false)) }()
		}
	})
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	l.run(emulation.SetDeviceMetricsOverride(s.width, s.height, 1, s.phone),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	return l
}

func (l *look) run(actions ...chromedp.Action) {
	l.t.Helper()
	if err := chromedp.Run(l.ctx, actions...); err != nil {
		l.t.Fatal(err)
	}
}

func (l *look) eval(script string, into any) {
	l.t.Helper()
	l.run(chromedp.Evaluate(script, into))
}

// check looks at the page that is open: nothing is wider than the window,
// there is no script, axe-core finds nothing; and it takes a picture.
func (l *look) check(name string) {
	l.t.Helper()
	var title, wide string
	var scripts int
	l.run(chromedp.WaitReady("body"), chromedp.Title(&title))
	l.eval(`document.scripts.length`, &scripts)
	l.eval(`document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + e.getAttribute("class")).slice(0, 5).join(" ")+" is wider than the window"`, &wide)
	if wide != "" {
		l.t.Errorf("%s, %s: %s", name, l.screen.name, wide)
	}
	if strings.Contains(name, "map") || strings.Contains(name, "change") {
		scripts-- // it brings one of its own
	}
	if scripts != 0 || l.dialogs != 0 {
		l.t.Errorf("%s: %d scripts, %d dialogs", name, scripts, l.dialogs)
	}
	var found string
	l.eval(l.axe+"\n;0", nil)
	l.run(chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary).join(" | "))))`, &found,
		chromedp.EvalAsValue, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	var violations []string
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		l.t.Fatal(err)
	}
	for _, v := range violations {
		l.t.Errorf("%s, %s: axe: %s", name, l.screen.name, v)
	}
	var picture []byte
	l.run(chromedp.FullScreenshot(&picture, 100))
	if err := os.WriteFile(filepath.Join(l.out, fmt.Sprintf("explore-%s-%s.png", name, l.screen.name)), picture, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func (l *look) verdict() string {
	l.t.Helper()
	var text string
	l.run(chromedp.Text(".verdict", &text))
	return strings.TrimSpace(text)
}

// The whole way: blocked, the red gate, a repair, reachable, saved; and the
// saved change gives the same in a terminal.
func TestJourney(t *testing.T) {
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			address := serve(t, "-s", example+"broken/wrong-route-table.json", "-j", example+"job.json")
			l := open(t, s)
			l.run(chromedp.Navigate(address))
			l.check("ask")
			l.run(chromedp.Click(`form[action=check] button`, chromedp.NodeVisible), chromedp.WaitVisible(".verdict"))
			l.check("blocked")
			if v := l.verdict(); v != "BLOCKED" {
				t.Fatalf("the verdict is %s", v)
			}
			l.openRedGate()
			l.check("gate")
			l.run(chromedp.Click(".repair button"), chromedp.WaitVisible(".turned"))
			l.check("reachable")
			if v := l.verdict(); v != "REACHABLE" {
				t.Fatalf("the verdict is %s", v)
			}
			dir := t.TempDir()
			l.run(browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir), chromedp.Click(`a[download="changes.yaml"]`))
			file := filepath.Join(dir, "changes.yaml")
			for range 100 {
				if st, err := os.Stat(file); err == nil && st.Size() > 0 {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			out, err := exec.Command(os.Getenv("CANREACH"), "whatif", "-s", example+"broken/wrong-route-table.json", "-j", example+"job.json", "--change", file).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "after   REACHABLE") {
				t.Errorf("the saved change gives in the terminal: %v\n%s", err, out)
			}
			l.run(chromedp.Click(`//a[starts-with(., "Undo change")]`), chromedp.WaitVisible(".verdict"))
			if v := l.verdict(); v != "BLOCKED" {
				t.Errorf("after undo the verdict is %s", v)
			}
		})
	}
}

// openRedGate goes to the gate that stops by the keyboard alone.
func (l *look) openRedGate() {
	l.t.Helper()
	for range 80 {
		l.run(chromedp.KeyEvent(kb.Tab))
		var label string
		l.eval(`document.activeElement.getAttribute("aria-label") || ""`, &label)
		if strings.HasPrefix(label, "Route table") && strings.Contains(label, "stops here") {
			l.run(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".repair button"))
			return
		}
	}
	l.t.Fatal("the keyboard does not reach the red gate")
}

// Every other page, on every screen.
func TestPages(t *testing.T) {
	address := serve(t, "-s", example+"snapshot.json", "-j", example+"job.json")
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			l := open(t, s)
			for name, path := range map[string]string{"who-can": "who-can?arn=neo-models-111122223333-use1", "invariants": "invariants", "map": "map", "compare": "compare",
				"change": "change?op=createNetworkAclEntry", "trace": "check?from=subnet-0a7c1e5b93d2f4681&to=internet", "not-possible": "check?bucket=nowhere&job=nobody"} {
				l.run(chromedp.Navigate(address + path))
				l.check(name)
			}
		})
	}
}

// A change is written in JSON with what the schema and the snapshot offer, by
// keyboard alone, and then made.
func TestCompletion(t *testing.T) {
	address := serve(t, "-s", example+"snapshot.json", "-j", example+"job.json")
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			l := open(t, s)
			l.run(chromedp.Navigate(address+"change"), chromedp.WaitVisible(`#text[data-ready]`), chromedp.Focus("#text"))
			first := func(typed, want string) {
				t.Helper()
				l.run(chromedp.SendKeys("#text", typed), chromedp.WaitVisible("#offers li"))
				var got string
				l.run(chromedp.Text("#offers li", &got))
				if !strings.HasPrefix(got, want) {
					t.Fatalf("after %q the first offer is %q, not %s", typed, got, want)
				}
				if want == "vpcEndpointIds" {
					l.check("change-completion")
				}
				l.run(chromedp.SendKeys("#text", kb.ArrowDown), chromedp.SendKeys("#text", kb.Tab))
			}
			first(`[{"deletev`, "deleteVpcEndpoints")
			first(`{"`, "vpcEndpointIds")
			first(`["0a1b`, "vpce-0a1b")
			var text string
			l.run(chromedp.SendKeys("#text", kb.Escape+"]}}]"), chromedp.Value("#text", &text))
			var changes []map[string]map[string][]string
			if err := json.Unmarshal([]byte(text), &changes); err != nil || len(changes[0]["deleteVpcEndpoints"]["vpcEndpointIds"]) != 1 {
				t.Fatalf("written: %s (%v)", text, err)
			}
			l.run(chromedp.Submit("#text"), chromedp.WaitVisible(".verdict"))
			if v := l.verdict(); !strings.Contains(v, "BLOCKED") {
				t.Errorf("without the endpoint: %s", v)
			}
		})
	}
}

// A snapshot in which every name is an attack runs no script.
func TestHostile(t *testing.T) {
	text, err := os.ReadFile(example + "broken/sg-and-bucket-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	attack := `\"><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>` + strings.Repeat("W", 300)
	hostile := string(text)
	for _, name := range []string{"ml-private", "ml-private-1a", "ml-private-1b", "neo-job", "s3-gateway", "ml-prod"} {
		hostile = strings.ReplaceAll(hostile, `"`+name+`"`, `"`+name+attack+`"`)
	}
	file := filepath.Join(t.TempDir(), "hostile.json")
	if err := os.WriteFile(file, []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	address := serve(t, "-s", file, "-j", example+"job.json")
	for _, s := range screens[:2] {
		t.Run(s.name, func(t *testing.T) {
			l := open(t, s)
			for name, path := range map[string]string{"ask": "", "answer": "check", "group": "gate?lane=0&stop=2", "bucket": "gate?lane=0&stop=7", "fix": "fix",
				"who-can": "who-can?arn=neo-models-111122223333-use1", "map": "map"} {
				l.run(chromedp.Navigate(address + path))
				l.check("hostile-" + name)
			}
		})
	}
}
