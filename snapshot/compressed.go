package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// readCompressed reads all of in, decompressed if its first bytes say gzip or
// zstd. Size is a guess at how much there is.
func readCompressed(in io.Reader, size int64) ([]byte, error) {
	var magic [4]byte
	n, err := io.ReadFull(in, magic[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	whole := io.MultiReader(bytes.NewReader(magic[:n]), in)
	switch {
	case bytes.HasPrefix(magic[:n], []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(whole)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return readBounded(z, 0, maxDecompressed)
	case bytes.Equal(magic[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(maxDecompressed)))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		defer z.Close()
		return readBounded(z, 0, maxDecompressed)
	}
	return readBounded(whole, size, maxNative)
}

// readBounded reads all of in, up to limit bytes.
func readBounded(in io.Reader, size int64, limit int) ([]byte, error) {
	buf := make([]byte, 0, int(min(max(size, 0), int64(limit)))+512)
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, len(buf))
		}
		n, err := in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > limit:
			return nil, fmt.Errorf("larger than %d MiB: too large for a snapshot", limit>>20)
		case errors.Is(err, io.EOF):
			return buf, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("the compressed file ends early: is it truncated?")
		case err != nil:
			return nil, err
		}
	}
}
