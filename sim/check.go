package sim

import (
	"errors"

	"github.com/canreach/canreach/snapshot"
)

// World is a snapshot made ready for questions. It may be asked from several
// goroutines.
type World struct {
	snap *snapshot.Snapshot
}

// NewWorld prepares s.
func NewWorld(s *snapshot.Snapshot) *World { return &World{snap: s} }

// Check decides q. An error means that the question makes no sense (exit
// status 2); everything else, a missing fact included, is in the Answer.
func (w *World) Check(q Question) (*Answer, error) { return nil, errors.New("not built yet") }
