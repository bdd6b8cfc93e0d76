package sim_test

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// One world serves several goroutines: diff and test ask it side by side, and
// what it remembers of one question is what the next one reads. Each of them
// gets the answer that a fresh world gives alone. The race detector (make
// race) sees a remembered value that a question writes to.
func TestOneWorldServesSeveralAtOnce(t *testing.T) {
	const askers = 4
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) {
			snap := Policy(traps[i].edits...).Snapshot(t)
			alone := answerText(t, sim.NewWorld(snap), traps[i].question())
			shared := sim.NewWorld(snap)
			texts := make([][]byte, askers)
			var wg sync.WaitGroup
			for n := range askers {
				wg.Go(func() { texts[n] = answerText(t, shared, traps[i].question()) })
			}
			wg.Wait()
			for n, text := range texts {
				if !bytes.Equal(text, alone) {
					t.Errorf("asker %d got another answer than alone:\n%s\n%s", n, text, alone)
				}
			}
		})
	}
}

func answerText(t *testing.T, w *sim.World, q sim.Question) []byte {
	a, err := w.Check(t.Context(), q)
	if err != nil {
		t.Error(err)
		return nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Error(err)
	}
	return text
}
