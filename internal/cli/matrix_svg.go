package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/canreach/canreach/sim"
)

const heatStyle = `text{font:12px system-ui,"Liberation Sans",sans-serif;fill:#1e293b}.h{font-size:16px;font-weight:700}.cell{font-weight:700;text-anchor:middle;fill:#fff}.l{text-anchor:end}
.paper{fill:#fff}.all{fill:#15803d}.some{fill:#9a3412}.unknown{fill:#57606a}.none{fill:#e2e8f0}.cell.no{fill:#475569}
@media (prefers-color-scheme:dark){text{fill:#e2e8f0}.paper{fill:#0f172a}.none{fill:#1e293b}.cell.no{fill:#94a3b8}}`

// writeMatrixSVG draws a heat map of each action. A cell says its verdict in a
// word, too.
func writeMatrixSVG(w io.Writer, res *matrixResult) {
	const row, column, left, top = 24, 44, 260, 190
	class := map[sim.Verdict]string{sim.Reachable: "all", sim.Partial: "some", sim.Unknown: "unknown", sim.Blocked: "none"}
	width, height := left+60, 20
	for _, m := range res.Matrices {
		width, height = max(width, left+column*len(m.Buckets)+160), height+top+row*len(m.Roles)+40
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="What each %s can do to each bucket"><style>%s</style><rect class="paper" width="%d" height="%d"/>`+"\n",
		width, height, width, height, rowsAre(res), heatStyle, width, height)
	y := 20
	for _, m := range res.Matrices {
		fmt.Fprintf(w, `<text class="h" x="16" y="%d">%s</text>`+"\n", y+16, escapeHTML(m.Action))
		for j, b := range m.Buckets {
			x := left + column*j + column/2 + 4
			fmt.Fprintf(w, `<text transform="translate(%d %d) rotate(-50)">%s<title>%s</title></text>`+"\n", x, y+top-8, escapeHTML(short(strings.TrimPrefix(b, "arn:aws:s3:::"), 32)), escapeHTML(b))
		}
		for i, r := range m.Roles {
			at := y + top + row*i
			fmt.Fprintf(w, `<text class="l" x="%d" y="%d">%s<title>%s</title></text>`+"\n", left-8, at+16, escapeHTML(short(roleName(r), 34)), escapeHTML(r))
			for j := range m.Buckets {
				v := m.Cells[i][j].Verdict
				text := "cell"
				if v == sim.Blocked {
					text = "cell no"
				}
				fmt.Fprintf(w, `<g><title>%s → %s: %s</title><rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="3"/><text class="%s" x="%d" y="%d">%s</text></g>`+"\n",
					escapeHTML(roleName(r)), escapeHTML(m.Buckets[j]), v, class[v], left+column*j, at, column-2, row-2, text, left+column*j+column/2-1, at+15, cellWords[v])
			}
		}
		y += top + row*len(m.Roles) + 40
	}
	fmt.Fprint(w, "</svg>\n")
}

// short cuts a text in its middle.
func short(s string, most int) string {
	r := []rune(oneLine(s))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
}
