package snapshot

import (
	"bytes"
	"testing"
)

func FuzzCompressed(f *testing.F) {
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 20
		if out, err := readCompressed(bytes.NewReader(data), int64(len(data)), limit); err == nil && len(out) > limit {
			t.Fatalf("%d bytes", len(out))
		}
	})
}
