package snapshot

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// interfaces writes n interfaces, set apart by sep; bad ones have no id, a
// wrong type or an id that stands before.
func interfaces(n int, sep string, bad map[int]string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString("," + sep)
		}
		item, ok := bad[i]
		if !ok {
			item = fmt.Sprintf(`{"Attachment":{"Status":"attached"},"NetworkInterfaceId":"eni-%05d","SourceDestCheck":true,"PrivateIpAddresses":[{"Primary":true,"PrivateIpAddress":"10.0.0.1"},%s{"PrivateIpAddress":"10.0.0.2"}],"Groups":[{"GroupId":"sg-%d"}]}`, i, sep, i%3)
		}
		b.WriteString(item)
	}
	return b.String()
}

// TestReadingAheadChangesNothing compares arrays read by two goroutines with
// the same read in one go, whatever the layout and wherever an error is.
func TestReadingAheadChangesNothing(t *testing.T) {
	old := stretch
	defer func() { stretch = old }()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "n")
		sep := rapid.SampledFrom([]string{"", "\n", "\n    ", " "}).Draw(t, "sep")
		bad := map[int]string{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, 59), 0, 3).Draw(t, "bad") {
			bad[i] = rapid.SampledFrom([]string{`{}`, `7`, `null`, `{"NetworkInterfaceId":"eni-00001"}`, `{"NetworkInterfaceId":7}`, `{"NetworkInterfaceId":"x"`,
				`{"NetworkInterfaceId":"eni-x","Description":",\n{\"Attachment\":{}"}`, `{"NetworkInterfaceId":"eni-y","PrivateIpAddress":"banana"}`, `}`, `]`,
				`{"NetworkInterfaceId":"eni-z","Groups":[{"GroupId":"a"},` + sep + `{"Attachment":1}]}`}).Draw(t, "item")
		}
		text := native(`"NetworkInterfaces":[`+sep+interfaces(n, sep, bad)+`]`, "", "")
		if cut := rapid.IntRange(0, 4).Draw(t, "cut"); cut == 0 {
			text = text[:rapid.IntRange(0, len(text)).Draw(t, "length")]
		}
		stretch = 1 << 30
		whole, wholeErr := Parse([]byte(text))
		stretch = rapid.SampledFrom([]int{16, 100, 600, 2000}).Draw(t, "stretch")
		parts, partsErr := Parse([]byte(text))
		if fmt.Sprint(wholeErr) != fmt.Sprint(partsErr) {
			t.Fatalf("in one go: %v\nin stretches: %v\n%s", wholeErr, partsErr, text)
		}
		if !reflect.DeepEqual(whole, parts) {
			t.Fatalf("results differ for %s", text)
		}
	})
}
