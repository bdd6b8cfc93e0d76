package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// counted counts what is read of a compressed input.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// readCompressed reads all of in, decompressed if its first bytes say gzip or
// zstd. Size is a guess at how much there is, and limit how much there may be; 0:
// as Options says.
func readCompressed(in io.Reader, size, limit int64) ([]byte, error) {
	var magic [4]byte
	n, err := io.ReadFull(in, magic[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	packed := &counted{Reader: io.MultiReader(bytes.NewReader(magic[:n]), in)}
	unpacked := func() int64 {
		if limit > 0 {
			return limit
		}
		return min(max(freelyUnpacked, packedRatio*packed.n), maxUnpacked)
	}
	switch {
	case bytes.HasPrefix(magic[:n], []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return readBounded(z, 0, unpacked, true)
	case bytes.Equal(magic[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(limit, maxUnpacked))))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		defer z.Close()
		return readBounded(z, 0, unpacked, true)
	}
	if limit == 0 {
		limit = maxInput
	}
	return readBounded(packed, size, func() int64 { return limit }, false)
}

// readBounded reads all of in, as far as the limit, which may grow with it.
func readBounded(in io.Reader, size int64, limit func() int64, unpacked bool) ([]byte, error) {
	buf := make([]byte, 0, int(min(max(size, 0), limit()))+512)
	for {
		if len(buf) == cap(buf) {
			have := int64(len(buf))
			more := min(have, max(limit()-have+1, have/8)) // little beyond the limit, which a bomb reaches
			next := make([]byte, have, have+more)
			copy(next, buf)
			buf = next
		}
		n, err := in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit():
			return nil, &SizeError{limit(), unpacked}
		case errors.Is(err, io.EOF):
			return buf, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("the compressed file ends early: is it truncated?")
		case err != nil:
			return nil, err
		}
	}
}
